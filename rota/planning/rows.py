"""Rows of a model that belong to a part: hard, priced or left out, as the price of the part says."""

from collections.abc import Sequence
from math import inf

from rota.planning.model import Model
from rota.planning.parts import Part, Price


class Rows:
    """Adds rows to a model under a price. `given` holds the columns of pinned seats, which are fixed at 1 unless
    the pins of their day were given up; `priced` says which parts a column breaks at their price."""

    def __init__(self, model: Model, price: Price) -> None:
        self.model = model
        self.price = price
        self.given: set[int] = set()
        self.priced: dict[int, tuple[Part, ...]] = {}

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
        """A row that holds unless its part is given up; a priced part may be broken at its price a unit."""
        price = self.price(part)
        if price <= 0:
            return
        indices, values = list(columns), [1.0] * len(columns)
        if price < inf:
            for bound, sign in ((least, 1.0), (most, -1.0)):
                if abs(bound) < inf:
                    slack = self.model.column(cost=price, upper=inf)
                    self.priced[slack] = (part,)
                    indices.append(slack)
                    values.append(sign)
        self.model.row(indices, values, least=least, most=most)
