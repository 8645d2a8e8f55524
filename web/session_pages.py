"""The page of one session, followed live: where the executive's call is, each visit, the evidence, and what counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from listening import sessions
from listening.debriefs import moments_of
from listening.doubts import Doubt
from listening.intervals import Span
from listening.ledger import outlook
from listening.models import (
    LIVE_VISIT,
    Credit,
    Debrief,
    Evidence,
    EvidenceKind,
    RideAlong,
    Session,
    SessionKind,
    SessionStatus,
    Visit,
    VisitStatus,
)
from listening.reckoning import reckon
from listening.reconciling import differences_of
from people.errors import Refused
from people.models import Person
from telephony import clock
from web.access import PersonRequest, open_to
from web.listening_pages import keepers_session
from web.listening_words import VERDICT_LOOKS, VISIT_LOOKS, evidence_look, minutes, session_look
from web.refusals import onto_page
from web.ride_along_pages import FinishForm
from web.seen import mark
from web.words import Look

_OF_THE_CALL = Q(participant__in=("agent", "customer", "extension")) | Q(participant="")
_OVER = (SessionStatus.FINISHED, SessionStatus.MISSED, SessionStatus.CANCELLED)


@dataclass(frozen=True)
class Happening:
    """One line of the timeline. `strength` is said where it is not Twilio's own event."""

    at: datetime
    words: str
    look: Look
    strength: str


@dataclass(frozen=True)
class Bar:
    """A part of the session, in percent of its length."""

    x: str
    width: str


@dataclass(frozen=True)
class Counts:
    """What counts of a session of live listening, of how long it took; with the parts and the doubts."""

    words: str
    of: str
    running: bool
    bars: list[Bar]
    doubtful: list[Bar]
    marks: list[str]
    doubts: list[Doubt]


@require_GET
@open_to()
def session(request: PersonRequest, pk: int) -> HttpResponse:
    """Everything about one session on one page."""
    found = keepers_session(request, pk)
    return render(request, "web/listening/session.html", _whole(found, request.user))


@require_GET
@open_to()
def live(request: PersonRequest, pk: int) -> HttpResponse:
    """The page's moving parts: 204 while nothing has changed since `seen`."""
    found = keepers_session(request, pk)
    if request.GET.get("seen") == _seen(found, clock.now()):
        return HttpResponse(status=204)
    return render(request, "web/listening/session_moving.html", _whole(found, request.user))


def _seen(found: Session, now: datetime) -> str:
    """Moves whenever anything on the page does, and with each minute of a session that runs. Four queries."""
    visits = list(
        found.visits.order_by("pk").values_list("pk", "status", "joined_at", "left_at", "live_call")
    )
    told = Evidence.objects.filter(Q(session=found) | Q(live_call__in=[one[-1] for one in visits]))
    running = found.status == SessionStatus.RUNNING and found.started_at is not None
    beside = Session.objects.filter(pk=found.pk).values_list(
        "debrief", "ride_along__confirmed_at", "ride_along__refused_at", Count("items")
    )
    return mark(
        found.status,
        found.place,
        bool(found.call_sid),
        found.planned_start,
        found.planned_start > now,
        found.debrief_due_at,
        *visits,
        told.aggregate(Count("pk"), Max("pk")),
        found.credits.count(),
        *beside,
        (now - found.started_at) // timedelta(minutes=1) if running and found.started_at else "",
    )


