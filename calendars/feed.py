"""A published calendar that programs fetch again and again. Pure: the same entries give the same bytes.

No METHOD: it is a calendar to subscribe to, not a message. What was cancelled or removed is simply absent, since
Apple would show it struck through for ever. Google fetches every 4 to 24 hours whatever is asked of it, and leaves
out the alarms of a subscribed calendar: same-day changes and reminders need mail or text as well.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from calendars.content_lines import escape, join, one_line
from calendars.entries import BadEntry, Entry, Status
from calendars.vevents import PRODUCT, duration, event_lines, utc

RENDERING = 1
"""Counted up whenever the same entry is written differently, so that no program keeps the older writing."""

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")

# RFC 5545 section 3.6: a calendar holds at least one component, and some readers refuse one that does not. A person
# without duties still has a calendar, so it holds the definition of the zone that its times are in.
_NOTHING_YET = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "TZNAME:UTC",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def render_feed(
    *, name: str, entries: Iterable[Entry], refresh: timedelta, colour: str = "", description: str = ""
) -> bytes:
    """The whole feed, sorted by start, for `text/calendar; charset=utf-8`.

    `refresh` is how often programs are asked to fetch it (many have their own mind); `colour` is `#rrggbb` and a
    suggestion to Apple's. Raises BadEntry when two entries have one UID.
    """
    return join(_feed_lines(name, entries, refresh=refresh, colour=colour, description=description))


def _feed_lines(
    name: str, entries: Iterable[Entry], *, refresh: timedelta, colour: str, description: str
) -> Iterator[str]:
    shown = sorted((entry for entry in entries if entry.status is not Status.CANCELLED), key=_by_start)
    _check_uids(shown)
    name = escape(one_line(name))
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"NAME:{name}"
    yield f"X-WR-CALNAME:{name}"
    if description:
        yield f"X-WR-CALDESC:{escape(description)}"
    if colour:
        if not _COLOUR.fullmatch(colour):
            raise BadEntry("colour", f"{colour!r} is not of the form #rrggbb.")
        yield f"X-APPLE-CALENDAR-COLOR:{colour}"
    # RFC 7986 section 5.7: the property has no default type, so VALUE is a must. The other is Microsoft's
    # (MS-OXCICAL section 2.1.3.1.1.8), and Apple reads it too.
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{duration(refresh)}"
    yield f"X-PUBLISHED-TTL:{duration(refresh)}"
    for entry in shown:
        yield from event_lines(entry)
    if not shown:
        yield from _NOTHING_YET
    yield "END:VCALENDAR"


def _by_start(entry: Entry) -> tuple[str, str]:
    start = entry.start
    return utc(start) if isinstance(start, datetime) else f"{start:%Y%m%d}", entry.uid


def _check_uids(entries: list[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.uid in seen:
            raise BadEntry("uid", f"two entries are called {entry.uid}.")
        seen.add(entry.uid)
