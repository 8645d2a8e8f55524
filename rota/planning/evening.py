"""Among plans of one score, the one in which whoever is primary more often is backup less often.

The score shares primary days and backup days each for itself. People count both: of two plans that are as good, the
one in which nobody is ahead in both is the fairer. The primaries stay; the backups are seated anew at no price.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rota.planning.breaches import faults
from rota.planning.duties import DutyModel
from rota.planning.fairness import score_step
from rota.planning.instance import POINTS, PRIMARY, Instance
from rota.planning.narrowing import is_large
from rota.planning.plan import Plan
from rota.planning.score import points_served, score, seat_cost
from rota.planning.search import Search

EVENNESS, LIKENESS = 0.4, 0.2
"""Parts of the score's smallest step: together they never outweigh it."""
SECONDS = 5.0


def even_out(instance: Instance, plan: Plan, how: Search) -> Plan:
    """A plan of the same score, at least as even. A year of hundreds, where it would take long, stays as it is."""
    if not instance.rules.backup or how.is_over():
        return plan
    primaries = {seat: who for seat, who in plan.holders.items() if seat[1] == PRIMARY}
    duties = DutyModel(replace(instance, pinned={**instance.pinned, **primaries}))
    if is_large(duties.model):
        return plan
    uneven = _unevenness(instance, plan)
    step = score_step(instance)
    weight = EVENNESS * step / max(1, uneven)
    _add_goals(duties, instance, plan, weight)
    liked = how.reference.holders if how.reference is not None else plan.holders
    for seat, who in liked.items():
        if seat[1] != PRIMARY and (who, seat) in duties.column:
            duties.model.cost[duties.column[who, seat]] -= LIKENESS * step / len(liked)
    found = how.finisher(
        duties.model,
        seconds=min(SECONDS, how.left()),
        gap=min(weight, LIKENESS * step / (2 * len(liked))),
        start=duties.values(plan.holders),
    )
    if found.values is None:
        return plan
    evened = replace(plan, holders=duties.holders(found.values))
    as_good = score(instance, evened) <= score(instance, plan)
    sound = set(faults(instance, evened)) <= set(faults(instance, plan))
    return evened if as_good and sound and _unevenness(instance, evened) <= uneven else plan


def _unevenness(instance: Instance, plan: Plan) -> int:
    """The squares of all points beyond the fair share, primary and backup together."""
    served, targets = points_served(instance, plan.holders), instance.targets
    return sum(
        (served[who].load + served[who].backup - targets[who].load - targets[who].backup) ** 2
        for who in targets
    )


def _add_goals(duties: DutyModel, instance: Instance, plan: Plan, weight: float) -> None:
    """The backups' part of the score, and the evenness: both are squares of the same few whole numbers."""
    model = duties.model
    served, targets = points_served(instance, plan.holders), instance.targets
    for executive in instance.executives:
        columns: list[int] = []
        for role in instance.rules.roles[1:]:
            for day, column in duties.cells[executive.id][role]:
                model.cost[column] += seat_cost(instance, executive, (day, role))
                columns.append(column)
        target, load = targets[executive.id], served[executive.id].load
        both = target.load + target.backup - load
        costs = [
            instance.weights.backup * (POINTS * many - target.backup) ** 2
            + weight * (POINTS * many - both) ** 2
            for many in range(len(columns) + 1)
        ]
        _add_steps(duties, columns, costs)


def _add_steps(duties: DutyModel, columns: Sequence[int], costs: Sequence[float]) -> None:
    """Each further one of these columns costs as much more: convex, so that the steps fill in their order."""
    if not columns:
        return
    steps = [duties.model.column(cost=after - before) for before, after in pairwise(costs)]
    duties.model.constant += costs[0]
    duties.model.row([*columns, *steps], [*([-1.0] * len(columns)), *([1.0] * len(steps))], least=0, most=0)

    def fill(values: list[float]) -> None:
        taken = sum(values[column] > 0.5 for column in columns)
        for place, step in enumerate(steps):
            values[step] = float(place < taken)

    duties.fillers.append(fill)
