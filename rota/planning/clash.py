"""Why there is no plan: a smallest set of rules, dates, months and executives that cannot all be satisfied.

First the smallest stretch of the calendar that clashes in itself, then a deletion filter: whatever can be given up
while the rest still clashes is no part of the reason. What remains clashes, and does not once any one of its parts
is given up.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import TypeVar

from rota.planning.duties import DutyModel
from rota.planning.instance import Day, Instance
from rota.planning.model import Model, Outcome, Solver
from rota.planning.parts import Part, Price, Rule
from rota.planning.rows import Rows
from rota.planning.sessions import SessionModel

Element = TypeVar("Element")

SESSION_RULES = (
    Rule.SESSION_PER_DAY,
    Rule.SESSION_BUSY,
    Rule.SESSION_HOURS,
    Rule.SESSION_REQUIRES,
    Rule.SESSION_UNAVAILABLE,
    Rule.SESSION_ON_DUTY,
    Rule.SEATS,
    Rule.QUOTA,
)
GIVEN_UP_FIRST = (
    Rule.WEEKEND_NEIGHBOUR,
    Rule.MAX_CONSECUTIVE,
    Rule.CONSECUTIVE_WEEKENDS,
    Rule.MONTH_MAX,
    Rule.GAP_BEFORE_START,
    Rule.COVER_ANY,
    Rule.PRIMARY_REQUIRES,
    Rule.ROLE_GAP,
    Rule.MIN_GAP,
    Rule.MONTH_MIN,
    *SESSION_RULES,
    Rule.BACKUP_IS_PRIMARY,
    Rule.PINNED,
    Rule.UNAVAILABLE,
    Rule.COVERAGE,
)
"""The order in which rules are tried as no part of the reason: what people know best is kept as the explanation."""

OF_DATES = frozenset(
    {Rule.COVERAGE, Rule.PINNED, Rule.PRIMARY_REQUIRES, Rule.COVER_ANY, Rule.BACKUP_IS_PRIMARY}
)
OF_MONTHS = frozenset({Rule.MONTH_MIN, Rule.MONTH_MAX, Rule.QUOTA, Rule.SEATS})
OF_EXECUTIVES = frozenset(Rule) - OF_DATES - {Rule.SEATS, Rule.UNAVAILABLE}
"""Absences belong to no part of their own: they are facts about everybody, given up as one rule or not at all."""
SMALL = 45  # duty days that are looked at as a whole at once
WEEK, MONTH = 7, 31


@dataclass(frozen=True, kw_only=True)
class Demands:
    """The parts of an instance that are insisted on. None means all of them."""

    rules: frozenset[Rule]
    dates: frozenset[date] | None = None
    months: frozenset[str] | None = None
    executives: frozenset[str] | None = None

    def price(self, part: Part) -> float:
        """Infinite for what is insisted on, nothing for the rest."""
        if part.rule not in self.rules:
            return 0.0
        if part.rule in OF_DATES and self.dates is not None and part.day not in self.dates:
            return 0.0
        if part.rule in OF_MONTHS and self.months is not None and part.month not in self.months:
            return 0.0
        if (
            part.rule in OF_EXECUTIVES
            and self.executives is not None
            and part.executive not in self.executives
        ):
            return 0.0
        return inf


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A stretch of an instance that may clash in itself: its duties, or the sessions of some months, or both."""

    instance: Instance
    duties: bool = True
    session_months: tuple[str, ...] = ()

    def rows(self, price: Price) -> Rows:
        """Its demands as a model without goals."""
        sessions = self.instance.rules.sessions
        duties = DutyModel(self.instance, price=price) if self.duties else None
        if sessions is None or not self.session_months:
            return duties if duties is not None else Rows(Model(), price)
        pinned = {
            seat: who
            for seat, who in self.instance.pinned.items()
            if price(Part(Rule.PINNED, day=seat[0])) > 0
        }
        return SessionModel(
            self.instance,
            sessions,
            months=self.session_months,
            duties=duties,
            holders=None if self.duties else pinned,
            price=price,
            goals=False,
        )


@dataclass
class Judge:
    """Says whether demands clash. What the clock leaves open counts as no clash, and is noted in `sure`."""

    solver: Solver
    deadline: float
    sure: bool = True

    def clash(self, scope: Scope, demands: Demands) -> bool:
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.sure = False
            return False
        solution = self.solver(scope.rows(demands.price).model, seconds=left, first_found=True)
        if solution.outcome is Outcome.STOPPED and solution.values is None:
            self.sure = False
        return solution.outcome is Outcome.INFEASIBLE


