"""The outline of an iCalendar file (RFC 5545): its components, with only those lines that say when somebody is busy.

One pass over the bytes, before any library sees them, so that a large or hostile file costs little: titles,
descriptions and attachments are passed over and never kept. What is not one or more whole calendars and nothing
else is refused here: an error page, a file that broke off, a page with a calendar somewhere inside.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

from calendars.refused import CalendarRefused

DEEPEST = 8  # components within components; RFC 5545 needs three
LONGEST_NAME = 64
MOST_LINES_OF_A_COMPONENT = 20_000  # that matter: days on which one event happens too, or not

_TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "FREEBUSY"})
_ZONE_PART = frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE", "TZNAME"})
_KEPT = {
    "VCALENDAR": frozenset({"VERSION", "CALSCALE", "METHOD"}),
    "VEVENT": _TIMES
    | {
        "UID", "SEQUENCE", "STATUS", "TRANSP", "ATTENDEE",
        "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT",
    },
    "VFREEBUSY": frozenset({"FREEBUSY"}),
    "VTIMEZONE": frozenset({"TZID"}),
    "STANDARD": _ZONE_PART,
    "DAYLIGHT": _ZONE_PART,
}  # fmt: skip
_LEAVES = frozenset({"VEVENT", "VFREEBUSY", "VTODO", "VJOURNAL", "VTIMEZONE"})  # hold no events
_NAME = re.compile(rb"([A-Za-z0-9-]+)[;:]")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;"]*)')
_PLAIN_HEAD = re.compile(r'(?:[^":]|"[^"]*")*')
_EMPTY = b"\x00\x1a \t\r\n"  # what some servers pad a file with


class Line(NamedTuple):
    """One property; `head` holds its parameters as they were written."""

    name: str
    head: str
    value: str

    def parameter(self, name: str) -> str:
        """The parameter of that name (in capitals) without its quotation marks; "" when there is none."""
        for key, word in _PARAMETER.findall(self.head):
            if key.upper() == name:
                return str(word).strip('"').strip()
        return ""


@dataclass(slots=True)
class Component:
    """One component, its kept lines and the components inside it that are of use."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """The first line of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def word(self, name: str) -> str:
        """The value of the first line of that name, in capitals; "" when there is none."""
        line = self.first(name)
        return line.value.upper() if line else ""


def outline(content: bytes) -> Iterator[Component]:
    """Each component as it ends, the innermost first: a VCALENDAR comes after its events, with its `parts` empty.

    VTIMEZONE holds its STANDARD and DAYLIGHT. Raises CalendarRefused when the bytes are no whole calendar; what was
    given before is then worth nothing.
    """
    stack: list[Component] = []
    seen = False
    for name, text in _logical_lines(_as_utf8(content), stack):
        if name == "BEGIN":
            _check_place(inside=stack, name=text)
            stack.append(Component(text))
        elif name == "END":
            if not stack or stack[-1].name != text:
                raise CalendarRefused(
                    "unbalanced", "The calendar's parts do not fit together; it may have been cut."
                )
            ended = stack.pop()
            seen = seen or ended.name == "VCALENDAR"
            if ended.name in {"STANDARD", "DAYLIGHT"} and stack and stack[-1].name == "VTIMEZONE":
                stack[-1].parts.append(ended)
            else:
                yield ended
        else:
            _keep(stack[-1], name, text)
    if stack:
        raise CalendarRefused("truncated", "The calendar breaks off before its end.")
    if not seen:
        raise CalendarRefused("not_a_calendar", "This is no calendar: it has no BEGIN:VCALENDAR.")


def _as_utf8(content: bytes) -> bytes:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:  # as Windows' editors write it
        content = content.decode("utf-16", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    return content


def _check_place(*, inside: list[Component], name: str) -> None:
    names = [component.name for component in inside]
    if not names and name != "VCALENDAR":
        raise CalendarRefused(
            "not_a_calendar", "This is no calendar: it does not begin with BEGIN:VCALENDAR."
        )
    if len(names) >= DEEPEST:
        raise CalendarRefused("unbalanced", "The calendar's parts stand inside one another too deeply.")
    if name in {"VEVENT", "VFREEBUSY", "VCALENDAR"} and not _LEAVES.isdisjoint(names):
        raise CalendarRefused(
            "unbalanced", "The calendar has an event that does not end; it may have been cut."
        )


def _logical_lines(content: bytes, stack: list[Component]) -> Iterator[tuple[str, str]]:
    """(name, the rest) of each line that matters where it stands; for BEGIN and END the component's name.

    Lines are unfolded as bytes (section 3.1), since a fold may part the bytes of one character.
    """
    pieces, wanted = [b""], _is_wanted(b"", stack)
    for raw in BytesIO(content):
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        if line[:1] in {b" ", b"\t"} and stack:
            if wanted is not False:
                pieces.append(line[1:])
            if wanted is None:
                wanted = _is_wanted(b"".join(pieces), stack)
            continue
        if found := _finished(pieces, stack):
            yield found
        pieces, wanted = [line], _is_wanted(line, stack)
    if found := _finished(pieces, stack):
        yield found


def _is_wanted(line: bytes, stack: list[Component]) -> bool | None:
    """Whether more of the line is worth keeping; None while its name may go on, since a fold may part that too."""
    if len(line) < LONGEST_NAME and b":" not in line and b";" not in line:
        return None
    return bool(_kept_name(line, stack))


def _kept_name(line: bytes, stack: list[Component]) -> str:
    found = _NAME.match(line)
    if found is None:
        return ""
    name = found[1].decode().upper()
    kept = name in {"BEGIN", "END"} or (bool(stack) and name in _KEPT.get(stack[-1].name, ()))
    return name if kept else ""


def _finished(pieces: list[bytes], stack: list[Component]) -> tuple[str, str] | None:
    line = b"".join(pieces)
    name = _kept_name(line, stack)
    if name in {"BEGIN", "END"}:
        return name, line.partition(b":")[2].strip(_EMPTY).decode("ascii", "replace").upper()
    if not stack and line.strip(_EMPTY):
        raise CalendarRefused(
            "not_a_calendar",
            "This is no calendar: it holds other text than a calendar, as an error page does.",
        )
    if stack and stack[-1].name == "VCALENDAR" and line.lstrip()[:1] == b"<":
        raise CalendarRefused("not_a_calendar", "An error message stands in the middle of the calendar.")
    return (name, line[len(name) :].decode("utf-8", "replace")) if name else None


def _keep(component: Component, name: str, rest: str) -> None:
    if len(component.lines) >= MOST_LINES_OF_A_COMPONENT:
        raise CalendarRefused("too_many", "An event of the calendar has too many times of its own.")
    head = _PLAIN_HEAD.match(rest)[0]  # type: ignore[index]  # it matches the empty text too
    value = rest[len(head) + 1 :]
    if (
        name in _TIMES and not value[:4].isdecimal()
    ):  # a zone's name may hold a colon, unquoted; a time does not
        head, _, value = rest.rpartition(":")
    component.lines.append(Line(name, head, value.strip()))
