"""The ladder: whose phone rings next, how, and for how long. Pure: no database and no clock.

A ladder is a list of rungs. A rung names a seat ("primary", "backup", "fallback") and rings its people one after
another, or all at once where it says so. Administrators are always the last rung, all at once by call, text and
e-mail. Nobody who passed is rung again; a person whose phone rings for another case is waited for, unless this case
is graver and somebody else is left; and when everybody was tried the whole ladder is climbed again, ever slower,
until somebody accepts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Who(StrEnum):
    PRIMARY = "primary"
    BACKUP = "backup"
    FALLBACK = "fallback"
    ADMINISTRATORS = "administrators"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder. `ring_seconds` of None means the programme's own."""

    who: Who
    by: tuple[str, ...]
    at_once: bool = False
    ring_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who sits where at this instant, by person id, each list in its order."""

    primary: int | None = None
    backups: tuple[int, ...] = ()
    fallback: tuple[int, ...] = ()
    administrators: tuple[int, ...] = ()

    def everybody(self) -> tuple[int, ...]:
        """Each person of the roster once, in the order of the ladder."""
        first = () if self.primary is None else (self.primary,)
        return tuple(dict.fromkeys((*first, *self.backups, *self.fallback, *self.administrators)))

    def people(self, who: Who) -> tuple[int, ...]:
        match who:
            case Who.PRIMARY:
                return () if self.primary is None else (self.primary,)
            case Who.BACKUP:
                return self.backups
            case Who.FALLBACK:
                return self.fallback
            case Who.ADMINISTRATORS:
                return self.administrators


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one case has climbed.

    `attempted` holds (rung, person) of this round; `engaged` maps a person whose phone another case has to the
    gravity of that case, below 0 where it is a talk that nobody waits for; `waited` is how long, in seconds, this
    case has waited for a phone since one last rang.
    """

    gravity: int = 0
    round: int = 0
    attempted: frozenset[tuple[int, int]] = frozenset()
    passed: frozenset[int] = frozenset()
    engaged: Mapping[int, int] = field(default_factory=dict)
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Page these people now, over these channels; go on after `seconds` unless somebody answers."""

    rung: int
    who: Who
    people: tuple[int, ...]
    by: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class WaitForPhone:
    """This person's phone rings for another case: look again after `seconds`."""

    person: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Everybody was tried: climb the whole ladder again after `seconds`."""

    seconds: int


Step = Ring | WaitForPhone | Exhausted
_Group = tuple[int, Rung, tuple[int, ...]]

PATIENCE_SECONDS = 60
LOOK_AGAIN_SECONDS = 10
SHORTEST_RING_SECONDS = 12
RETRY_MINUTES = (3, 5, 10, 20, 30)
_HASTE = (1.0, 0.85, 0.7, 0.7)


def read_rungs(stored: Sequence[Mapping[str, Any]]) -> tuple[Rung, ...]:
    """The ladder of a programme as it is kept in `Programme.rungs`, with the administrators' rung put last."""
    rungs = [
        Rung(
            who=Who(rung["who"]),
            by=tuple(rung["by"]),
            at_once=bool(rung.get("at_once", False)),
            ring_seconds=rung.get("ring_seconds"),
        )
        for rung in stored
    ]
    return (*rungs, Rung(who=Who.ADMINISTRATORS, by=("call", "text", "email"), at_once=True))


def hasten(seconds: float, gravity: int) -> float:
    """Waits grow shorter for graver cases: high 15 %, critical and public risk 30 %."""
    return seconds * _HASTE[max(0, min(gravity, 3))]


def ring_time(seconds: int, gravity: int) -> int:
    """How long a phone rings, in whole seconds: never too short for a hand to find it."""
    return max(round(hasten(seconds, gravity)), min(seconds, SHORTEST_RING_SECONDS))


def retry_seconds(completed_round: int, gravity: int) -> int:
    """How long to wait after a round in which nobody accepted."""
    return round(hasten(60 * RETRY_MINUTES[min(completed_round, len(RETRY_MINUTES) - 1)], gravity))


def next_step(*, rungs: Sequence[Rung], roster: Roster, standing: Standing, ring_seconds: int) -> Step:
    """The one thing to do now for a case that nobody has accepted."""
    groups = list(_groups(rungs, roster))
    engaged: list[int] = []
    for place, (index, rung, group) in enumerate(groups):
        left = [p for p in group if (index, p) not in standing.attempted and p not in standing.passed]
        free = [p for p in left if p not in standing.engaged]
        if free:
            seconds = ring_time(rung.ring_seconds or ring_seconds, standing.gravity)
            return Ring(rung=index, who=rung.who, people=tuple(free), by=rung.by, seconds=seconds)
        awaited = _worth_waiting(left, standing, at_least=standing.gravity)
        if awaited and not _climbed(groups[place:], standing):
            return WaitForPhone(person=awaited[0], seconds=LOOK_AGAIN_SECONDS)
        engaged += left
    # Nobody else is left: a phone that rings for any other case is free sooner than the next round begins.
    awaited = _worth_waiting(engaged, standing, at_least=0)
    if awaited:
        return WaitForPhone(person=awaited[0], seconds=LOOK_AGAIN_SECONDS)
    return Exhausted(seconds=retry_seconds(standing.round, standing.gravity))


def _groups(rungs: Sequence[Rung], roster: Roster) -> Iterator[_Group]:
    """Who rings together, in the order of climbing."""
    for index, rung in enumerate(rungs):
        people = tuple(dict.fromkeys(roster.people(rung.who)))
        if rung.at_once:
            yield index, rung, people
        else:
            yield from ((index, rung, (person,)) for person in people)


def _worth_waiting(engaged: Collection[int], standing: Standing, *, at_least: int) -> list[int]:
    """Two cases for one officer: the second waits for the first answer, unless it is graver or waited enough."""
    if standing.waited >= PATIENCE_SECONDS:
        return []
    return [person for person in engaged if standing.engaged[person] >= at_least]


def _climbed(groups: Sequence[_Group], standing: Standing) -> bool:
    """Whether somebody of these was rung already: then nobody before them is waited for once more."""
    return any((index, person) in standing.attempted for index, _, group in groups for person in group)
