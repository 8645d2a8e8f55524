"""What a session is worth by its evidence, whatever its kind. A new kind is one function here and one line below."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from listening.credits import by_month
from listening.doubts import Doubt
from listening.intervals import whole_seconds
from listening.models import AuditItem, CreditKind, Evidence, EvidenceKind, RideAlong, Session, SessionKind
from listening.other_evidence import Beat, examined, heard
from listening.reckoning import reckon

Lines = dict[tuple[date, CreditKind], tuple[int, tuple[int, ...]]]


@dataclass(frozen=True, kw_only=True)
class Worth:
    """Whole seconds and the keys of their evidence, by month (of the programme's zone) and kind of credit.

    `doubts` are seconds that do not count, and why; `waits_for` says in words what is still missing ("" for nothing).
    """

    lines: Lines = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    waits_for: str = ""

    @property
    def seconds(self) -> int:
        return sum(seconds for seconds, _ in self.lines.values())


def worth_of(session: Session) -> Worth:
    """What the session's evidence proves as it is now. Four queries at most."""
    return _WORTH[SessionKind(session.kind)](session)


def read_beat(row: Evidence) -> Beat:
    """A row of the player as a beat: its detail is "12.5-17.5"."""
    start, _, end = row.detail.partition("-")
    return Beat(at=row.at, start=float(start), end=float(end))


# --- The kinds -----------------------------------------------------------------------------------------------


def _listening(session: Session) -> Worth:
    told = reckon(session)
    return Worth(lines=told.lines(), doubts=told.whole.doubts)


def _ride_along(session: Session) -> Worth:
    """As long as the colleague confirms, in the month of its beginning."""
    ride = RideAlong.objects.select_related("colleague").filter(session=session).first()
    if ride is None or ride.confirmed_at is None:
        name = ride.colleague.name if ride is not None else "a colleague"
        refused = ride is not None and ride.refused_at is not None
        return Worth(waits_for=f"{name} said no" if refused else f"{name} has not confirmed it yet")
    keys = _rows(session, EvidenceKind.CONFIRMED).values_list("pk", flat=True)
    seconds = 60 * min(ride.minutes, ride.confirmed_minutes or 0)
    return Worth(lines={(session.month, CreditKind.RIDE_ALONG): (seconds, tuple(keys))} if seconds else {})


def _audit(session: Session) -> Worth:
    """The time that the items prove, once each of them has an owner."""
    if AuditItem.objects.filter(session=session, owner=None).exists():
        return Worth(waits_for="an item has no owner yet")
    rows = list(_rows(session, EvidenceKind.ITEM))
    spans = examined(_begun(session), (row.at for row in rows))
    return Worth(lines=_by_month(session, CreditKind.AUDIT, spans, rows))


def _review(session: Session) -> Worth:
    """The seconds that were really played, each once."""
    rows = list(_rows(session, EvidenceKind.PLAYED))
    review = getattr(session, "review", None)
    seconds = review.recording.seconds if review is not None else 0
    told = heard(_begun(session), map(read_beat, rows), seconds=seconds)
    return Worth(lines=_by_month(session, CreditKind.REVIEW, told.spans, rows))


_WORTH: dict[SessionKind, Callable[[Session], Worth]] = {
    SessionKind.LISTENING: _listening,
    SessionKind.RIDE_ALONG: _ride_along,
    SessionKind.AUDIT: _audit,
    SessionKind.REVIEW: _review,
}


# --- Below ---------------------------------------------------------------------------------------------------


def _rows(session: Session, kind: EvidenceKind) -> Any:
    return Evidence.objects.filter(session=session, kind=kind).order_by("at", "pk")


def _begun(session: Session) -> datetime:
    return session.started_at or session.planned_start


def _by_month(session: Session, kind: CreditKind, spans: Any, rows: list[Evidence]) -> Lines:
    keys = tuple(row.pk for row in rows)
    split = {month: whole_seconds(some) for month, some in by_month(spans, session.programme.zone).items()}
    return {(month, kind): (seconds, keys) for month, seconds in split.items() if seconds}
