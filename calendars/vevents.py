"""How an entry is written as a VEVENT, for feeds and invitations alike. Pure.

Times are written in UTC: no VTIMEZONE is needed, which several readers apply wrongly after a change of the clocks.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from calendars.content_lines import escape
from calendars.entries import Alarm, Entry, Status

PRODUCT = "-//Officer of the Day//Calendar//EN"
"""PRODID: who wrote it (RFC 5545 section 3.7.3)."""


def event_lines(
    entry: Entry, *, status: Status | None = None, parties: Iterable[str] = (), alarms: bool = True
) -> Iterator[str]:
    """The lines of one VEVENT; `status` overrides the entry's, `parties` are ready lines of ORGANIZER, ATTENDEE."""
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{utc(entry.stamp)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"CREATED:{utc(entry.created)}"
    yield f"LAST-MODIFIED:{utc(entry.modified)}"
    yield _moment("DTSTART", entry.start)
    yield _moment("DTEND", entry.end)
    yield f"SUMMARY:{escape(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{escape(entry.description)}"
    if entry.location:
        yield f"LOCATION:{escape(entry.location)}"
    if entry.url:
        yield f"URL:{entry.url}"  # a URI is not escaped
    if entry.categories:
        yield "CATEGORIES:" + ",".join(map(escape, entry.categories))
    yield f"STATUS:{status or entry.status}"
    yield "TRANSP:TRANSPARENT" if entry.transparent else "TRANSP:OPAQUE"
    yield from parties
    if alarms:
        for alarm in entry.alarms:
            yield from _alarm_lines(alarm)
    yield "END:VEVENT"


def utc(instant: datetime) -> str:
    """The instant as RFC 5545's form 2 (section 3.3.5), in whole seconds."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return (
        f"{instant.year:04}{instant.month:02}{instant.day:02}"
        f"T{instant.hour:02}{instant.minute:02}{instant.second:02}Z"
    )


@lru_cache(maxsize=128)  # the alarms of a feed go off at the same few distances hundreds of times
def duration(length: timedelta) -> str:
    """The length as RFC 5545 writes it (section 3.3.6), such as `-P1DT2H`; zero is `PT0S`."""
    seconds = round(length.total_seconds())
    sign = "-" if seconds < 0 else ""
    days, rest = divmod(abs(seconds), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count
    )
    if not days and not clock:
        return "PT0S"
    return f"{sign}P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def _moment(name: str, moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return f"{name}:{utc(moment)}"
    return f"{name};VALUE=DATE:{moment.year:04}{moment.month:02}{moment.day:02}"


def _alarm_lines(alarm: Alarm) -> Iterator[str]:
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"TRIGGER:{duration(timedelta(minutes=-alarm.minutes_before))}"
    yield f"DESCRIPTION:{escape(alarm.text)}"
    yield "END:VALARM"
