"""A good rota where the search as a whole is too long: any rota first, then stretch by stretch and team by team.

What is left free is small enough to be solved outright; everything else stays. It proves nothing: the bound comes
from the model of the whole.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from rota.planning.duties import DutyModel
from rota.planning.fairness import add_goals, score_step
from rota.planning.instance import Instance, Seat
from rota.planning.model import Model, Outcome, Solution
from rota.planning.search import Search

ONE_TRY = 4.0
"""Seconds for one stretch or team, at least."""
STRETCH = 21  # duty days that are left free at once
TEAM = 6  # executives that are left free at once
FRUITLESS = 25  # tries without a gain after which the rota is as good as this makes it


def any_holders(instance: Instance, how: Search, *, seconds: float) -> Solution | Mapping[Seat, str]:
    """Holders that keep the rules, as good as a simpler model finds soon; or how the search for them ended."""
    deadline = time.monotonic() + seconds
    simpler = DutyModel(instance)
    add_goals(simpler, together=False)
    found = how.solver(simpler.model, seconds=seconds / 2, gap=score_step(instance) - 0.01)
    if found.values is not None or found.outcome is Outcome.INFEASIBLE or how.is_over():
        return found if found.values is None else simpler.holders(found.values)
    bare = DutyModel(instance)
    found = how.solver(bare.model, seconds=max(0.05, deadline - time.monotonic()), first_found=True)
    return found if found.values is None else bare.holders(found.values)


def polish(
    duties: DutyModel, how: Search, start: Sequence[float], *, seconds: float, enough: float
) -> Sequence[float]:
    """A solution at least as good as `start`, of a model with its goals. Ends at a cost of `enough` or below."""
    best, cost = start, duties.model.cost_of(start)
    deadline = time.monotonic() + seconds
    fruitless = 0
    one_try = max(ONE_TRY, seconds / 5)
    for free in _neighbourhoods(duties.instance):
        left = deadline - time.monotonic()
        if left <= 0 or how.is_over() or cost <= enough or fruitless >= FRUITLESS:
            return best
        held = _held(duties, best, free)
        found = how.solver(held, seconds=min(one_try, left), gap=0.99, start=best)
        fruitless += 1
        if found.values is not None and found.cost < cost - 0.5:
            best, cost, fruitless = found.values, found.cost, 0
            how.tell("polishing", cost, enough)
        if found.outcome is Outcome.INFEASIBLE:
            return best
    return best


def _neighbourhoods(instance: Instance) -> Iterator[set[tuple[str, date]]]:
    """Endlessly: stretches of the calendar and teams of executives, as (executive, date) pairs that are free."""
    chance = random.Random(1)  # noqa: S311  variety, not secrecy
    people = [executive.id for executive in instance.executives]
    days = [day.date for day in instance.days]
    while True:
        for first in range(0, len(days), STRETCH // 2 + 1):
            yield {(who, day) for who in people for day in days[first : first + STRETCH]}
        for _ in range(len(days) // STRETCH + 1):
            team = chance.sample(people, k=min(TEAM, len(people)))
            yield {(who, day) for who in team for day in days}


def _held(duties: DutyModel, values: Sequence[float], free: set[tuple[str, date]]) -> Model:
    """The same model with every seat fixed as it is but those left free."""
    model = duties.model
    lower, upper = list(model.lower), list(model.upper)
    for (who, (day, _)), column in duties.column.items():
        if (who, day) not in free:
            lower[column] = upper[column] = float(round(values[column]))
    return Model(
        cost=model.cost,
        lower=lower,
        upper=upper,
        whole=model.whole,
        row_lower=model.row_lower,
        row_upper=model.row_upper,
        row_start=model.row_start,
        index=model.index,
        value=model.value,
        constant=model.constant,
    )
