"""What people's own calendars say: days that are taken and times at which they are busy, as last read rightly.

Nobody's events are known here, only busy or free (`BusyBlock`); `rota.busy_fetching` reads them. Beyond the day until
which a calendar was read nothing is known, and nothing is taken.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from people.models import Person
from rota.models import BusyBlock, Programme

Interval = tuple[datetime, datetime]
"""From an instant up to, not including, another. In UTC."""

WHOLE_DAY = "their calendar says that they are away the whole day"
DOUBTFUL = "something in their calendar on this day could not be read"
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class BusyRule:
    """A day is taken when at least so many minutes between `opens` and `closes` of its wall clock are."""

    zone: ZoneInfo
    opens: time
    closes: time
    minutes: int

    def hours_of(self, day: date) -> Interval:
        """The hours of one day as instants."""
        return _instant(day, self.opens, self.zone), _instant(day, self.closes, self.zone)


def busy_rule(programme: Programme) -> BusyRule | None:
    """The programme's rule; None where it has none, and then only whole days count."""
    if programme.busy_from is None or programme.busy_to is None or programme.busy_minutes is None:
        return None
    return BusyRule(
        zone=programme.zone,
        opens=programme.busy_from,
        closes=programme.busy_to,
        minutes=programme.busy_minutes,
    )


def taken_days(
    *, programme: Programme, people: Collection[int], first: date, last: date
) -> dict[int, dict[date, str]]:
    """The days from `first` to `last`, inclusive, on which a busy calendar forbids a duty of the programme, and why.

    By the keys of people; who has no such day is not in it. A day is taken when the programme's busy rule says so (two
    events at once count once, in however many calendars they stand), when the whole of it is, or when something on it
    could not be read: that is never taken for free time. Two queries, whatever the number of people.
    """
    taken: defaultdict[int, dict[date, str]] = defaultdict(dict)
    rule = busy_rule(programme)
    if rule is not None:
        start, end = rule.hours_of(first)[0], rule.hours_of(last)[1]
        for person, times in _times(people, start, end):
            for day, busy in minutes_by_day(times, rule, first, last).items():
                if busy >= rule.minutes:
                    taken[person][day] = _words(busy, rule)
    for person, day, doubtful in _days(people, first, last):
        if not doubtful:
            taken[person][day] = WHOLE_DAY
        else:
            taken[person].setdefault(day, DOUBTFUL)
    return {person: dict(sorted(days.items())) for person, days in taken.items()}


def busy_times_of(*, people: Collection[int], first: date, last: date) -> dict[int, list[Interval]]:
    """When people are busy from `first` to `last`, inclusive: merged, in order, in UTC, by the keys of people.

    Dates are of each person's own zone, in which a whole or a doubtful day is busy from midnight to midnight. Three
    queries, whatever the number of people.
    """
    zones = dict(Person.objects.filter(pk__in=people).values_list("pk", "time_zone"))
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    # Wide enough for every zone: 14 hours ahead of UTC, 12 behind it.
    widest = _instant(first - _DAY, time(0), UTC), _instant(last + 2 * _DAY, time(0), UTC)
    for person, times in _times(people, *widest):
        found[person] += times
    for person, day, _doubtful in _days(people, first, last):
        zone = ZoneInfo(zones[person])
        found[person].append((_instant(day, time(0), zone), _instant(day + _DAY, time(0), zone)))
    limits = {
        person: (_instant(first, time(0), ZoneInfo(zone)), _instant(last + _DAY, time(0), ZoneInfo(zone)))
        for person, zone in zones.items()
    }
    return {
        person: inside
        for person, times in found.items()
        if (
            inside := [
                one for one in merged(times) if one[1] > limits[person][0] and one[0] < limits[person][1]
            ]
        )
    }


def minutes_by_day(times: Iterable[Interval], rule: BusyRule, first: date, last: date) -> dict[date, int]:
    """How many whole minutes of each day's hours these times take. Pure; the times are merged and in order."""
    seconds: defaultdict[date, float] = defaultdict(float)
    for start, end in times:
        day = max(first, start.astimezone(rule.zone).date())
        while day <= last:
            opens, closes = rule.hours_of(day)
            if opens >= end:
                break
            seconds[day] += max((min(end, closes) - max(start, opens)).total_seconds(), 0)
            day += _DAY
    return {day: int(taken // 60) for day, taken in seconds.items()}


def merged(times: Iterable[Interval]) -> list[Interval]:
    """The same times in order, with those that touch or overlap made one. Pure."""
    found: list[Interval] = []
    for start, end in sorted(times):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _times(people: Collection[int], start: datetime, end: datetime) -> Iterator[tuple[int, list[Interval]]]:
    """The times of each person that touch the period, merged over all their calendars."""
    rows: Any = (
        BusyBlock.objects.filter(calendar__person__in=people, ends_at__gt=start, starts_at__lt=end)
        .order_by("calendar__person_id", "starts_at")
        .values_list("calendar__person_id", "starts_at", "ends_at")
    )
    for person, group in groupby(rows.iterator(), key=lambda row: int(row[0])):
        yield person, merged((row[1], row[2]) for row in group)


def _days(people: Collection[int], first: date, last: date) -> list[tuple[int, date, bool]]:
    """The whole days of each person: (person, day, doubtful)."""
    rows: Any = BusyBlock.objects.filter(Q(day__range=(first, last)), calendar__person__in=people)
    return list(rows.values_list("calendar__person_id", "day", "doubtful"))


def _instant(day: date, clock: time, zone: Any) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _words(minutes: int, rule: BusyRule) -> str:
    """ "their calendar takes 5 h 30 min of 09:00 to 17:00"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else ""]
    taken = " ".join(part for part in parts if part)
    return f"their calendar takes {taken} of {rule.opens:%H:%M} to {rule.closes:%H:%M}"