@dataclass(frozen=True, kw_only=True)
class Core:
    """A smallest clash. `specific` says whether just these executives are meant, or everybody alike."""

    instance: Instance
    scope: Scope
    demands: Demands
    specific: bool
    sure: bool


ALL = Demands(rules=frozenset(Rule))


def find_core(instance: Instance, judge: Judge, *, duties_stand: bool = False) -> Core:
    """The smallest clash of an instance that is known to have no plan, though its duties alone may have one."""
    scopes = _with_sessions(instance) if duties_stand else _of_duties(instance)
    scope = next((scope for scope in scopes if judge.clash(scope, ALL)), whole(instance))
    rules = frozenset(Rule)
    for rule in GIVEN_UP_FIRST:
        if judge.clash(scope, Demands(rules=rules - {rule})):
            rules -= {rule}
    demands = Demands(rules=rules)
    months = [*dict.fromkeys((*scope.instance.months, *instance.rules.min_primary_months))]
    kept_months = shrink(months, lambda kept: judge.clash(scope, replace(demands, months=frozenset(kept))))
    demands = replace(demands, months=frozenset(kept_months))
    dates = [day.date for day in scope.instance.days]
    kept_dates = shrink(dates, lambda kept: judge.clash(scope, replace(demands, dates=frozenset(kept))))
    demands = replace(demands, dates=frozenset(kept_dates))
    everybody = [executive.id for executive in instance.executives]

    def without(some: Sequence[str]) -> Demands:
        return replace(demands, executives=frozenset(everybody).difference(some))

    # Three of ten who all do alike are no reason: only those without each of whom the rest could go on are named.
    named = necessary(everybody, lambda given_up: judge.clash(scope, without(given_up)))
    pointed = replace(demands, executives=frozenset(named))
    specific = judge.clash(scope, pointed)
    return Core(
        instance=instance,
        scope=scope,
        demands=pointed if specific else demands,
        specific=specific,
        sure=judge.sure,
    )


def necessary(
    elements: Sequence[Element], clashes_without: Callable[[Sequence[Element]], bool]
) -> list[Element]:
    """Those of these without each of which nothing clashes: whole groups that can be given up have none."""
    if not elements or clashes_without(elements):
        return []
    if len(elements) == 1:
        return list(elements)
    half = len(elements) // 2
    first = necessary(elements[:half], clashes_without)
    return first + necessary(elements[half:], clashes_without)


def shrink(elements: Sequence[Element], clashes: Callable[[Sequence[Element]], bool]) -> list[Element]:
    """A smallest part of these that still clashes: halves are given up first, then ever smaller pieces."""
    kept = list(elements)
    size = max(1, len(kept) // 2)
    while True:
        place = 0
        while place < len(kept):
            fewer = kept[:place] + kept[place + size :]
            if clashes(fewer):
                kept = fewer
            else:
                place += size
        if size == 1:
            return kept
        size //= 2


def whole(instance: Instance) -> Scope:
    """All of an instance at once."""
    return Scope(instance=instance, session_months=instance.months if instance.rules.sessions else ())


def _of_duties(instance: Instance) -> Iterator[Scope]:
    """Stretches whose duties may clash in themselves, smaller ones first."""
    days = instance.days
    if len(days) > SMALL:
        for width, step in ((1, 1), (WEEK, WEEK // 2), (2 * WEEK, WEEK)):
            for first in range(0, len(days) - width + 1, step):
                yield Scope(instance=_only(instance, days[first : first + width]))
        for month in instance.months:
            yield Scope(instance=_only(instance, tuple(day for day in days if day.month == month)))
    yield Scope(instance=instance)


def _with_sessions(instance: Instance) -> Iterator[Scope]:
    """Months whose sessions may clash in themselves, or with the duties of that month."""
    for month in instance.months:
        yield Scope(instance=instance, duties=False, session_months=(month,))
    for month in instance.months:
        of_month = _only(instance, tuple(day for day in instance.days if day.month == month))
        yield Scope(instance=of_month, session_months=(month,))


def _only(instance: Instance, days: tuple[Day, ...]) -> Instance:
    """These days alone, with nothing demanded of them that is not demanded within the whole."""
    dates = {day.date for day in days}
    whole = {day.month for day in days} - {day.month for day in instance.days if day.date not in dates}
    months = tuple(month for month in instance.rules.min_primary_months if month in whole)
    return replace(
        instance,
        days=days,
        rules=replace(instance.rules, min_primary_months=months),
        pinned={seat: who for seat, who in instance.pinned.items() if seat[0] in dates},
        published={},
    )
