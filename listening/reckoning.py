"""What one session of live listening is worth: its evidence read into plain values, and reckoned by `credits`."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from listening.credits import (
    ON_EXTENSION,
    TOGETHER,
    Happening,
    Reckoned,
    Who,
    by_month,
    reckon_visit,
    together,
)
from listening.intervals import whole_seconds
from listening.models import CallSource, CreditKind, Evidence, EvidenceStrength, LiveCall, Session, Visit

NEVER_IN = "participant_add_failed"
"""Twilio's reason of a leave by somebody who never answered: facts, Twilio 9."""
_PRESENCE = ("present", "absent", "key")
_LABELS = {"agent": Who.AGENT, "customer": Who.CUSTOMER, "extension": Who.EXTENSION}


@dataclass(frozen=True, kw_only=True)
class VisitReckoned:
    """One call of the session: what it counts as, what of it counts, and why the rest does not."""

    visit: Visit
    kind: CreditKind
    reckoned: Reckoned

    @property
    def minutes(self) -> int:
        return self.reckoned.seconds // 60


@dataclass(frozen=True, kw_only=True)
class SessionReckoned:
    """All calls of a session, in the order in which they were joined."""

    session: Session
    visits: tuple[VisitReckoned, ...]

    @property
    def whole(self) -> Reckoned:
        """All of it, whatever it counts as."""
        return together(one.reckoned for one in self.visits)

    @property
    def seconds(self) -> int:
        return self.whole.seconds

    def lines(self) -> dict[tuple[date, CreditKind], tuple[int, tuple[int, ...]]]:
        """Whole seconds and their evidence by month (of the programme's zone) and kind, each second once."""
        found: dict[tuple[date, CreditKind], tuple[int, tuple[int, ...]]] = {}
        for kind in (CreditKind.LISTENING, CreditKind.MONITOR):
            told = together(one.reckoned for one in self.visits if one.kind == kind)
            for month, spans in by_month(told.spans, self.session.programme.zone).items():
                if seconds := whole_seconds(spans):
                    found[month, kind] = seconds, told.evidence
        return found


def reckon(session: Session, *, now: datetime | None = None) -> SessionReckoned:
    """One session of live listening. With `now`, for a session that runs, as it looks just now. Three queries."""
    return reckon_many([session], now=now)[session.pk]


def reckon_many(sessions: Collection[Session], *, now: datetime | None = None) -> dict[int, SessionReckoned]:
    """Several sessions, by their key. Three queries, whatever their number."""
    visits: defaultdict[int, list[Visit]] = defaultdict(list)
    rows = Visit.objects.filter(session__in=[session.pk for session in sessions])
    for visit in rows.select_related("live_call").order_by("offered_at", "pk"):
        visits[visit.session_id].append(visit)
    calls = {visit.live_call_id for some in visits.values() for visit in some}
    of_call: defaultdict[int, list[Evidence]] = defaultdict(list)
    of_session: defaultdict[int, list[Evidence]] = defaultdict(list)
    for row in Evidence.objects.filter(live_call__in=calls):
        of_call[row.live_call_id or 0].append(row)
    own = Q(session__in=[session.pk for session in sessions], kind__in=_PRESENCE)
    for row in Evidence.objects.filter(own):
        of_session[row.session_id or 0].append(row)
    return {
        session.pk: SessionReckoned(
            session=session,
            visits=tuple(
                _visit(visit, of_call[visit.live_call_id], of_session[session.pk], now)
                for visit in visits[session.pk]
            ),
        )
        for session in sessions
    }


def happenings_of(visit: Visit, evidence: Iterable[Evidence]) -> list[Happening]:
    """What is on record of one listener's visit, as the arithmetic reads it."""
    call = visit.live_call
    found = [
        _happening(row, visit, call)
        for row in evidence
        if row.kind not in _PRESENCE or row.session_id == visit.session_id
    ]
    if call.looked_at is not None and any(one.look for one in found):
        found.append(Happening(key=0, kind="looked", at=call.looked_at, look=True))
    return found


def _visit(
    visit: Visit, of_call: Iterable[Evidence], presence: Iterable[Evidence], now: datetime | None
) -> VisitReckoned:
    extension = visit.live_call.source == CallSource.EXTENSION
    told = reckon_visit(
        happenings_of(visit, [*of_call, *presence]),
        parts=ON_EXTENSION if extension else TOGETHER,
        now=now if visit.left_at is None and visit.live_call.ended_at is None else None,
    )
    return VisitReckoned(
        visit=visit, kind=CreditKind.MONITOR if extension else CreditKind.LISTENING, reckoned=told
    )


def _happening(row: Evidence, visit: Visit, call: LiveCall) -> Happening:
    numbered = bool(row.source_sid) and row.source_sid == call.conference_sid
    return Happening(
        key=row.pk,
        kind="other" if row.kind == "leave" and row.detail == NEVER_IN else row.kind,
        at=row.at,
        leg="" if row.kind in _PRESENCE else row.call_sid or row.participant,
        who=_who(row, visit, call),
        sequence=row.sequence if numbered else None,
        look=row.strength == EvidenceStrength.LOOK,
    )


def _who(row: Evidence, visit: Visit, call: LiveCall) -> Who:
    """By its label in a conference of ours; in a centre's own by its call, and the customer is who is left over."""
    if row.participant == visit.participant or row.kind in _PRESENCE:
        return Who.LISTENER
    if row.participant.startswith("l-"):
        return Who.OTHER
    if call.source != CallSource.REGISTERED:
        return _LABELS.get(row.participant, Who.OTHER)
    if row.call_sid == call.agent_call_sid:
        return Who.AGENT
    if not row.call_sid:
        return Who.OTHER
    return Who.CUSTOMER if call.customer_call_sid in ("", row.call_sid) else Who.OTHER
