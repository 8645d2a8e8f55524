"""The few properties of a calendar message that a reply is read from, line by line. Pure.

Not the library's whole parser: it also builds every zone and every value, and one Windows zone that it cannot build
would cost a person's answer. Its reader of single lines is used (folding, quotes, escapes, RFC 6868).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar.parser import Contentline, Contentlines

LONGEST = 256 * 1024
"""Octets: a reply has about one thousand."""

_NAME = re.compile(r"[A-Za-z0-9-]+")
_IN_CALENDAR = ["VCALENDAR"]
_IN_EVENT = ["VCALENDAR", "VEVENT"]
_WANTED = frozenset({"UID", "ATTENDEE", "SEQUENCE", "DTSTAMP", "RECURRENCE-ID", "COMMENT"})


class Unreadable(ValueError):
    """It is no iCalendar, or cut off, or too long; says which."""


@dataclass(frozen=True, slots=True)
class Property:
    """One line: the parameters by name in capitals (a list's items joined by commas), and the value unescaped."""

    parameters: dict[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT: what was wanted of it, by name in capitals, in the order of the file."""

    properties: dict[str, list[Property]] = field(default_factory=dict)

    def first(self, name: str) -> Property | None:
        return next(iter(self.properties.get(name, ())), None)

    def value(self, name: str) -> str:
        found = self.first(name)
        return found.value.strip() if found else ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What all calendar objects of one part say: METHODs in capitals, and their events."""

    methods: frozenset[str]
    events: tuple[Event, ...]


def read_calendar(content: bytes) -> Calendar:
    """Raises Unreadable."""
    if len(content) > LONGEST:
        raise Unreadable(f"it has {len(content)} octets; a reply has about one thousand")
    reader = _Reader()
    for name, line in _lines(_text(content)):
        reader.take(name, line)
    if not reader.objects:
        raise Unreadable("it is not iCalendar")
    if reader.inside:
        raise Unreadable("its end is missing")
    return Calendar(frozenset(reader.methods), tuple(reader.events))


class _Reader:
    """Where in the file one is, and what was found so far."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.objects = 0
        self.methods: set[str] = set()
        self.events: list[Event] = []

    def take(self, name: str, line: Contentline) -> None:
        if name == "BEGIN":
            self._begin(_after_colon(line))
        elif name == "END":
            self._end(_after_colon(line))
        elif name == "METHOD" and self.inside == _IN_CALENDAR:
            self.methods.add(_after_colon(line))
        elif name in _WANTED and self.inside == _IN_EVENT:
            self.events[-1].properties.setdefault(name, []).append(_property(line))

    def _begin(self, component: str) -> None:
        self.inside.append(component)
        if self.inside == _IN_CALENDAR:
            self.objects += 1
        elif self.inside == _IN_EVENT:
            self.events.append(Event())

    def _end(self, component: str) -> None:
        if not self.inside or self.inside.pop() != component:
            raise Unreadable("its components do not end as they began")


def _text(content: bytes) -> str:
    """iCalendar is UTF-8 (RFC 5545 section 3.1.4); what is not is read letter by letter, so that ASCII stays right."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _lines(text: str) -> Iterator[tuple[str, Contentline]]:
    for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
        name = _NAME.match(line.lstrip())
        if name:
            yield name[0].upper(), line


def _after_colon(line: str) -> str:
    return line.partition(":")[2].strip().upper()


def _property(line: Contentline) -> Property:
    try:
        _, parameters, value = line.parts()
    except ValueError as error:
        raise Unreadable("one of its lines cannot be read") from error
    return Property(
        {
            name.upper(): ",".join(map(str, given)) if isinstance(given, list) else str(given)
            for name, given in parameters.items()
        },
        value,
    )
