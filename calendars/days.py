"""What a busy calendar says, as plain values, and the dates on which its owner cannot serve. Pure arithmetic."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusyTime:
    """Time that is taken, from `start` until just before `end`, both in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that could not be understood, in a sentence that holds no word of the calendar's events.

    `dates` are those it is about, as far as they are known; they are among the reading's `blocked`.
    """

    sentence: str
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class BusyReading:
    """When the owner of a calendar is busy, and nothing else of what is in it.

    `busy`: merged, in order, within the days that were asked for; all-day events are not in it. `blocked`: the
    owner's dates that are taken whatever the hours: all-day events, and dates of something doubtful. `doubtful`:
    what could not be understood and is never read as free time.
    """

    busy: tuple[BusyTime, ...] = ()
    blocked: tuple[date, ...] = ()
    doubtful: tuple[Doubt, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For storing, and for the way out of the process that reads."""
        return {
            "busy": [[taken.start.isoformat(), taken.end.isoformat()] for taken in self.busy],
            "blocked": [day.isoformat() for day in self.blocked],
            "doubtful": [
                {"sentence": doubt.sentence, "dates": [day.isoformat() for day in doubt.dates]}
                for doubt in self.doubtful
            ],
        }

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "BusyReading":
        """What `as_json` wrote."""
        return cls(
            busy=tuple(
                BusyTime(datetime.fromisoformat(start), datetime.fromisoformat(end))
                for start, end in written["busy"]
            ),
            blocked=tuple(map(date.fromisoformat, written["blocked"])),
            doubtful=tuple(
                Doubt(doubt["sentence"], tuple(map(date.fromisoformat, doubt["dates"])))
                for doubt in written["doubtful"]
            ),
        )


@dataclass(frozen=True, slots=True)
class BusyRules:
    """A day is taken when `minutes` or more of the hours from `from_` to `to` (the owner's clock) are taken.

    `to` at midnight means the end of the day.
    """

    from_: time = time(9)
    to: time = time(17)
    minutes: int = 240

    def __post_init__(self) -> None:
        if self.to != time(0) and self.to <= self.from_:
            raise ValueError("The busy hours end before they begin: give an end after the beginning.")
        if not 1 <= self.minutes <= 24 * 60:
            raise ValueError("The busy minutes must be from 1 to 1440.")


def days_taken(
    reading: BusyReading, *, first: date, last: date, zone: ZoneInfo, rules: BusyRules = BusyRules()
) -> list[date]:
    """The dates from `first` to `last`, both included, on which the owner (whose zone it is) cannot serve."""
    blocked, busy = set(reading.blocked), reading.busy
    found = []
    place = 0
    for day, start, end in _hours(first, last, zone, rules):
        while place < len(busy) and busy[place].end <= start:
            place += 1
        touched = place < len(busy) and busy[place].start < end
        if day in blocked or (touched and _is_taken(busy, place, start, end, rules.minutes)):
            found.append(day)
    return found


def merged(times: Iterable[BusyTime]) -> list[BusyTime]:
    """The same time, in order and without overlaps: what is taken twice counts once."""
    result: list[BusyTime] = []
    for taken in sorted(times, key=lambda taken: taken.start):
        if taken.end <= taken.start:
            continue
        if result and taken.start <= result[-1].end:
            result[-1] = BusyTime(result[-1].start, max(result[-1].end, taken.end))
        else:
            result.append(taken)
    return result


def each_day(first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which that day begins there."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=16)
def _hours(
    first: date, last: date, zone: ZoneInfo, rules: BusyRules
) -> tuple[tuple[date, datetime, datetime], ...]:
    """Each day with the instants at which its hours begin and end: the same for everybody of a programme."""
    beyond = ONE_DAY if rules.to == time(0) else timedelta(0)
    return tuple(
        (
            day,
            datetime.combine(day, rules.from_, tzinfo=zone).astimezone(UTC),
            datetime.combine(day + beyond, rules.to, tzinfo=zone).astimezone(UTC),
        )
        for day in each_day(first, last)
    )


def _is_taken(busy: Sequence[BusyTime], place: int, start: datetime, end: datetime, minutes: int) -> bool:
    """Whether so many minutes pass, between the two, in time that is taken. What is before `place` is over by then.

    Where the clocks skip an hour of it there may be fewer minutes than the limit: then all of them count as enough.
    """
    taken = timedelta(0)
    while place < len(busy) and busy[place].start < end:
        taken += min(busy[place].end, end) - max(busy[place].start, start)
        place += 1
    return end > start and taken >= min(timedelta(minutes=minutes), end - start)
