"""What people's own calendars say: days that are taken and times at which they are busy, as last read rightly.

Nobody's events are known here, only busy or free (`BusyBlock`); `rota.busy_fetching` reads them. Beyond the day until
which a calendar was read nothing is known, and nothing is taken.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from calendars.days import BusyReading, BusyRules, BusyTime, days_taken, merged, midnight
from people.models import Person
from rota.models import BusyBlock, Programme

Interval = tuple[datetime, datetime]
"""From an instant up to, not including, another. In UTC."""

WHOLE_DAY = "the busy calendar takes the whole day"
DOUBTFUL = "something on this day of the busy calendar could not be read"
_DAY = timedelta(days=1)


def busy_rules(programme: Programme) -> BusyRules | None:
    """When the programme's rule takes a day; None where it has none, and then only whole days count."""
    if programme.busy_from is None or programme.busy_to is None or programme.busy_minutes is None:
        return None
    return BusyRules(programme.busy_from, programme.busy_to, programme.busy_minutes)


def taken_days(
    *, programme: Programme, people: Collection[int], first: date, last: date
) -> dict[int, dict[date, str]]:
    """The days from `first` to `last`, inclusive, on which a busy calendar forbids a duty of the programme, and why.

    By the keys of people; who has no such day is not in it. A day is taken when the programme's busy rule says so, by
    the programme's clock (two events at once count once, in however many calendars they stand), when the whole of it
    is, or when something on it could not be read: that is never taken for free time. Two queries, whatever the number
    of people.
    """
    zone, rules = programme.zone, busy_rules(programme)
    taken: defaultdict[int, dict[date, str]] = defaultdict(dict)
    if rules is not None:
        why = _words(rules)
        for person, times in _times(people, midnight(first, zone), midnight(last + _DAY, zone)):
            reading = BusyReading(busy=tuple(times))
            days = days_taken(reading, first=first, last=last, zone=zone, rules=rules)
            if days:
                taken[person] = dict.fromkeys(days, why)
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
    zones = {
        person: ZoneInfo(zone)
        for person, zone in Person.objects.filter(pk__in=people).values_list("pk", "time_zone")
    }
    found: defaultdict[int, list[BusyTime]] = defaultdict(list)
    # Wide enough for every zone: 14 hours ahead of UTC, 12 behind it.
    widest = datetime.combine(first - _DAY, time(0), UTC), datetime.combine(last + 2 * _DAY, time(0), UTC)
    for person, times in _times(people, *widest):
        zone = zones[person]
        start, end = midnight(first, zone), midnight(last + _DAY, zone)
        found[person] += [busy for busy in times if busy.end > start and busy.start < end]
    for person, day, _doubtful in _days(people, first, last):
        zone = zones[person]
        found[person].append(BusyTime(midnight(day, zone), midnight(day + _DAY, zone)))
    return {
        person: [(busy.start, busy.end) for busy in merged(times)] for person, times in found.items() if times
    }


def _times(people: Collection[int], start: datetime, end: datetime) -> Iterator[tuple[int, list[BusyTime]]]:
    """The times of each person that touch the period, merged over all their calendars."""
    rows: Any = (
        BusyBlock.objects.filter(calendar__person__in=people, ends_at__gt=start, starts_at__lt=end)
        .order_by("calendar__person_id", "starts_at")
        .values_list("calendar__person_id", "starts_at", "ends_at")
    )
    for person, group in groupby(rows.iterator(), key=lambda row: int(row[0])):
        yield person, merged(BusyTime(row[1], row[2]) for row in group)


def _days(people: Collection[int], first: date, last: date) -> list[tuple[int, date, bool]]:
    """The whole days of each person: (person, day, doubtful)."""
    rows: Any = BusyBlock.objects.filter(calendar__person__in=people, day__range=(first, last))
    return list(rows.values_list("calendar__person_id", "day", "doubtful"))


def _words(rules: BusyRules) -> str:
    """ "the busy calendar takes 4 h or more of 09:00 to 17:00"."""
    hours, rest = divmod(rules.minutes, 60)
    taken = " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
    return f"the busy calendar takes {taken} or more of {rules.from_:%H:%M} to {rules.to:%H:%M}"
