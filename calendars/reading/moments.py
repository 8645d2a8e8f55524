"""The values of iCalendar that say when: dates, instants, durations, periods, as calendars in the wild write them."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from icalendar import vDate, vDatetime, vDuration

from calendars.reading.outline import Line
from calendars.reading.zones import Zones

Moment = date | datetime
"""A date, or an aware datetime."""

_DATE = re.compile(r"\d{8}", re.ASCII)
_TIME = re.compile(r"(\d{8})T(\d{2})(\d{2})(\d{2})?(Z?)", re.ASCII)
_ANY_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


class Unreadable(ValueError):
    """The value is none of its kind."""


def moment(line: Line, value: str, zones: Zones) -> Moment:
    """One value of a line. `Z` goes before a TZID (RFC 5545 section 3.3.5); `24:00:00` is the next midnight.

    Raises Unreadable.
    """
    text = value.strip().upper()
    if line.parameter("VALUE").upper() == "DATE":
        text = text[:8]
    try:
        if _DATE.fullmatch(text):
            day: date = vDate.from_ical(text)
            return day
        if found := _TIME.fullmatch(text):
            digits, hours, minutes, seconds, utc = found.groups()
            zone: tzinfo = UTC if utc else zones.named(line.parameter("TZID"))
            next_day = hours == "24" and minutes == "00"
            clock = f"{'00' if next_day else hours}{minutes}{min(seconds or '00', '59')}"  # leap seconds too
            read: datetime = vDatetime.from_ical(f"{digits}T{clock}", timezone=zone)
            return read + timedelta(days=1) if next_day else read
    except (ValueError, OverflowError) as error:
        raise Unreadable(line.name) from error
    raise Unreadable(line.name)


def duration(value: str) -> tuple[timedelta, bool]:
    """(length, whether it goes by the clock on the wall: days and weeks do, hours pass). Raises Unreadable."""
    text = value.strip().upper()
    try:
        length: timedelta = vDuration.from_ical(text)
    except (ValueError, OverflowError) as error:
        raise Unreadable("DURATION") from error
    if length < timedelta(0):
        raise Unreadable("DURATION")
    return length, "T" not in text


def period(line: Line, value: str, zones: Zones) -> tuple[Moment, timedelta]:
    """(start, length) of `start/end` or `start/duration` (section 3.3.9). Raises Unreadable."""
    first, _, last = value.partition("/")
    start = moment(line, first, zones)
    if last.strip()[:1].upper() in {"P", "+", "-"}:
        return start, duration(last)[0]
    length = span(start, moment(line, last, zones), zones)
    if length < timedelta(0):
        raise Unreadable(line.name)
    return start, length


def span(start: Moment, end: Moment, zones: Zones) -> timedelta:
    """The time that passes from start to end; between two dates, whole days."""
    if isinstance(start, datetime) or isinstance(end, datetime):
        return in_utc(end, zones) - in_utc(start, zones)
    return end - start


def in_utc(value: Moment, zones: Zones) -> datetime:
    """The instant; a date begins at the owner's midnight. The ends of the calendar stay within it."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zones.owner)
    if value.year <= 1:
        return datetime.min.replace(tzinfo=UTC)
    if value.year >= 9999:
        return datetime.max.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def dates_in(text: str) -> list[date]:
    """Dates that stand at the beginning of a value that cannot be read otherwise: at most one."""
    found = _ANY_DATE.match(text.strip())
    try:
        return [date(*map(int, found.groups()))] if found else []
    except ValueError:
        return []
