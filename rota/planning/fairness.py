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
from rota.planning.instance import POINTS, PRIMARY, Executive, Instance
from rota.planning.score import seat_cost

USUAL_MARGIN = 4
"""Ordinary duties beyond the fair share that are modelled exactly; see `add_goals`."""
MOST_PAIRS = 200
"""Where an executive can come to more pairs of points than this, the squares apart are as tight, and lighter."""


def add_goals(duties: DutyModel, *, margin: int = USUAL_MARGIN, together: bool = True) -> None:
    """Gives the model the cost of the format's score, sessions aside.

    A plan in which somebody lies more than `margin` duties beyond the fair share may cost more than the model
    says, never less: compare with the score, and build anew with a greater margin where they differ. Loads and
    weekends apart (not `together`) are a weaker model in which some rota is found sooner.
    """
    instance, model = duties.instance, duties.model
    for (who, seat), column in duties.column.items():
        model.cost[column] += seat_cost(instance, instance.executive[who], seat)
    model.constant += fixed_cost(instance)
    for executive in instance.executives:
        _add_squares(duties, executive, margin, together)


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


def _add_squares(duties: DutyModel, executive: Executive, margin: int, together: bool) -> None:
    instance = duties.instance
    target = instance.targets[executive.id]
    cells = duties.cells[executive.id]
    primary = [(column, instance.day[day]) for day, column in cells[PRIMARY]]
    load = _Square([(column, day.burden) for column, day in primary], target.load, instance.weights.load)
    weekend = _Square(
        [(column, POINTS * day.off_work) for column, day in primary], target.weekend, instance.weights.weekend
    )
    usual = sum(day.burden for day in instance.days) // len(instance.days)
    reach = margin * max(POINTS, usual)
    axes = [
        _axis(square, width, least=square.given(duties), most=sum(points for _, points in square.points))
        for square, width in ((load, reach), (weekend, reach // 2))
    ]
    pairs = _places(duties, *axes) if together else set()
    if 0 < len(pairs) <= MOST_PAIRS:
        _add_pairs(duties, sorted(pairs), *axes)
    else:
        _add_steps(duties, load, margin)
        _add_steps(duties, weekend, margin)
    if instance.rules.backup:
        seats = [column for role in instance.rules.roles if role != PRIMARY for _, column in cells[role]]
        backup = _Square([(column, POINTS) for column in seats], target.backup, instance.weights.backup)
        _add_steps(duties, backup, margin)


@dataclass(frozen=True, eq=False)
class _Square:
    """weight * (sum of points taken - target) ** 2, over (column, points) pairs."""

    points: list[tuple[int, int]]
    target: int
    weight: int

    def cost(self, total: int) -> int:
        return self.weight * (total - self.target) ** 2

    def taken(self, values: Sequence[float]) -> int:
        """The points of a solution."""
        return sum(points for column, points in self.points if values[column] > 0.5)

    def given(self, duties: DutyModel) -> int:
        """What the pinned seats give already."""
        return sum(points for column, points in self.points if duties.is_pinned(column))


@dataclass(frozen=True, eq=False)
class _Axis:
    """One coordinate of the pairs: totals from `low` to `high` are told apart, and what lies outside is one choice
    on either side, at the cost of its nearest total and of a line that the square never falls below."""

    square: _Square
    low: int
    high: int

    def place(self, total: int) -> int:
        """The total, or the one that stands for all of its side."""
        return min(max(total, self.low - 1), self.high + 1)

    def is_outside(self, total: int) -> bool:
        return not self.low <= total <= self.high

    def slope(self, total: int) -> int:
        return 2 * self.square.weight * abs(total - self.square.target)


def _axis(square: _Square, margin: int, *, least: int, most: int) -> _Axis:
    """So many points about the target, within what can be reached."""
    target = min(max(square.target, least), most)
    return _Axis(square, max(least, target - margin), min(most, target + margin))


def _places(duties: DutyModel, load: _Axis, weekend: _Axis) -> set[tuple[int, int]]:
    """The (load, weekend) points that somebody can come to, those outside the axes as their sides."""
    free = Counter(
        (burden, off)
        for (column, burden), (_, off) in zip(load.square.points, weekend.square.points, strict=True)
        if not duties.is_pinned(column)
    )
    reached = {(load.square.given(duties), weekend.square.given(duties))}
    for (burden, off), days in free.items():
        grown = set(reached)
        for _ in range(days):
            # Whoever is past both axes stays there: no more totals than there are places beside them.
            reached = {
                (min(total + burden, load.high + 1), min(off_total + off, weekend.high + 1))
                for total, off_total in reached
            }
            if reached <= grown:
                break
            grown |= reached
        reached = grown
    return {(load.place(total), weekend.place(off)) for total, off in reached}


def _add_pairs(duties: DutyModel, pairs: list[tuple[int, int]], load: _Axis, weekend: _Axis) -> None:
    """One whole column for each pair of points: which one it is. Far tighter than the two squares apart, because
    load and weekends come from the same days."""
    model = duties.model
    chosen = [
        model.column(cost=load.square.cost(total) + weekend.square.cost(off), whole=True)
        for total, off in pairs
    ]
    model.row(chosen, least=1, most=1)
    rests: dict[tuple[_Axis, int], int] = {}
    for axis, totals in ((load, [total for total, _ in pairs]), (weekend, [off for _, off in pairs])):
        columns, values = list(chosen), [float(total) for total in totals]
        everything = sum(points for _, points in axis.square.points)
        for edge, sign in ((axis.low - 1, -1.0), (axis.high + 1, 1.0)):
            beyond = [column for column, total in zip(chosen, totals, strict=True) if total == edge]
            if beyond:
                rest = model.column(cost=axis.slope(edge), upper=inf)
                model.row([rest, *beyond], [1.0, *([-float(everything)] * len(beyond))], most=0)
                rests[axis, edge] = rest
                columns.append(rest)
                values.append(sign)
        for column, points in axis.square.points:
            if points:
                columns.append(column)
                values.append(-float(points))
        model.row(columns, values, least=0, most=0)

    def fill(values: list[float]) -> None:
        taken = [(axis, axis.square.taken(values)) for axis in (load, weekend)]
        values[chosen[pairs.index((load.place(taken[0][1]), weekend.place(taken[1][1])))]] = 1.0
        for axis, total in taken:
            rest = rests.get((axis, axis.place(total)))
            if rest is not None:
                values[rest] = float(abs(total - axis.place(total)))

    duties.fillers.append(fill)


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
    steps = columns[len(free) :]

    def fill(values: list[float]) -> None:
        left = float(square.taken(values) - given)
        for step in steps:
            values[step] = min(left, model.upper[step])
            left -= values[step]

    duties.fillers.append(fill)


def reachable(given: int, burdens: Sequence[int]) -> list[int]:
    """The points that somebody can come to who has `given` and may take any of these, in order."""
    bits = 1
    for burden in burdens:
        bits |= bits << burden
    return [given + place for place in range(bits.bit_length()) if bits >> place & 1]
