"""What the rota's room keeps: a programme and its members, their availability, duties and how they came about."""

from rota.models.availability import Absence, AbsenceStatus, BusyBlock, BusyCalendar, Preference
from rota.models.calendars import AnswerStatus, CalendarFeed, Invitation
from rota.models.duties import Duty, Rota, RotaStatus
from rota.models.listening import ListeningHold, ListeningWindow
from rota.models.planning_runs import PlanningRun, PlanningStatus
from rota.models.programmes import AfterHours, Exemption, FallbackPlace, Membership, Programme
from rota.models.swaps import Ask, AskStatus, CoverProposal, Favour, ProposalStatus, Swap, SwapStatus
from rota.models.wishes import LIVE_RING, RING_IN_VAIN, DutyWishes, MorningRing, RingStatus, RingWish

__all__ = [
    "LIVE_RING",
    "RING_IN_VAIN",
    "Absence",
    "AbsenceStatus",
    "AfterHours",
    "AnswerStatus",
    "Ask",
    "AskStatus",
    "BusyBlock",
    "BusyCalendar",
    "CalendarFeed",
    "CoverProposal",
    "Duty",
    "DutyWishes",
    "Exemption",
    "FallbackPlace",
    "Favour",
    "Invitation",
    "ListeningHold",
    "ListeningWindow",
    "Membership",
    "MorningRing",
    "PlanningRun",
    "PlanningStatus",
    "Preference",
    "Programme",
    "ProposalStatus",
    "RingStatus",
    "RingWish",
    "Rota",
    "RotaStatus",
    "Swap",
    "SwapStatus",
]
