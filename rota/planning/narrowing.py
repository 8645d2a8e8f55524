"""A large model solved through small ones: years in seconds, and proven as often as not.

The model without its whole numbers (a linear programme, quickly solved) bounds every rota from below, and its reduced
costs say what each seat given to each person adds at least. So a few candidates a seat are enough to find a rota that
is nearly always the best one; and whatever adds more than that rota lies above the bound can be left out of the search
for a better one, without losing any (reduced cost fixing: Dantzig, Fulkerson and Johnson 1954).
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf

from rota.planning.duties import DutyModel
from rota.planning.instance import Seat
from rota.planning.model import Model, Outcome, Solution, Solver, Watcher

LARGE = 15_000
"""Free columns from which on this is quicker (measured: 250 executives and 365 days in 8 s instead of 76)."""
CANDIDATES = 12
"""For a seat: more would find the best rota no more often."""
NEAR = 1e-3  # as far as reduced costs are exact


def is_large(model: Model) -> bool:
    """Whether so much is free that a solver is better not given the whole at once."""
    return sum(low < high for low, high in zip(model.lower, model.upper, strict=True)) >= LARGE


def solve_narrowed(
    duties: DutyModel,
    solver: Solver,
    *,
    seconds: float,
    gap: float,
    start: Sequence[float] | None = None,
    watcher: Watcher | None = None,
    candidates: int = CANDIDATES,
) -> Solution:
    """As a `Solver` solves a model. STOPPED with nothing but a bound where the time was too short for more."""
    model = duties.model
    deadline = time.monotonic() + seconds

    def left() -> float:
        return max(0.05, deadline - time.monotonic())

    relaxed = solver(replace(model, whole=[False] * len(model.whole)), seconds=left())
    if relaxed.values is None or relaxed.reduced is None or relaxed.outcome is not Outcome.OPTIMAL:
        if relaxed.outcome is Outcome.INFEASIBLE:
            return relaxed
        return Solution(outcome=Outcome.STOPPED, values=start, cost=_cost(model, start))
    floor = relaxed.cost
    if watcher is not None:
        watcher(_cost(model, start), floor, None)
    few = _few(duties, relaxed.values, relaxed.reduced, start, candidates)
    found = solver(few, seconds=left(), gap=gap, start=start, watcher=_capped(watcher, floor), thorough=True)
    best = found.values if found.values is not None else start
    if best is None:
        return solver(model, seconds=left(), gap=gap, watcher=watcher)
    cost = model.cost_of(best)
    room = cost - floor - gap
    if room <= 0:
        return Solution(outcome=Outcome.OPTIMAL, values=best, cost=cost, bound=min(cost, floor))
    # Whatever is left out makes a rota that is better by no more than the gap, if at all.
    beyond = cost - gap
    rest = _without(model, relaxed.reduced, room)
    better = solver(
        rest,
        seconds=left(),
        gap=gap,
        start=best if _lies_in(rest, best) else None,
        watcher=_capped(watcher, beyond),
        thorough=True,
    )
    bound = beyond if better.outcome is Outcome.INFEASIBLE else max(floor, min(better.bound, beyond))
    if better.values is not None and better.cost < cost:
        best, cost = better.values, better.cost
    stopped = better.outcome is Outcome.STOPPED and cost - bound > gap + NEAR
    return Solution(
        outcome=Outcome.STOPPED if stopped else Outcome.OPTIMAL,
        values=best,
        cost=cost,
        bound=min(cost, bound),
    )


def _few(
    duties: DutyModel,
    values: Sequence[float],
    reduced: Sequence[float],
    start: Sequence[float] | None,
    candidates: int,
) -> Model:
    """The model with a few candidates a seat: whom the linear programme or the start took, and the cheapest."""
    chance = random.Random(1)  # noqa: S311  variety, not secrecy
    by_seat: dict[Seat, list[int]] = defaultdict(list)
    for (_, seat), column in duties.column.items():
        by_seat[seat].append(column)
    upper = list(duties.model.upper)
    for columns in by_seat.values():
        chance.shuffle(columns)
        columns.sort(key=lambda column: round(reduced[column] / NEAR))
        for column in columns[candidates:]:
            taken = values[column] > NEAR or (start is not None and start[column] > 0.5)
            if not taken:
                upper[column] = duties.model.lower[column]
    return replace(duties.model, upper=upper)


def _without(model: Model, reduced: Sequence[float], room: float) -> Model:
    """The model with each column held at its bound whose leaving it would cost more than `room`."""
    lower, upper = list(model.lower), list(model.upper)
    for column, cost in enumerate(reduced):
        if model.whole[column] and cost > room + NEAR:
            upper[column] = lower[column]
        elif model.whole[column] and cost < -room - NEAR:
            lower[column] = upper[column]
    return replace(model, lower=lower, upper=upper)


def _lies_in(model: Model, values: Sequence[float]) -> bool:
    bounds: Iterable[tuple[float, float, float]] = zip(model.lower, values, model.upper, strict=True)
    return all(low - NEAR <= value <= high + NEAR for low, value, high in bounds)


def _capped(watcher: Watcher | None, most: float) -> Watcher | None:
    """What is told of a part of the model bounds the whole no better than this."""
    if watcher is None:
        return None
    tell = watcher
    return lambda cost, bound, values: tell(cost, min(bound, most), values)


def _cost(model: Model, values: Sequence[float] | None) -> float:
    return inf if values is None else model.cost_of(values)
