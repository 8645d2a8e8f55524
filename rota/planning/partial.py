"""Where no plan keeps all the rules: the one that fills the most, keeps what protects people, and is fair besides.

First the least that stays unmet, counted by what hurts most: an empty primary seat, an empty backup seat, tags that
nobody on duty has, somebody without the monthly duty. Then, giving up no more than that, the best rota by the score.
Absences, gaps and what is pinned are never given up here. Sessions come last, as many as fit.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from rota.planning.duties import DutyModel
from rota.planning.fairness import add_goals
from rota.planning.instance import PRIMARY, Instance
from rota.planning.model import Solution
from rota.planning.narrowing import is_large, solve_narrowed
from rota.planning.parts import Part, Rule
from rota.planning.plan import Booking, Plan
from rota.planning.search import Search
from rota.planning.sessions import book_month

EMPTY_PRIMARY, EMPTY_BACKUP, NO_TAG, NO_DUTY = 1000.0, 200.0, 40.0, 20.0
NO_SESSION = 1000.0
STEP = 0.99
"""Costs are whole numbers: nearer than this is the same."""


@dataclass(frozen=True, kw_only=True)
class Partial:
    """The most of a rota that there can be, and the parts of the rules that it does not meet."""

    plan: Plan
    unmet: tuple[Part, ...]


def most_of_a_plan(instance: Instance, how: Search, *, seconds: float) -> Partial | None:
    """As much of a rota as the time allows; None where not even an empty one keeps the rules, or none was found."""
    deadline = time.monotonic() + seconds

    def left() -> float:
        return max(0.05, deadline - time.monotonic())

    bare = DutyModel(instance, price=_price)
    least = _solve(bare, how, seconds=left() * 0.5, start=None)
    if least.values is None:
        return None
    duties = DutyModel(instance, price=_price)
    bare_size = len(duties.model.cost)
    duties.budget(least.cost + 0.5, _weigh)
    add_goals(duties)
    start = _with_goals(duties, bare, least.values, bare_size)
    found = _solve(duties, how, seconds=left() * 0.8, start=start)
    values = found.values if found.values is not None else start
    if values is None:
        return None
    holders = duties.holders(values)
    unmet = [
        part
        for column, parts in duties.priced.items()
        for part in parts
        for _ in range(round(values[column]))
    ]
    sessions, short = _book(instance, Plan(holders), how)
    return Partial(plan=Plan(holders, sessions), unmet=tuple(sorted(unmet, key=_order)) + short)


def _price(part: Part) -> float:
    return _weigh(part) or inf


def _weigh(part: Part) -> float:
    """What one unit of a part counts that may stay unmet; nothing for the rest."""
    match part.rule:
        case Rule.COVERAGE:
            return EMPTY_PRIMARY if part.role == PRIMARY else EMPTY_BACKUP
        case Rule.COVER_ANY:
            return NO_TAG
        case Rule.MONTH_MIN:
            return NO_DUTY
    return 0.0


def _solve(duties: DutyModel, how: Search, *, seconds: float, start: Sequence[float] | None) -> Solution:
    def watch(cost: float, bound: float, _values: Sequence[float] | None) -> None:
        how.tell("as much as can be", cost, bound)

    if is_large(duties.model):
        return solve_narrowed(duties, how.finisher, seconds=seconds, gap=STEP, start=start, watcher=watch)
    return how.finisher(duties.model, seconds=seconds, gap=STEP, start=start, watcher=watch)


def _with_goals(
    duties: DutyModel, bare: DutyModel, values: Sequence[float], size: int
) -> Sequence[float] | None:
    """The solution without goals as one of the model with them: what was added is filled from the seats."""
    start = duties.values(bare.holders(values))
    start[:size] = [float(round(value)) for value in values]
    return start


def _book(instance: Instance, plan: Plan, how: Search) -> tuple[tuple[Booking, ...], tuple[Part, ...]]:
    """As many sessions as fit beside the duties, and who is short of how many."""
    rules = instance.rules.sessions
    if rules is None:
        return (), ()
    booked: list[Booking] = []
    short: list[Part] = []
    liked = frozenset(how.reference.sessions if how.reference is not None else ())
    for month in instance.months:
        found = book_month(
            instance,
            rules,
            month,
            holders=plan.holders,
            solver=how.finisher,
            seconds=max(3.0, how.left()),
            liked=liked,
            price=lambda part: NO_SESSION if part.rule is Rule.QUOTA else inf,
        )
        booked += found.sessions
        held = [who for who, _ in found.sessions]
        for executive in instance.executives:
            missing = executive.sessions_due(month, rules) - held.count(executive.id)
            short += [Part(Rule.QUOTA, executive=executive.id, month=month)] * missing
    return tuple(booked), tuple(short)


def _order(part: Part) -> tuple[str, str, str, str]:
    return (str(part.day or part.month), str(part.role != PRIMARY), part.rule, part.executive or "")
