"""What a search is given and what it finds, and one run of the solver with the last draft as a tie-breaker."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf
from threading import Event

from rota.planning.duties import DutyModel
from rota.planning.fairness import USUAL_MARGIN
from rota.planning.model import Outcome, Solution, Solver
from rota.planning.narrowing import is_large, solve_narrowed
from rota.planning.plan import Plan

LIKENESS = 0.75
"""Part of the score's smallest step that all differences from the last draft weigh together: they break ties and
never outweigh the score."""


class Status(StrEnum):
    """What is known of a plan. Only what is proven is called optimal."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the search is. `cost` is inf while nothing was found; `gap` is (cost - bound) / cost."""

    stage: str
    cost: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        return gap_between(self.cost, self.bound)


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search may use: a solver that can be stopped, one that cannot (to finish what is begun), seconds,
    the last draft as a soft reference, an event that ends it early, and somebody to tell of progress."""

    solver: Solver
    finisher: Solver
    seconds: float
    reference: Plan | None = None
    stop: Event | None = None
    on_progress: Callable[[Progress], None] | None = None
    began: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        return max(0.05, self.began + self.seconds - time.monotonic())

    def is_over(self) -> bool:
        return (self.stop is not None and self.stop.is_set()) or time.monotonic() >= self.began + self.seconds

    def tell(self, stage: str, cost: float, bound: float) -> None:
        if self.on_progress is not None:
            seconds = time.monotonic() - self.began
            self.on_progress(Progress(stage=stage, cost=cost, bound=bound, seconds=seconds))


@dataclass(frozen=True, kw_only=True)
class Found:
    """The end of a search: a plan or none, and what no plan can undercut."""

    status: Status
    plan: Plan | None = None
    bound: float = -inf
    values: Sequence[float] | None = None  # of the duty model's columns
    margin: int = USUAL_MARGIN
    duties_stand: bool = False  # of an infeasible instance: whether the duties alone have a plan


def gap_between(cost: float, bound: float) -> float:
    """The relative gap, 0 to 1: how much of the cost might still be saved."""
    if cost <= bound:
        return 0.0
    if cost == inf or bound == -inf:
        return 1.0
    return min(1.0, (cost - bound) / max(1.0, abs(cost)))


def solve_near_draft(
    duties: DutyModel,
    how: Search,
    *,
    seconds: float,
    stage: str,
    step: int,
    start: Sequence[float] | None = None,
    other: int = 0,
) -> Solution:
    """Solves with the last draft as a tie-breaker. Costs and bounds are those of the score; `other` is what its
    parts outside the model cost, for the words on progress."""
    model = duties.model
    draft = how.reference.holders if how.reference is not None else {}
    liked = [duties.column[who, seat] for seat, who in draft.items() if (who, seat) in duties.column]
    gap = step - 0.01
    if liked:
        # A plan that is dearer by a step stays dearer, however alike it is to the draft.
        gap = step * (1 - LIKENESS) - 0.01
        for column in liked:
            model.cost[column] -= step * LIKENESS / len(liked)
        model.constant += step * LIKENESS

    def watch(cost: float, bound: float, _values: Sequence[float] | None) -> None:
        how.tell(stage, cost + other, bound + other)

    if is_large(model):
        solution = solve_narrowed(duties, how.solver, seconds=seconds, gap=gap, start=start, watcher=watch)
    else:
        solution = how.solver(model, seconds=seconds, gap=gap, start=start, watcher=watch)
    if liked:
        for column in liked:
            model.cost[column] += step * LIKENESS / len(liked)
        model.constant -= step * LIKENESS
    if solution.values is None:
        return solution
    cost = model.cost_of(solution.values)
    bound = solution.bound - (step * LIKENESS if liked else 0)
    if solution.outcome is Outcome.OPTIMAL or cost - bound < step:
        bound = cost
    return replace(solution, cost=cost, bound=bound)
