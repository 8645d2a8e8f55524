"""What the room of listening keeps."""

from listening.models.agents import AgentDesk, CountryRule, DeclinedOffers, ListeningMode
from listening.models.calls import OPEN_STATES, CallAction, CallSource, LiveCall, LiveCallState
from listening.models.evidence import Evidence, EvidenceKind, EvidenceStrength
from listening.models.ledger import Credit, CreditKind, ListeningRules, Reconciliation
from listening.models.our_number import HuntGroup, Voicemail
from listening.models.reviews import AuditItem, Debrief, Mark, Recording, Review, RideAlong, Verdict
from listening.models.sessions import (
    LIVE_VISIT,
    UNDER_WAY,
    Place,
    Session,
    SessionKind,
    SessionStatus,
    Visit,
    VisitStatus,
)

__all__ = [
    "LIVE_VISIT",
    "OPEN_STATES",
    "UNDER_WAY",
    "AgentDesk",
    "AuditItem",
    "CallAction",
    "CallSource",
    "CountryRule",
    "Credit",
    "CreditKind",
    "Debrief",
    "DeclinedOffers",
    "Evidence",
    "EvidenceKind",
    "EvidenceStrength",
    "HuntGroup",
    "ListeningMode",
    "ListeningRules",
    "LiveCall",
    "LiveCallState",
    "Mark",
    "Place",
    "Reconciliation",
    "Recording",
    "Review",
    "RideAlong",
    "Session",
    "SessionKind",
    "SessionStatus",
    "Verdict",
    "Visit",
    "VisitStatus",
    "Voicemail",
]
