"""The least disruption: what has to change hands, and no more, when somebody cannot serve published days."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone

from people.models import Person
from rota.instances import Question, question_for, role_of
from rota.models import Duty, Programme
from rota.planner import Result, plan_rota
from rota.planning.breaches import faults
from rota.planning.instance import PRIMARY, Absence, Executive, Instance, Seat, Weights
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.reasons import in_duties
from rota.planning.score import points_served
from rota.planning.search import Status
from rota.planning.wording import day_in_words, period_in_words

FIRST_OF_ALL = 100_000
"""A published duty that moves costs so much that no fairness outweighs one more of them."""
LAST_OF_ALL = 200
"""A wish (1 to 3 is a person's own) that outweighs the fairness of several duties, and no move."""


@dataclass(frozen=True)
class Move:
    """A published duty that would go to somebody else. `why` is a sentence about it."""

    duty: Duty
    to: Person
    why: str


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """The fewest moves that do, in order of days. `why_not` says in words why there are none that do ("")."""

    moves: tuple[Move, ...]
    why_not: str = ""


def least_disruption(
    *,
    programme: Programme,
    first: date,
    last: date,
    without: Collection[tuple[Person, date]],
    seconds: float = 10.0,
) -> Replanned:
    """The fewest published duties from `first` to `last`, both inclusive, that have to change hands so that none of
    `without` serves on that day; among those the fairest. Nothing is changed.

    Duties that run already stay as they are. Everybody's absences, busy days, other programmes and the gap hold for
    whoever would get a duty; the monthly duty does not, and what stays where it is need not be right. Takes at most
    so many seconds, and once more as many to say why not; a constant number of queries.
    """
    question = question_for(programme=programme, first=first, last=last)
    duties = _duties(programme, first, last)
    instance = _about(question, duties, {(str(person.pk), day) for person, day in without})
    result = plan_rota(instance, seconds=seconds)
    if result.plan is None:
        return Replanned(moves=(), why_not=_why_not(result))
    after = result.plan.holders
    moved = sorted(
        seat for seat, duty in duties.items() if after.get(seat, "") not in ("", str(duty.person_id))
    )
    said = _Words(question, instance, after)
    return Replanned(
        moves=tuple(
            Move(duties[seat], question.people[after[seat]], said.of(seat, after[seat])) for seat in moved
        )
    )


def _duties(programme: Programme, first: date, last: date) -> dict[Seat, Duty]:
    rows = Duty.objects.published().filter(programme=programme, day__range=(first, last))
    return {(duty.day, role_of(duty.seat)): duty for duty in rows.select_related("person", "programme")}


def _about(question: Question, duties: Mapping[Seat, Duty], gone: set[tuple[str, date]]) -> Instance:
    """The published days alone, each of their duties kept at nearly any price.

    What is wrong already (somebody is away, a gap that an administrator broke) need not be mended by the way: whoever
    stays stays rightly, and only `gone` have to move. What runs already is pinned.
    """
    instance = question.instance
    holders = {seat: str(duty.person_id) for seat, duty in duties.items() if seat in set(instance.seats)}
    days = {day for day, _ in holders}
    stays = {seat: who for seat, who in holders.items() if (who, seat[0]) not in gone}
    empty = {(day, role) for day in days for role in instance.rules.roles} - holders.keys()
    found = replace(
        instance,
        days=tuple(day for day in instance.days if day.date in days),
        executives=tuple(_executive(question, one, stays, gone) for one in instance.executives)
        # Seats that nobody holds are not to be filled here.
        + tuple(
            Executive(id=_nobody(role), share=0, barred=frozenset(days)) for role in instance.rules.roles
        ),
        rules=replace(instance.rules, min_primary_months=(), sessions=None),
        slots=(),
        weights=replace(Weights(), change=FIRST_OF_ALL),
        pinned={seat: _nobody(seat[1]) for seat in empty},
        published=stays,
    )
    return _excused(
        found, holders, gone, {seat for seat in stays if duties[seat].starts_at <= timezone.now()}
    )


def _executive(
    question: Question, one: Executive, stays: Mapping[Seat, str], gone: set[tuple[str, date]]
) -> Executive:
    """Free to stay on the days that they hold, and to take another only where they can be rung."""
    held = {day for (day, _), who in stays.items() if who == one.id}
    barred = one.barred | {day for who, day in gone if who == one.id}
    if not question.people[one.id].can_be_rung:
        barred |= {day.date for day in question.instance.days}
    off = [Absence(first=day, last=day, why=why) for day, why in one.off.items() if day not in held]
    avoided = dict(one.avoided)
    if any(who == one.id for who, _ in gone):
        # Whoever cannot serve one day is given another only where nobody else could take it.
        avoided |= {day.date: LAST_OF_ALL for day in question.instance.days if day.date not in held}
    return replace(
        one,
        barred=barred - held,
        unavailable=tuple(off),
        avoided=avoided,
        duties_owed={},
        sessions_owed={},
    )


def _excused(
    instance: Instance, holders: Mapping[Seat, str], gone: set[tuple[str, date]], running: set[Seat]
) -> Instance:
    """Pins what breaks a rule as it stands, and drops what a day lacks already."""
    plan = Plan({**holders, **instance.pinned})
    pinned = {**instance.pinned, **{seat: holders[seat] for seat in running}}
    lacking: set[date] = set()
    for fault in faults(instance, plan):
        if fault.rule in (Rule.COVER_ANY, Rule.PRIMARY_REQUIRES) and fault.day is not None:
            lacking.add(fault.day)
        if fault.rule in _GAPS:
            pinned |= {
                seat: who
                for seat, who in holders.items()
                if who == fault.executive
                and (who, seat[0]) not in gone
                and _is_near(instance, seat[0], fault.day)
            }
    days = tuple(
        replace(day, cover_any=(), primary_requires=frozenset()) if day.date in lacking else day
        for day in instance.days
    )
    return replace(instance, days=days, pinned=pinned)


_GAPS = frozenset({Rule.MIN_GAP, Rule.ROLE_GAP, Rule.GAP_BEFORE_START, Rule.BACKUP_IS_PRIMARY})


def _is_near(instance: Instance, day: date, other: date | None) -> bool:
    return other is not None and abs((day - other).days) < instance.rules.min_gap_days


def _nobody(role: str) -> str:
    return f"nobody as {role}"


def _why_not(result: Result) -> str:
    if result.clash is not None:
        return result.clash.text
    return "The time was too short to find out." if result.status is Status.UNKNOWN else ""


class _Words:
    """Why a duty would go to this person, in a sentence with names and dates."""

    def __init__(self, question: Question, instance: Instance, holders: Mapping[Seat, str]) -> None:
        self.question = question
        self.instance = instance
        self.served = points_served(instance, holders)
        self.period = period_in_words(question.first, question.last)

    def of(self, seat: Seat, to: str) -> str:
        day, role = seat
        one = self.question.instance.executive[to]
        served, target = self.served[to], self.instance.targets[to]
        got, due = (served.load, target.load) if role == PRIMARY else (served.backup, target.backup)
        wish = ", and asked for it" if day in one.wanted else ""
        if day in one.avoided:
            wish = ", and would rather not serve it"
        return (
            f"{one.called} is {role} on {day_in_words(day)}: free that day{wish}; with it "
            f"{in_duties(got)} of a fair share of {in_duties(max(0, due))} {self.period}."
        )
