"""Rows of a model that belong to a part: hard, priced or left out, as the price of the part says."""

from collections.abc import Sequence
from math import inf

from rota.planning.model import Model
from rota.planning.parts import Part, Price


class Rows:
    """Adds rows to a model under a price. `given` holds the columns that are fixed because they are pinned."""

    def __init__(self, model: Model, price: Price) -> None:
        self.model = model
        self.price = price
        self.given: set[int] = set()

    def is_pinned(self, column: int) -> bool:
        return column in self.given

    def limit(self, columns: Sequence[int], most: int, part: Part) -> None:
        """At most so many of these, of which the pinned ones are given and only the free ones can yield."""
        free = [column for column in columns if column not in self.given]
        room = max(0, most - (len(columns) - len(free)))
        if len(free) > room:
            self.bind(free, part, most=room)

    def bind(self, columns: Sequence[int], part: Part, *, least: float = -inf, most: float = inf) -> None:
        """A row that holds unless its part is given up; a priced part may be broken at its price a unit."""
        price = self.price(part)
        if price <= 0:
            return
        indices, values = list(columns), [1.0] * len(columns)
        if price < inf:
            if least > -inf:
                indices.append(self.model.column(cost=price, upper=inf))
                values.append(1.0)
            if most < inf:
                indices.append(self.model.column(cost=price, upper=inf))
                values.append(-1.0)
        self.model.row(indices, values, least=least, most=most)
