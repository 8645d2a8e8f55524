"""A linear model with whole and fractional columns, as plain arrays: what a solver is given and gives back.

The solver itself is known to `rota/planner.py` alone; everything else takes it as a `Solver`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from operator import mul
from typing import Protocol


@dataclass
class Model:
    """Minimise cost · columns, each within its bounds, each row within its own. Rows are kept one after another."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    row_start: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    constant: float = 0.0

    def column(
        self, *, cost: float = 0.0, lower: float = 0.0, upper: float = 1.0, whole: bool = False
    ) -> int:
        """Adds a column and returns its place."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(
        self,
        columns: Sequence[int],
        values: Sequence[float] | None = None,
        *,
        least: float = -inf,
        most: float = inf,
    ) -> None:
        """Adds a row: the weighted sum of these columns (weight 1 where no values are given)."""
        self.index.extend(columns)
        self.value.extend(values if values is not None else [1.0] * len(columns))
        self.row_start.append(len(self.index))
        self.row_lower.append(least)
        self.row_upper.append(most)

    def cost_of(self, values: Sequence[float]) -> float:
        """What these values of the columns cost."""
        return self.constant + float(sum(map(mul, self.cost, values)))


class Outcome(StrEnum):
    """How a run of the solver ended."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"  # by the clock or by hand: the best so far, if any
    INFEASIBLE = "infeasible"


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What the solver found. `bound` is what no solution can undercut; `values` is None where none was found.

    `reduced` has the reduced cost of each column where the model had no whole ones and was solved to its optimum.
    """

    outcome: Outcome
    values: Sequence[float] | None
    cost: float = inf
    bound: float = -inf
    reduced: Sequence[float] | None = None


Watcher = Callable[[float, float, Sequence[float] | None], None]
"""Told of progress: the cost of the best so far (inf for none), the bound, and the best itself when it is new."""


class Solver(Protocol):
    """Solves a model, or says how far it came."""

    def __call__(
        self,
        model: Model,
        *,
        seconds: float,
        gap: float = 0.0,
        start: Sequence[float] | None = None,
        watcher: Watcher | None = None,
        first_found: bool = False,
        thorough: bool = False,
    ) -> Solution:
        """`gap` is the difference between cost and bound that counts as optimal; `start` is a known solution;
        with `first_found` any solution ends the search; `thorough` takes its time to make a large model smaller."""
        ...
