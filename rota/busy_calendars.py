"""What people's own calendars say: days that are taken and times at which they are busy, as last read rightly.

Nobody's events are known here, only busy or free (`BusyBlock`); `rota.busy_fetching` reads them. Beyond the day until
which a calendar was read nothing is known, and nothing is taken.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import TextField
from django.db.models.functions import Cast

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


@dataclass(frozen=True)
class Blocks:
    """What is kept of people's calendars about some days: `times` merged over all calendars of each, by key, and the
    whole `days` of each as (key, day, doubtful)."""

    times: Mapping[int, Sequence[BusyTime]]
    days: Sequence[tuple[int, date, bool]]


def read_blocks(*, people: Collection[int], first: date, last: date) -> Blocks:
    """Everything about the days from `first` to `last`, inclusive, in whatever zone. Two queries, for any number."""
    # Wide enough for every zone: 14 hours ahead of UTC, 12 behind it.
    start, end = (datetime.combine(day, time(0), UTC) for day in (first - _DAY, last + 2 * _DAY))
    rows: Any = (
        BusyBlock.objects.filter(calendar__person__in=people, ends_at__gt=start, starts_at__lt=end)
        .order_by("calendar__person_id", "starts_at")
        # As text: on SQLite Django takes three times as long to make instants of a year of hundreds as Python does.
        .values_list("calendar__person_id", Cast("starts_at", TextField()), Cast("ends_at", TextField()))
    )
    days: Any = BusyBlock.objects.filter(calendar__person__in=people, day__range=(first, last))
    return Blocks(
        times={
            int(person): merged(BusyTime(_instant(start), _instant(end)) for _, start, end in group)
            for person, group in groupby(rows.iterator(), key=itemgetter(0))
        },
        days=list(days.values_list("calendar__person_id", "day", "doubtful")),
    )


def _instant(text: str) -> datetime:
    """What the database keeps: on SQLite without a zone, which is UTC; PostgreSQL writes it in the session's, UTC."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def taken_days(
    *, programme: Programme, people: Collection[int], first: date, last: date, blocks: Blocks | None = None
) -> dict[int, dict[date, str]]:
    """The days from `first` to `last`, inclusive, on which a busy calendar forbids a duty of the programme, and why.

    By the keys of people; who has no such day is not in it. A day is taken when the programme's busy rule says so, by
    the programme's clock (two events at once count once, in however many calendars they stand), when the whole of it
    is, or when something on it could not be read: that is never taken for free time. `blocks` are those of at least
    these people and days, where they were read already; else two queries, whatever the number of people.
    """
    blocks = blocks or read_blocks(people=people, first=first, last=last)
    asked, zone, rules = frozenset(people), programme.zone, busy_rules(programme)
    taken: defaultdict[int, dict[date, str]] = defaultdict(dict)
    if rules is not None:
        why = _words(rules)
        for person, times in blocks.times.items():
            if person not in asked:
                continue
            reading = BusyReading(busy=tuple(times))
            days = days_taken(reading, first=first, last=last, zone=zone, rules=rules)
            if days:
                taken[person] = dict.fromkeys(days, why)
    for person, day, doubtful in blocks.days:
        if person not in asked or not first <= day <= last:
            continue
        if not doubtful:
            taken[person][day] = WHOLE_DAY
        else:
            taken[person].setdefault(day, DOUBTFUL)
    return {person: dict(sorted(days.items())) for person, days in taken.items()}


def busy_times_of(
    *, people: Collection[int], first: date, last: date, blocks: Blocks | None = None
) -> dict[int, list[Interval]]:
    """When people are busy from `first` to `last`, inclusive: merged, in order, in UTC, by the keys of people.

    Dates are of each person's own zone, in which a whole or a doubtful day is busy from midnight to midnight. `blocks`
    as for `taken_days`; one query then, else three, whatever the number of people.
    """
    blocks = blocks or read_blocks(people=people, first=first, last=last)
    zones = {
        person: ZoneInfo(zone)
        for person, zone in Person.objects.filter(pk__in=people).values_list("pk", "time_zone")
    }
    found: defaultdict[int, list[BusyTime]] = defaultdict(list)
    for person, times in blocks.times.items():
        if person not in zones:
            continue
        zone = zones[person]
        start, end = midnight(first, zone), midnight(last + _DAY, zone)
        found[person] += [busy for busy in times if busy.end > start and busy.start < end]
    for person, day, _doubtful in blocks.days:
        if person not in zones or not first <= day <= last:
            continue
        zone = zones[person]
        found[person].append(BusyTime(midnight(day, zone), midnight(day + _DAY, zone)))
    return {
        person: [(busy.start, busy.end) for busy in merged(times)] for person, times in found.items() if times
    }


def _words(rules: BusyRules) -> str:
    """ "the busy calendar takes 4 h or more of 09:00 to 17:00"."""
    hours, rest = divmod(rules.minutes, 60)
    taken = " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
    return f"the busy calendar takes {taken} or more of {rules.from_:%H:%M} to {rules.to:%H:%M}"
