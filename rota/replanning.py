"""The least disruption: what has to change hands, and no more, when somebody cannot serve published days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from people.models import Person
from rota.models import Duty, Programme


@dataclass(frozen=True)
class Move:
    """A published duty that would go to somebody else. `why` is a sentence about it."""

    duty: Duty
    to: Person
    why: str


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """The fewest moves that do, in order of days. `why_not` says in words why there are none that do ("")."""

    moves: tuple[Move, ...]
    why_not: str = ""


def least_disruption(
    *,
    programme: Programme,
    first: date,
    last: date,
    without: Collection[tuple[Person, date]],
    seconds: float = 10.0,
) -> Replanned:
    """The fewest published duties from `first` to `last`, both inclusive, that have to change hands so that none of
    `without` serves on that day; among those the fairest. Nothing is changed.

    Duties that run already stay as they are. Everybody's absences, busy days, other programmes and the gap hold;
    the monthly duty does not. Takes at most so many seconds; a constant number of queries.
    """
    raise NotImplementedError
