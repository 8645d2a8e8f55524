"""The parts that an instance's demands are made of, so that any of them can be given up or priced alone.

A model is built under a `Price`: what breaking a part costs. Infinite, as usual, makes it a hard rule; 0 leaves
it out; anything between makes it elastic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import inf
from typing import NamedTuple


class Rule(StrEnum):
    """The hard rules, by the format's names."""

    COVERAGE = "coverage"
    PINNED = "pinned"
    UNAVAILABLE = "unavailable"
    PRIMARY_REQUIRES = "primary_requires"
    COVER_ANY = "cover_any"
    BACKUP_IS_PRIMARY = "backup_is_primary"
    MIN_GAP = "min_gap"
    ROLE_GAP = "role_gap"
    GAP_BEFORE_START = "gap_before_start"
    MONTH_MIN = "month_min"
    MONTH_MAX = "month_max"
    CONSECUTIVE_WEEKENDS = "consecutive_weekends"
    MAX_CONSECUTIVE = "max_consecutive"
    WEEKEND_NEIGHBOUR = "weekend_neighbour"
    QUOTA = "quota"
    SEATS = "seats"
    SESSION_ON_DUTY = "session_on_duty"
    SESSION_UNAVAILABLE = "session_unavailable"
    SESSION_HOURS = "session_hours"
    SESSION_BUSY = "session_busy"
    SESSION_PER_DAY = "session_per_day"
    SESSION_REQUIRES = "session_requires"  # ours: the format's slots require nothing


class Part(NamedTuple):
    """One demand: a rule, and the date, executive, month and role that it is about (None where it is about none)."""

    rule: Rule
    day: date | None = None
    executive: str | None = None
    month: str | None = None
    role: str | None = None


Price = Callable[[Part], float]


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Up to `units` of a rule may be broken: what somebody who may has given up. None is any day, month or person."""

    rule: Rule
    units: int
    day: date | None = None
    month: str | None = None
    executives: frozenset[str] | None = None

    def covers(self, part: Part) -> bool:
        return (
            part.rule is self.rule
            and self.day in (None, part.day)
            and self.month in (None, part.month)
            and (self.executives is None or part.executive in self.executives)
        )


def all_hard(_part: Part) -> float:
    """Every rule holds."""
    return inf
