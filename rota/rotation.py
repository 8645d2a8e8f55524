"""A plain, fair rotation of officers over duty days. Pure: no database, no clock.

Day by day, each seat goes to whoever has served least, then sat there least, then rested longest. Nobody sits
twice on a day; two primary days of one officer are at least `min_gap_days` days apart, and other duties are as
far as there are enough officers. What cannot be met is said, not hidden.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

PRIMARY = 0


@dataclass(frozen=True)
class Seat:
    """One seat of one duty day; `person` is an id. Seat 0 is the primary."""

    day: date
    seat: int
    person: int


@dataclass(frozen=True)
class Unmet:
    """A seat that stays empty, and why."""

    day: date
    seat: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """The whole plan. `served` counts the duties of each member in it."""

    seats: tuple[Seat, ...]
    unmet: tuple[Unmet, ...]
    served: Mapping[int, int]


@dataclass
class _Tally:
    """What somebody has served so far."""

    duties: int = 0
    by_seat: dict[int, int] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)


def rotate(
    *,
    days: Sequence[date],
    members: Mapping[date, Sequence[int]],
    seats: int,
    min_gap_days: int,
    before: Mapping[int, Mapping[date, int]] | None = None,
) -> Rotation:
    """Seats members on duty days. `members` names, for each day, the ids of those who may serve.

    `before` has the days of duties that are published already, with their seats: the rest between duties
    respects them, but they do not count as served. Such a day is not among `days`.
    """
    tallies: dict[int, _Tally] = {}
    for person in sorted({person for day in days for person in members[day]}):
        tallies[person] = _Tally(days=dict((before or {}).get(person, {})))
    taken: list[Seat] = []
    unmet: list[Unmet] = []
    for day in sorted(days):
        seated: set[int] = set()
        for seat in range(seats):
            free = {p: tallies[p] for p in members[day] if p not in seated}
            if seat == PRIMARY:
                free = {p: tally for p, tally in free.items() if _rested(tally, day, min_gap_days, {PRIMARY})}
            if not free:
                unmet.append(Unmet(day, seat, _why(members[day], seated, min_gap_days)))
                continue
            person = min(free, key=lambda p: _claim(p, free[p], day, seat, min_gap_days))
            seated.add(person)
            taken.append(Seat(day, seat, person))
            _serve(tallies[person], day, seat)
    served = {person: tally.duties for person, tally in tallies.items()}
    return Rotation(seats=tuple(taken), unmet=tuple(unmet), served=served)


def _rested(tally: _Tally, day: date, min_gap_days: int, seats: Collection[int] | None = None) -> bool:
    """Whether this day is so many days from every duty of theirs in these seats (any), before or after."""
    return all(
        abs((day - other).days) >= min_gap_days
        for other, seat in tally.days.items()
        if seats is None or seat in seats
    )


def _claim(
    person: int, tally: _Tally, day: date, seat: int, min_gap_days: int
) -> tuple[bool, int, int, date, int]:
    """Whose turn it is: the least of these. The id decides last, so that a plan can be made again."""
    tired = not _rested(tally, day, min_gap_days)
    last = max(tally.days, default=date.min)
    return (tired, tally.duties, tally.by_seat.get(seat, 0), last, person)


def _serve(tally: _Tally, day: date, seat: int) -> None:
    tally.duties += 1
    tally.by_seat[seat] = tally.by_seat.get(seat, 0) + 1
    tally.days[day] = seat


def _why(members: Sequence[int], seated: set[int], min_gap_days: int) -> str:
    if not members:
        return "nobody is a member on this day"
    if len(members) <= len(seated):
        return f"there are only {len(members)} members for this day's seats"
    return f"everybody else was or is primary less than {min_gap_days} days away"
