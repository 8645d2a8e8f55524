"""The year's listening: sessions with the telephone's evidence, the ledger that follows from it, and debriefs."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from listening.models import (
    CallSource,
    Credit,
    CreditKind,
    Debrief,
    Evidence,
    EvidenceKind,
    LiveCall,
    LiveCallState,
    Session,
    SessionStatus,
)
from people.models import Person
from reports.invented.cast import Cast
from reports.invented.loading import Keys, load
from rota.quotas import month_days

_BATCH = 1000
_HALF_HOUR = timedelta(minutes=30)
_DEBRIEF_DAYS = timedelta(days=3)


def play_listening(random: Random, cast: Cast, keys: Keys, months: list[date], *, count: int) -> None:
    """So many sessions over these months, and the edges that reports get wrong."""
    batch = _Batch()
    edges = _edges(random, cast, months)
    for number in range(count):
        plan = edges[number] if number < len(edges) else _ordinary(random, cast, months)
        _Play(random, cast, keys, batch).session(plan)
        if len(batch.sessions) >= _BATCH:
            batch.write()
            batch = _Batch()
    batch.write()


class _Plan(NamedTuple):
    """One session: how long its listener stayed, seconds on hold, and whether it surely comes about."""

    person: Person
    start: datetime
    length: timedelta = _HALF_HOUR
    held: float = 0
    certain: bool = False


def _ordinary(random: Random, cast: Cast, months: list[date]) -> _Plan:
    first, last = month_days(random.choice(months))
    day = first + timedelta(days=random.randrange((last - first).days + 1))
    clock = time(random.randrange(8, 19), random.choice((0, 15, 30, 45)))
    start = datetime.combine(day, clock, tzinfo=cast.programme.zone).astimezone(UTC)
    length = _HALF_HOUR - timedelta(seconds=random.choice((0, 0, 0, random.randrange(900))))
    return _Plan(
        random.choice(cast.executives[2:]), start, length, random.choice((0, 0, random.randrange(240)))
    )


def _edges(random: Random, cast: Cast, months: list[date]) -> list[_Plan]:
    """One second short of two hours; exactly two hours; and a call from 23:50 to 00:20 at each month's end.

    The first two executives have these sessions alone.
    """
    first, second = cast.executives[0], cast.executives[min(1, len(cast.executives) - 1)]
    found = []
    for person, less in ((first, 1), (second, 0)):
        for hour in range(4):
            start = datetime.combine(
                months[0] + timedelta(days=9), time(9 + hour), tzinfo=cast.programme.zone
            )
            length = _HALF_HOUR - timedelta(seconds=less if hour == 0 else 0)
            found.append(_Plan(person, start.astimezone(UTC), length, certain=True))
    for month in months[:-1]:
        late = datetime.combine(month_days(month)[1], time(23, 50), tzinfo=cast.programme.zone)
        found.append(_Plan(random.choice(cast.executives[2:]), late.astimezone(UTC), certain=True))
    return found


@dataclass
class _Batch:
    """Rows that are written together."""

    calls: list[LiveCall] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    debriefs: list[Debrief] = field(default_factory=list)

    def write(self) -> None:
        load(LiveCall, self.calls)
        load(Session, self.sessions)
        load(Evidence, self.evidence)
        load(Credit, self.credits)
        load(Debrief, self.debriefs)


class _Play:
    """One session at a time."""

    def __init__(self, random: Random, cast: Cast, keys: Keys, batch: _Batch) -> None:
        self._random, self._cast, self._keys, self._batch = random, cast, keys, batch

    def session(self, plan: _Plan) -> None:
        """Booked; then missed, called off, or lived with its call and credited if it was debriefed in time."""
        random, person, start = self._random, plan.person, plan.start
        statuses = (SessionStatus.FINISHED, SessionStatus.MISSED, SessionStatus.CANCELLED)
        status = SessionStatus.FINISHED if plan.certain else random.choices(statuses, (88, 7, 5))[0]
        end = start + plan.length
        session = Session(
            pk=self._keys.next(Session),
            programme=self._cast.programme,
            person=person,
            status=status,
            planned_start=start,
            planned_end=start + _HALF_HOUR,
            month=self._month(start),
            ended_at=end,
            created_at=start - timedelta(days=9),
        )
        self._batch.sessions.append(session)
        if status != SessionStatus.FINISHED:
            return
        session.started_at = start
        session.debrief_due_at = end + _DEBRIEF_DAYS
        self._call(session, start, end, plan.held)
        late = 0.0 if plan.certain else random.random()
        if late < 0.93:
            self._debrief(session, end + timedelta(seconds=random.uniform(120, 2 * 86400)))
            self._credit(session, start, end, plan.held)
        elif late < 0.97:
            self._debrief(session, end + _DEBRIEF_DAYS + timedelta(seconds=random.uniform(1, 86400)))

    def _call(self, session: Session, start: datetime, end: datetime, held: float) -> None:
        """The customer's call from before the listener came until after they left, on hold for a while."""
        number = self._keys.next(LiveCall)
        call = LiveCall(
            pk=number,
            source=CallSource.REGISTERED,
            conference_sid=f"CF{number:032x}",
            conference_name=f"lc-{number:024x}",
            agent=self._random.choice(self._cast.agents),
            agent_call_sid=f"CA{number:031x}a",
            customer_call_sid=f"CA{number:031x}c",
            programme=self._cast.programme,
            announced=True,
            state=LiveCallState.ENDED,
            started_at=start - timedelta(seconds=60),
            state_at=end,
            ended_at=end + timedelta(seconds=45),
        )
        self._batch.calls.append(call)
        sids = {
            "agent": call.agent_call_sid,
            "customer": call.customer_call_sid,
            "listener": f"CA{number:031x}e",
        }
        session.call_sid = sids["listener"]
        told = [
            (start - timedelta(seconds=60), "agent", EvidenceKind.JOIN),
            (start - timedelta(seconds=50), "customer", EvidenceKind.JOIN),
            (start, "listener", EvidenceKind.JOIN),
            (end, "listener", EvidenceKind.LEAVE),
            (end + timedelta(seconds=40), "customer", EvidenceKind.LEAVE),
            (end + timedelta(seconds=45), "agent", EvidenceKind.LEAVE),
        ]
        if held:
            told.append((start + timedelta(seconds=300), "customer", EvidenceKind.HOLD))
            told.append((start + timedelta(seconds=300 + held), "customer", EvidenceKind.UNHOLD))
        for sequence, (at, who, kind) in enumerate(sorted(told)):
            self._batch.evidence.append(
                Evidence(
                    pk=self._keys.next(Evidence),
                    live_call=call,
                    session=session if who == "listener" else None,
                    kind=kind,
                    source_sid=call.conference_sid,
                    sequence=sequence,
                    call_sid=sids[who],
                    participant=who,
                    at=at,
                    received_at=at,
                )
            )

    def _credit(self, session: Session, start: datetime, end: datetime, held: float) -> None:
        """The ledger's entries, one a month that the session lies in."""
        edge = self._month_end(start)
        parts = [(start, min(end, edge)), (edge, end)] if end > edge else [(start, end)]
        hold_from = start + timedelta(seconds=300)
        hold_until = hold_from + timedelta(seconds=held)
        for begin, until in parts:
            on_hold = max((min(hold_until, until) - max(hold_from, begin)).total_seconds(), 0)
            month = self._month(begin)
            self._batch.credits.append(
                Credit(
                    pk=self._keys.next(Credit),
                    person=session.person,
                    programme=self._cast.programme,
                    month=month,
                    kind=CreditKind.LISTENING,
                    seconds=int((until - begin).total_seconds() - on_hold),
                    session=session,
                    key=f"session:{session.pk}:{month:%Y-%m}",
                    created_at=until,
                )
            )

    def _debrief(self, session: Session, at: datetime) -> None:
        self._batch.debriefs.append(
            Debrief(
                pk=self._keys.next(Debrief),
                session=session,
                heard="How often people call about the same bill.",
                by=session.person,
                created_at=at,
            )
        )

    def _month(self, at: datetime) -> date:
        return at.astimezone(self._cast.programme.zone).date().replace(day=1)

    def _month_end(self, at: datetime) -> datetime:
        after = month_days(self._month(at))[1] + timedelta(days=1)
        return datetime.combine(after, time(), tzinfo=self._cast.programme.zone).astimezone(UTC)