@require_POST
@open_to()
def end(request: PersonRequest, pk: int) -> HttpResponseBase:
    """End it now: the executive hears goodbye."""
    found = keepers_session(request, pk)
    try:
        sessions.end_now(session=found, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:session", pk=pk)


def _whole(found: Session, reader: Person) -> dict[str, Any]:
    now = clock.now()
    seen = _seen(found, now)  # first: what comes while this is read is news
    visits = list(found.visits.select_related("live_call__agent").order_by("offered_at", "pk"))
    evidence = _evidence(found, visits, now)
    entries = list(found.credits.select_related("approver").order_by("created_at", "pk"))
    debrief = Debrief.objects.filter(session=found).select_related("learning").first()
    current = next((visit for visit in visits if visit.status in LIVE_VISIT), None)
    own = found.person_id == reader.pk
    counts = _counts(found, now)
    ride = RideAlong.objects.filter(session=found).select_related("colleague", "account").first()
    items = list(found.items.select_related("owner")) if found.kind == SessionKind.AUDIT else []
    return {
        "session": found,
        "own": own,
        "look": session_look(found),
        "says": says(found, current, entries, debrief, own=own, now=now),
        "visits": [(visit, VISIT_LOOKS[visit.status]) for visit in visits if _was_there(visit)],
        "happenings": [_happening(one, visits) for one in evidence],
        "credits": [(credit, minutes(credit.seconds)) for credit in entries],
        "marks": moments_of(found),
        "counts": counts,
        "outlook": outlook(found, now=now)
        if found.status == SessionStatus.FINISHED and not entries
        else None,
        "differences": [(one.what, minutes(one.seconds)) for one in differences_of(found)]
        if found.status == SessionStatus.FINISHED
        else [],
        "ride": ride,
        "ride_form": FinishForm(initial={"minutes": ride.minutes})
        if ride is not None and _rode(found, now)
        else None,
        "items": [(item, VERDICT_LOOKS[item.verdict]) for item in items],
        "is_open": False,
        "debrief": debrief,
        "may_debrief": own and _waits_for_debrief(found, debrief, now),
        "may_call_off": ride is not None and found.status == SessionStatus.BOOKED,
        "may_change": found.status == SessionStatus.BOOKED and found.hold_id is not None,
        "may_end": found.status == SessionStatus.RUNNING and found.kind == SessionKind.LISTENING,
        "now": now,
        "live_seconds": 20 if found.status in _OVER or found.planned_start > now else 1,
        "seen": seen,
    }


def _counts(found: Session, now: datetime) -> Counts | None:
    """What live listening counts by its evidence: while it runs as it looks just now, afterwards for good."""
    if found.kind != SessionKind.LISTENING or found.started_at is None:
        return None
    running = found.status == SessionStatus.RUNNING
    told = reckon(found, now=now if running else None).whole
    begin = found.started_at
    end = max(found.ended_at or now, begin + timedelta(minutes=1))
    length = (end - begin).total_seconds()

    def bar(span: Span) -> Bar:
        start = max(0.0, (span.start - begin).total_seconds())
        wide = max(0.0, (min(span.end, end) - max(span.start, begin)).total_seconds())
        return Bar(x=f"{100 * start / length:.3f}", width=f"{100 * wide / length:.3f}")

    marks = [
        f"{100 * (one - begin).total_seconds() / length:.3f}" for one in _marked(found) if begin <= one <= end
    ]
    return Counts(
        words=minutes(told.seconds),
        of=minutes(int(length)),
        running=running,
        bars=[bar(span) for span in told.spans],
        doubtful=[bar(doubt.span) for doubt in told.doubts if doubt.seconds],
        marks=marks,
        doubts=list(told.doubts),
    )


def _rode(found: Session, now: datetime) -> bool:
    """Whether the executive may say how long the ride-along was."""
    return found.status in (SessionStatus.BOOKED, SessionStatus.RUNNING) and found.planned_start < now


def _marked(found: Session) -> list[datetime]:
    return list(found.marks.order_by("at").values_list("at", flat=True))


def says(
    found: Session,
    current: Visit | None,
    entries: Sequence[Credit],
    debrief: Debrief | None,
    *,
    own: bool,
    now: datetime,
) -> str:
    """Where the session stands, as one sentence."""
    if found.status == SessionStatus.RUNNING and found.kind == SessionKind.LISTENING:
        return _running(found, current)
    if found.status == SessionStatus.FINISHED:
        if entries:
            return f"{minutes(sum(credit.seconds for credit in entries))} credited"
        if debrief is None and found.debrief_due_at is not None:
            return "Over: what did you learn?" if own else "Over: the debrief is to be written"
        if debrief is not None:
            return "Over; what counts is being reckoned"
        return (
            "Over, and nothing was heard"
            if found.kind != SessionKind.AUDIT
            else "Over, and nothing was found"
        )
    rings = found.kind == SessionKind.LISTENING
    if (
        found.kind == SessionKind.RIDE_ALONG
        and found.status == SessionStatus.BOOKED
        and found.planned_end < now
    ):
        return "How long was it?"
    return {
        SessionStatus.BOOKED: "Your phone rings when it begins" if own and rings else "Booked",
        SessionStatus.RINGING: "Your phone rings: press 1 to listen" if own else "The phone rings",
        SessionStatus.RUNNING: "Under way",
        SessionStatus.MISSED: "Missed: nobody answered",
        SessionStatus.CANCELLED: found.ended_why or "Given back",
    }[SessionStatus(found.status)]


def _running(found: Session, current: Visit | None) -> str:
    if not found.call_sid:
        return "The call broke off: calling back brings it on again"
    if current is None:
        return "Waiting for the next call"
    return {
        VisitStatus.OFFERED: "An agent is being asked",
        VisitStatus.COMING: "On the way into a call",
        VisitStatus.IN: "Listening to a call",
        VisitStatus.REMOVED: "Out of the call while the customer pays",
    }[VisitStatus(current.status)]


def _waits_for_debrief(found: Session, debrief: Debrief | None, now: datetime) -> bool:
    due = found.debrief_due_at
    return found.status == SessionStatus.FINISHED and debrief is None and due is not None and now < due


def _was_there(visit: Visit) -> bool:
    """Offers that came to nothing are nobody's business."""
    return visit.joined_at is not None or visit.status in LIVE_VISIT


def _evidence(found: Session, visits: Sequence[Visit], now: datetime) -> list[Evidence]:
    """The session's own, and of each call visited what befell agent and customer while it was. One query."""
    wanted = Q(session=found)
    for visit in visits:
        if visit.joined_at is not None:
            span = (visit.joined_at, visit.left_at or now)
            wanted |= Q(live_call=visit.live_call_id, at__range=span) & _OF_THE_CALL
    return list(Evidence.objects.filter(wanted).distinct().order_by("at", "sequence", "pk"))


_WORDS: dict[str, str] = {
    EvidenceKind.JOIN: "{who} joined the call",
    EvidenceKind.LEAVE: "{who} left the call",
    EvidenceKind.HOLD: "{who} was put on hold",
    EvidenceKind.UNHOLD: "{who} came off hold",
    EvidenceKind.MUTE: "{who} muted",
    EvidenceKind.UNMUTE: "{who} no longer muted",
    EvidenceKind.SEEN: "{who} seen in the call",
    EvidenceKind.GONE: "{who} not in the call any more",
}
_PEOPLE = {"agent": "The agent", "customer": "The customer", "extension": "The monitor extension"}


def _happening(one: Evidence, visits: Sequence[Visit]) -> Happening:
    who = _PEOPLE.get(one.participant, "The listener")
    words = _WORDS.get(one.kind, one.get_kind_display()).format(who=who)
    return Happening(
        at=one.at,
        words=f"{words} ({one.detail})" if one.detail else words,
        look=evidence_look(one.kind),
        strength="" if one.strength == "callback" else one.get_strength_display(),
    )
