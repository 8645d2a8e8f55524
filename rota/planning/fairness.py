"""The goals of a rota as costs: squares of points away from the fair share, wishes, and what would move.

A square of whole numbers is exact as unary steps: the points an executive can reach at all, each next one dearer
than the last. Load and weekends come from the same days, so their two squares together are a choice among the
pairs of points that can be reached, which is tighter still: quarters and years are mostly proven without any
branching (250 executives and 365 days: 5 s instead of 107 s).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd, inf

from rota.planning.duties import DutyModel
from rota.planning.instance import BACKUP, POINTS, PRIMARY, Executive, Instance
from rota.planning.score import seat_cost

USUAL_MARGIN = 6
"""Ordinary duties beyond the fair share that are modelled exactly; see `add_goals`."""
MOST_PAIRS = 700


def add_goals(duties: DutyModel, *, margin: int = USUAL_MARGIN) -> None:
    """Gives the model the cost of the format's score, sessions aside.

    A plan in which somebody lies more than `margin` duties beyond the fair share may cost more than the model
    says, never less: compare with the score, and build anew with a greater margin where they differ.
    """
    instance, model = duties.instance, duties.model
    for (who, seat), column in duties.column.items():
        model.cost[column] += seat_cost(instance, instance.executive[who], seat)
    model.constant += fixed_cost(instance)
    for executive in instance.executives:
        _add_squares(duties, executive, margin)


def fixed_cost(instance: Instance) -> int:
    """What a plan with nobody in any seat would cost in wishes not met and seats that moved."""
    wanted = sum(sum(executive.wanted.values()) for executive in instance.executives)
    moved = sum(1 for _, role in instance.published if role in instance.rules.roles)
    return 2 * instance.weights.preference * wanted + instance.weights.change * moved


def score_step(instance: Instance) -> int:
    """No two plans' scores, sessions aside, differ by less than this: a bound nearer than it is a proof.

    With every seat filled the points handed out are fixed, so a sum of squares of points in units of `g` changes
    by multiples of 2g only (the sum of squares and the sum of numbers are odd or even together).
    """
    weights = instance.weights
    unit = gcd(*(day.burden for day in instance.days)) if instance.days else 0
    steps = [
        2 * unit * weights.load,
        2 * POINTS * weights.weekend,
        weights.change if instance.published else 0,
    ]
    wishes = [wish for executive in instance.executives for wish in executive.avoided.values()]
    met = [wish for executive in instance.executives for wish in executive.wanted.values()]
    steps += [2 * weights.preference * wish for wish in met + wishes]
    if instance.rules.backup:
        steps += [2 * POINTS * weights.backup, *(weights.preference * wish for wish in wishes)]
    return gcd(*steps) or 1


def _add_squares(duties: DutyModel, executive: Executive, margin: int) -> None:
    instance = duties.instance
    target = instance.targets[executive.id]
    cells = duties.cells[executive.id]
    primary = [(column, instance.day[day]) for day, column in cells[PRIMARY]]
    load = _Square([(column, day.burden) for column, day in primary], target.load, instance.weights.load)
    weekend = _Square(
        [(column, POINTS * day.off_work) for column, day in primary], target.weekend, instance.weights.weekend
    )
    pairs = _pairs(duties, load, weekend, margin)
    if pairs is not None:
        _add_pairs(duties, load, weekend, pairs)
    else:
        _add_steps(duties, load, margin)
        _add_steps(duties, weekend, margin)
    if instance.rules.backup:
        backup = _Square(
            [(column, POINTS) for _, column in cells[BACKUP]], target.backup, instance.weights.backup
        )
        _add_steps(duties, backup, margin)


@dataclass(frozen=True)
class _Square:
    """weight * (sum of points taken - target) ** 2, over (column, points) pairs."""

    points: list[tuple[int, int]]
    target: int
    weight: int

    def cost(self, total: int) -> int:
        return self.weight * (total - self.target) ** 2

    def given(self, duties: DutyModel) -> int:
        """What the pinned seats give already."""
        return sum(points for column, points in self.points if duties.is_pinned(column))


@dataclass(frozen=True)
class _Pairs:
    """The (load, weekend) points that somebody can come to; those from a load of `left_out` on are left out."""

    reached: list[tuple[int, int]]
    left_out: int | None


def _pairs(duties: DutyModel, load: _Square, weekend: _Square, margin: int) -> _Pairs | None:
    """None where there are too many to be worth a column each."""
    burdens = [
        (burden, off)
        for (column, burden), (_, off) in zip(load.points, weekend.points, strict=True)
        if not duties.is_pinned(column)
    ]
    heaviest = max((burden for burden, _ in burdens), default=0)
    given = load.given(duties), weekend.given(duties)
    # Far enough that whoever has more could give up days, weekends last, and be nearer to both targets.
    most = max(load.target, given[0], heaviest * (1 + max(0, weekend.target) // POINTS) + given[0])
    most += heaviest + margin * POINTS
    reached = {given}
    cut = False
    for (burden, off), days in Counter(burdens).items():
        grown = set(reached)
        for taken in range(1, days + 1):
            more = {
                (total + taken * burden, off_total + taken * off)
                for total, off_total in reached
                if total + taken * burden <= most
            }
            if not more:
                cut = True
                break
            grown |= more
        reached = grown
        cut = cut or max(reached)[0] + burden > most
        if len(reached) > MOST_PAIRS:
            return None
    return _Pairs(sorted(reached), most + 1 if cut else None)


def _add_pairs(duties: DutyModel, load: _Square, weekend: _Square, pairs: _Pairs) -> None:
    """One whole column for each pair of points: which one it is. Far tighter than the two squares apart, because
    load and weekends come from the same days."""
    model = duties.model
    chosen = [
        model.column(cost=load.cost(total) + weekend.cost(off), whole=True) for total, off in pairs.reached
    ]
    rows = [
        (square, list(chosen), [float(pair[which]) for pair in pairs.reached])
        for which, square in enumerate((load, weekend))
    ]
    if pairs.left_out is not None:
        # One more choice stands for all that was left out, at no more than it costs: a plan that takes it is
        # found out by its score.
        least = pairs.left_out
        beyond = model.column(cost=load.cost(least), whole=True)
        chosen.append(beyond)
        for (square, columns, values), base in zip(rows, (least, 0), strict=True):
            slope = 2 * load.weight * (least - load.target) if base else 0
            rest = model.column(cost=slope, upper=inf)
            model.row([rest, beyond], [1.0, -float(sum(points for _, points in square.points))], most=0)
            columns += [beyond, rest]
            values += [float(base), 1.0]
    model.row(chosen, least=1, most=1)
    for square, columns, values in rows:
        for column, points in square.points:
            if points:
                columns.append(column)
                values.append(-float(points))
        model.row(columns, values, least=0, most=0)


def _add_steps(duties: DutyModel, square: _Square, margin: int) -> None:
    """The points somebody can come to, one fractional column a step, each dearer than the last."""
    model = duties.model
    given = square.given(duties)
    free = [(column, points) for column, points in square.points if points and not duties.is_pinned(column)]
    model.constant += square.cost(given)
    if not square.weight or not free:
        return
    reach = reachable(given, [points for _, points in free])
    columns, values = [column for column, _ in free], [-float(points) for _, points in free]
    kept = sum(1 for total in reach if total <= max(given, square.target)) + margin
    for place, (low, high) in enumerate(pairwise(reach), start=1):
        # The last step kept stands for all that follow, at less than they cost: found out by the score.
        last = place == kept and len(reach) > kept + 1
        slope = (square.cost(high) - square.cost(low)) / (high - low)
        columns.append(model.column(cost=slope, upper=inf if last else float(high - low)))
        values.append(1.0)
        if last:
            break
    model.row(columns, values, least=0, most=0)


def reachable(given: int, burdens: Sequence[int]) -> list[int]:
    """The points that somebody can come to who has `given` and may take any of these, in order."""
    bits = 1
    for burden in burdens:
        bits |= bits << burden
    return [given + place for place in range(bits.bit_length()) if bits >> place & 1]
