"""The year's cases: raised, paged up the ladder, taken or not, resolved, confirmed or not."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from escalations.models import (
    Answer,
    Channel,
    Escalation,
    Event,
    Outcome,
    Page,
    PageStatus,
    Purpose,
    Status,
)
from learnings.models import Cause, Feeling, Learning
from people.models import Person
from reports.invented.cast import Cast
from reports.invented.loading import Keys, load
from rota.models import Duty

_BATCH = 2000
# What a ring comes to, and how often.
_RINGS = (
    ("accepted", 62),
    ("accepted by text", 6),
    ("passed", 7),
    ("called back", 2),
    ("unanswered", 16),
    ("voicemail", 4),
    ("busy", 2),
    ("failed", 1),
)
_KINDS = tuple(kind for kind, _ in _RINGS)
_WEIGHTS = tuple(weight for _, weight in _RINGS)
_ENDS = {
    "unanswered": PageStatus.UNANSWERED,
    "voicemail": PageStatus.VOICEMAIL,
    "busy": PageStatus.BUSY,
    "failed": PageStatus.FAILED,
}


def play_cases(
    random: Random, cast: Cast, keys: Keys, months: list[date], duties: list[Duty], *, count: int
) -> None:
    """So many cases over these months, with all that belongs to them."""
    zone = cast.programme.zone
    begin = datetime.combine(months[0], time(), tzinfo=zone).astimezone(UTC)
    after = (months[-1] + timedelta(days=31)).replace(day=1)
    end = datetime.combine(after, time(), tzinfo=zone).astimezone(UTC)
    seats = _Seats(duties)
    # To the very ends of the year, so that each month has cases on both sides of its midnight.
    instants = sorted(begin + random.random() * (end - begin) for _ in range(count))
    for start in range(0, count, _BATCH):
        batch = _Batch()
        for at in instants[start : start + _BATCH]:
            _Play(random, cast, keys, seats, batch).case(at)
        batch.write()


class _Seats:
    """Who was on duty at an instant."""

    def __init__(self, duties: list[Duty]) -> None:
        by_day: dict[datetime, list[Duty]] = {}
        for duty in duties:
            by_day.setdefault(duty.starts_at, []).append(duty)
        self._begins = sorted(by_day)
        self._seated = [[duty.person for duty in by_day[begin]] for begin in self._begins]

    def at(self, instant: datetime) -> list[Person]:
        """The officers, primary first."""
        return self._seated[max(bisect_right(self._begins, instant) - 1, 0)]


class _Batch:
    """Rows that are written together."""

    def __init__(self) -> None:
        self.cases: list[Escalation] = []
        self.pages: list[Page] = []
        self.events: list[Event] = []
        self.learnings: list[Learning] = []
        self.outcomes: list[Outcome] = []

    def write(self) -> None:
        load(Escalation, self.cases)
        load(Page, self.pages)
        load(Event, self.events)
        load(Learning, self.learnings)
        load(Outcome, self.outcomes)


class _Play:
    """One case at a time."""

    def __init__(self, random: Random, cast: Cast, keys: Keys, seats: _Seats, batch: _Batch) -> None:
        self._random, self._cast, self._keys, self._seats, self._batch = random, cast, keys, seats, batch

    def case(self, at: datetime) -> None:
        """From raised to its end."""
        random = self._random
        agent = random.choice(self._cast.agents)
        account = random.choice(self._cast.accounts)
        case = Escalation(
            pk=self._keys.next(Escalation),
            programme=self._cast.programme,
            account=account,
            contact_name="Contact",
            contact_phone=f"+1{3_000_000_000 + account.pk}",
            summary="Nothing prints since this morning.",
            severity=random.choice(("normal", "high", "critical")),
            raised_by=agent,
            owner=self._seats.at(at)[0],
            score_total=80,
            threshold=60,
            qualifies=True,
            status=Status.CANCELLED,
            created_at=at,
        )
        self._batch.cases.append(case)
        self._note(case, at, "raised", agent)
        moment = at + timedelta(seconds=random.uniform(0.2, 3))
        if random.random() < 0.02:
            self._note(case, moment, "cancelled", agent)
            return
        taken_at = self._climb(case, moment)
        if taken_at is None:
            return
        if random.random() < 0.03:
            taken_at = self._hand_over(case, taken_at)
        self._resolve(case, taken_at, again=random.random() < 0.06)

    def _climb(self, case: Escalation, at: datetime) -> datetime | None:
        """Rings one officer after the other, and all of them again; when somebody took it, None for nobody."""
        passed: set[int] = set()
        for round_ in range(2):
            for rung, person in enumerate(self._seats.at(at)[:4]):
                if person.pk in passed:
                    continue
                kind = self._random.choices(_KINDS, _WEIGHTS)[0]
                taken_at, at = self._ring(case, person, round_, rung, kind, at)
                if taken_at is not None:
                    self._take(case, person, taken_at)
                    return taken_at
                if kind == "passed":
                    passed.add(person.pk)
            case.unreached_at = case.unreached_at or at
            at += timedelta(minutes=5)
        self._note(case, at, "unreached", None)
        return None

    def _ring(
        self, case: Escalation, person: Person, round_: int, rung: int, kind: str, at: datetime
    ) -> tuple[datetime | None, datetime]:
        """A call and a text to one officer. Returns when they took it, if they did, and when the ring was over."""
        over = at + timedelta(seconds=self._random.uniform(2, 40))
        call, text = PageStatus.CANCELLED, PageStatus.CANCELLED
        if kind == "accepted":
            call = PageStatus.ACCEPTED
        elif kind == "accepted by text":
            text = PageStatus.ACCEPTED
        elif kind == "passed":
            call = text = PageStatus.PASSED
        elif kind == "called back":
            call = text = PageStatus.UNANSWERED
        else:
            call, text = _ENDS[kind], PageStatus.UNANSWERED if kind != "failed" else PageStatus.FAILED
        where = (round_, rung)
        self._page(case, person, Channel.CALL, call, at, over, where)
        self._page(case, person, Channel.TEXT, text, at, over, where)
        if kind == "called back":
            back = over + timedelta(seconds=self._random.uniform(1, 60))
            yes = back + timedelta(seconds=self._random.uniform(5, 30))
            self._page(case, person, Channel.CALL, PageStatus.ACCEPTED, back, yes, where, Purpose.CALLED_BACK)
            return yes, yes
        return (over if kind.startswith("accepted") else None), over

    def _page(
        self,
        case: Escalation,
        person: Person,
        channel: Channel,
        status: PageStatus,
        at: datetime,
        over: datetime,
        where: tuple[int, int],
        purpose: Purpose = Purpose.OFFER,
    ) -> None:
        key = self._keys.next(Page)
        address = person.phone
        answered = over if status in (PageStatus.ACCEPTED, PageStatus.PASSED) else None
        self._batch.pages.append(
            Page(
                pk=key,
                escalation=case,
                person=person,
                channel=channel,
                address=address,
                purpose=purpose,
                status=status,
                created_at=at,
                due_at=at,
                claimed_at=at,
                sent_at=at,
                answered_at=answered,
                ended_at=over,
                sid=f"CA{key:032x}",
                tries=1,
                round=where[0],
                rung=where[1],
            )
        )

    def _take(self, case: Escalation, person: Person, at: datetime) -> None:
        case.owner = case.accepted_by = person
        case.accepted_at = case.accepted_at or at
        self._note(case, at, "accepted", person)

    def _hand_over(self, case: Escalation, at: datetime) -> datetime:
        colleague = self._random.choice(self._cast.executives)
        at += timedelta(seconds=self._random.uniform(60, 900))
        if colleague.pk != case.owner_id:
            case.owner = case.accepted_by = colleague
            self._note(case, at, "handed_over", colleague)
        return at

    def _resolve(self, case: Escalation, at: datetime, *, again: bool) -> None:
        """The officer's outcome and the customer's word on it; `again` where the first does not hold."""
        recorded_at = at + timedelta(seconds=self._random.uniform(600, 3 * 3600))
        answered_at = recorded_at + timedelta(seconds=self._random.uniform(60, 2 * 86400))
        officer = case.owner
        answer = Answer.NOT_FIXED if again else self._random.choices((Answer.FIXED, Answer.SILENT), (3, 1))[0]
        learning = Learning(
            pk=self._keys.next(Learning),
            quote="At last somebody who listens.",
            touchpoint=self._random.choice(self._cast.touchpoints),
            cause=self._random.choice(Cause.values),
            feeling=self._random.choice(Feeling.values),
            source="escalation",
            source_reference=f"case {case.number}",
            source_path=f"/cases/{case.pk}/",
            account=case.account,
            author=officer,
            owner=self._cast.administrator,
            created_at=recorded_at,
        )
        self._batch.learnings.append(learning)
        self._batch.outcomes.append(
            Outcome(
                pk=self._keys.next(Outcome),
                escalation=case,
                recorded_by=officer,
                recorded_at=recorded_at,
                cause=learning.cause,
                touchpoint=learning.touchpoint,
                done="The part is on its way.",
                learning=learning,
                answer=answer,
                answered_at=answered_at,
                answered_how="by text",
            )
        )
        self._note(case, recorded_at, "resolved", officer)
        case.resolved_at = recorded_at
        if again:
            self._note(case, answered_at, "reopened", None)
            self._resolve(case, answered_at, again=False)
            return
        case.closed_at = answered_at if answer == Answer.FIXED else None
        case.status = Status.CLOSED if answer == Answer.FIXED else Status.UNCONFIRMED
        self._note(case, answered_at, "closed" if answer == Answer.FIXED else "unconfirmed", None)

    def _note(self, case: Escalation, at: datetime, kind: str, actor: Person | None) -> None:
        name = actor.name if actor else "Officer of the Day"
        self._batch.events.append(
            Event(
                pk=self._keys.next(Event),
                escalation=case,
                at=at,
                kind=kind,
                actor=actor,
                actor_name=name,
                text=f"{name}: {kind}.",
            )
        )
