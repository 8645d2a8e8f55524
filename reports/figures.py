"""The kinds of figure that a report has, and the evidence behind one. Plain values: no database.

A source of figures (`reports.duties`, `reports.offers`, …) is one module and one line in `reports.month.SOURCES`. It
says which figures it has, counts them for many people at once, and lays out the events behind one of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Value = int | None
"""Whole days, whole things or whole seconds; None where there is nothing to measure (no case was accepted)."""


class Unit(StrEnum):
    """What a figure counts."""

    DAYS = "days"
    COUNT = "count"
    SECONDS = "seconds"


class Sum(StrEnum):
    """How a figure comes of the events behind it."""

    TOTAL = "total"
    MEDIAN = "median"
    P90 = "p90"


@dataclass(frozen=True)
class Figure:
    """One column of the report. `key` is its name in the API and in exports, `means` its definition in a sentence."""

    key: str
    group: str
    label: str
    unit: Unit
    means: str
    of: Sum = Sum.TOTAL


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One event behind a figure: when (an instant in UTC, or a calendar day), what, and how much of the figure it is.

    `path` is the page of the thing itself, for those who may see it; "" where it has none.
    """

    what: str
    amount: int
    at: datetime | None = None
    day: date | None = None
    path: str = ""


Counted = Mapping[int, Mapping[str, Value]]
"""Figures by key, by person's key."""


@dataclass(frozen=True)
class Source:
    """A module's figures, the count of them for everybody in a month, and the events behind one person's."""

    figures: Sequence[Figure]
    count: Callable[[Any], Counted]
    evidence: Callable[[Any, int, str], list[Evidence]]


def median(amounts: Sequence[int]) -> Value:
    """The middle one, or the mean of the two in the middle, a half rounded up; None of nothing."""
    if not amounts:
        return None
    ordered = sorted(amounts)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle] + 1) // 2


def percentile_90(amounts: Sequence[int]) -> Value:
    """The least that nine in ten do not exceed (nearest rank); None of nothing."""
    if not amounts:
        return None
    ordered = sorted(amounts)
    return ordered[-(-9 * len(ordered) // 10) - 1]


def summed(figure: Figure, evidence: Sequence[Evidence]) -> Value:
    """The figure that these events give."""
    amounts = [one.amount for one in evidence]
    if figure.of is Sum.MEDIAN:
        return median(amounts)
    if figure.of is Sum.P90:
        return percentile_90(amounts)
    return sum(amounts)
