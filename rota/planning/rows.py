"""Rows of a model that belong to a part: hard, priced or left out, as the price of the part says."""

from collections.abc import Callable, Iterable, Sequence
from math import inf

from rota.planning.model import Model
from rota.planning.parts import Allowance, Part, Price


class Rows:
    """Adds rows to a model under a price. `given` holds the columns of pinned seats, which are fixed at 1 unless
    the pins of their day were given up; `priced` says which parts a column breaks at their price.

    What `allowances` cover may be broken so often at no price, where it would be hard; `grant` sees to that once all
    rows are there.
    """

    def __init__(self, model: Model, price: Price, allowances: Sequence[Allowance] = ()) -> None:
        self.model = model
        self.allowances = allowances
        self.price = _allowing(price, allowances)
        self.given: set[int] = set()
        self.priced: dict[int, tuple[Part, ...]] = {}
        self._hard = price

    def is_pinned(self, column: int) -> bool:
        return column in self.given

    def limit(self, columns: Sequence[int], most: int, part: Part) -> None:
        """At most so many of these. Pinned ones may be more among themselves; whoever is free then stays out."""
        free = [column for column in columns if column not in self.given]
        pinned = [column for column in columns if column in self.given]
        if not free:
            return
        fixed = sum(self.model.lower[column] > 0 for column in pinned)
        room = max(0, most - fixed)
        if len(free) > room:
            self.bind(free, part, most=room)
        if fixed == len(pinned):
            return
        # Pinned seats that may be given up: never stricter than while they hold.
        if most == 1:
            for column in pinned:
                self.bind([*free, column], part, most=1)
        else:
            self.bind([*free, *pinned], part, most=max(most, len(pinned)))

    def bind(self, columns: Sequence[int], part: Part, *, least: float = -inf, most: float = inf) -> None:
        """A row that holds unless its part is given up; a priced part may be broken at its price a unit.

        Of an exact number a priced row may fall short, and never has more.
        """
        price = self.price(part)
        if price <= 0:
            return
        indices, values = list(columns), [1.0] * len(columns)
        if price < inf:
            slack = self.model.column(cost=price, upper=inf)
            self.priced[slack] = (part,)
            indices.append(slack)
            values.append(1.0 if least > -inf else -1.0)
        self.model.row(indices, values, least=least, most=most)

    def grant(self) -> None:
        """Takes the price from what the allowances cover, and limits it to their units instead."""
        for allowance in self.allowances:
            counted: list[int] = []
            for column, parts in self.priced.items():
                free = [part for part in parts if allowance.covers(part) and self._hard(part) == inf]
                if free:
                    counted.append(column)
                    self.model.cost[column] -= sum(map(self.price, free))
                    self.priced[column] = tuple(part for part in parts if part not in free)
            if counted:
                self.model.row(counted, most=allowance.units)

    def budget(self, most: float, weigh: Callable[[Part], float]) -> None:
        """Takes every price away, and limits what is broken, weighed like this, to `most` instead."""
        columns, weights = [], []
        for column, parts in self.priced.items():
            if parts:
                self.model.cost[column] -= sum(map(self.price, parts))
                columns.append(column)
                weights.append(sum(map(weigh, parts)))
        self.model.row(columns, weights, most=most)


def _allowing(price: Price, allowances: Iterable[Allowance]) -> Price:
    some = tuple(allowances)
    if not some:
        return price

    def allowed(part: Part) -> float:
        cost = price(part)
        return 1.0 if cost == inf and any(allowance.covers(part) for allowance in some) else cost

    return allowed
