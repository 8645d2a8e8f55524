"""One VEVENT as plain values: when it is, how it repeats, and whether it takes its owner's time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from calendars.days import Doubt
from calendars.reading.moments import (
    Moment,
    Unreadable,
    dates_in,
    duration,
    moment,
    period,
    span,
)
from calendars.reading.outline import Component, Line
from calendars.reading.zones import Zones

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """An event, a series of them, or (with `replaces`) the other shape of one or more of a series.

    `start` is a date for an all-day event. `length` passes by the clock on the wall when `nominal` (RFC 5545
    section 3.8.5.3: a DTEND gives an exact length, a DURATION in days a nominal one). `doubts` says what could
    not be read although the event is kept.
    """

    uid: str
    start: Moment
    length: timedelta
    nominal: bool
    blocks: bool
    rules: tuple[str, ...] = ()
    extra: tuple[tuple[Moment, timedelta | None], ...] = ()
    without: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    and_future: bool = False
    sequence: int = -1
    doubts: tuple[Doubt, ...] = ()

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    @property
    def repeats(self) -> bool:
        return bool(self.rules or self.extra)


class Broken(Exception):
    """Nothing can be said of when something is, except perhaps that it begins on one of `dates`."""

    def __init__(self, dates: Iterable[date]) -> None:
        super().__init__("It has no time that can be read.")
        self.dates = tuple(dates)


def read_event(component: Component, *, zones: Zones, owner_email: str, cancelled: bool) -> Event:
    """The event. `cancelled`: the calendar as a whole is a cancellation (METHOD:CANCEL). Raises Broken."""
    doubts: list[Doubt] = []
    try:
        start, length, nominal = _when(component, zones, doubts)
    except Unreadable as error:
        written = [line.value for line in component.lines if line.name in {"DTSTART", "DTEND"}]
        raise Broken(day for value in written[:1] for day in dates_in(value)) from error
    extra, unreadable = _moments(component, "RDATE", zones)
    if unreadable:
        dates = tuple(day for value in unreadable for day in dates_in(value))
        doubts.append(Doubt("Some of the days on which an event happens again cannot be read.", dates))
    moved, replaces = component.first("RECURRENCE-ID"), None
    if moved:
        try:
            replaces = moment(moved, moved.value, zones)
        except Unreadable:
            doubts.append(Doubt("An event was moved, and from where cannot be read: both times count."))
    lost = moved is not None and replaces is None  # it stands alone then, beside the series it belongs to
    blocks = not cancelled and not is_free(component, owner_email, all_day=not isinstance(start, datetime))
    uid = component.first("UID")
    return Event(
        uid=uid.value if uid and not lost else "",
        start=start,
        length=length,
        nominal=nominal,
        blocks=blocks,
        rules=() if lost else tuple(line.value for line in component.lines if line.name == "RRULE"),
        extra=() if lost else tuple(extra),
        without=tuple(at for at, _ in _moments(component, "EXDATE", zones)[0]),
        replaces=replaces,
        and_future=moved is not None and moved.parameter("RANGE").upper() == "THISANDFUTURE",
        sequence=sequence(component),
        doubts=tuple(doubts) if blocks else (),
    )


def busy_periods(component: Component, zones: Zones) -> Iterator[tuple[Moment, timedelta]]:
    """The busy times of a VFREEBUSY (section 3.6.4); a kind that is not known counts as busy, as section 3.2.9 says.

    Raises Broken at the first that cannot be read.
    """
    for line in component.lines:
        if line.name != "FREEBUSY" or line.parameter("FBTYPE").upper() == "FREE":
            continue
        for value in line.value.split(","):
            try:
                yield period(line, value, zones)
            except Unreadable as error:
                raise Broken(dates_in(value)) from error


def sequence(component: Component) -> int:
    """The version of the event (section 3.8.7.4); -1 when there is none."""
    written = component.word("SEQUENCE")
    return int(written) if written.isdecimal() and len(written) < 10 else -1


def is_free(component: Component, owner_email: str, *, all_day: bool) -> bool:
    """Whether it leaves its owner free: cancelled, declined, transparent, or marked as free by Outlook.

    Out of office for whole days is no free time, though Outlook may write it as transparent.
    """
    outlook = component.word("X-MICROSOFT-CDO-BUSYSTATUS")
    if component.word("STATUS") == "CANCELLED" or outlook == "FREE" or _is_declined(component, owner_email):
        return True
    return component.word("TRANSP") == "TRANSPARENT" and not (outlook == "OOF" and all_day)


def _is_declined(component: Component, owner_email: str) -> bool:
    return bool(owner_email) and any(
        line.parameter("PARTSTAT").upper() == "DECLINED"
        for line in component.lines
        if line.name == "ATTENDEE" and owner_email.lower() in _addresses(line)
    )


def _addresses(line: Line) -> set[str]:
    return {line.value.lower().removeprefix("mailto:").strip(), line.parameter("EMAIL").lower()}


def _when(component: Component, zones: Zones, doubts: list[Doubt]) -> tuple[Moment, timedelta, bool]:
    """(start, length, whether nominal). Raises Unreadable when there is no start."""
    line = component.first("DTSTART")
    if line is None:
        raise Unreadable("DTSTART")
    start = moment(line, line.value, zones)
    try:
        length, nominal = _length(component, start, zones)
    except (Unreadable, OverflowError):
        day = _day_of(start, zones)
        doubts.append(Doubt("An event's end cannot be read: it counts for its whole day.", (day,)))
        return day, ONE_DAY, True
    if not isinstance(start, datetime):
        if length > timedelta(0) and length % ONE_DAY:  # a date with an end, or a length, in hours
            return datetime(start.year, start.month, start.day, tzinfo=zones.owner), length, nominal
        return start, max(length, ONE_DAY), True  # an end on the day of the start means that day
    if length < timedelta(0):
        doubts.append(Doubt("An event ends before it begins: the time between the two counts."))
        return start + length, -length, False
    if component.word("X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE" and (only_day := _midnight(start, zones)):
        return only_day, max(timedelta(days=round(length / ONE_DAY)), ONE_DAY), True
    return start, length, nominal


def _length(component: Component, start: Moment, zones: Zones) -> tuple[timedelta, bool]:
    """(length, whether nominal): the longer one where an event has both an end and a duration."""
    known: list[tuple[timedelta, bool]] = []
    if line := component.first("DTEND"):
        end = moment(line, line.value, zones)
        known.append((span(start, end, zones), False))
    if line := component.first("DURATION"):
        known.append(duration(line.value))
    return max(known, default=(timedelta(0), False))


def _day_of(start: Moment, zones: Zones) -> date:
    """The owner's date on which it starts."""
    if not isinstance(start, datetime):
        return start
    return start.astimezone(zones.owner).date() if 1 < start.year < 9999 else start.date()


def _midnight(start: datetime, zones: Zones) -> date | None:
    """The date that begins at that instant, by the event's own zone or by the owner's."""
    clocks = [start, start.astimezone(zones.owner)] if 1 < start.year < 9999 else [start]
    return next((local.date() for local in clocks if not (local.hour or local.minute)), None)


def _moments(
    component: Component, name: str, zones: Zones
) -> tuple[list[tuple[Moment, timedelta | None]], list[str]]:
    """(moments with their own length, if they have one; the values that cannot be read) of every line of that name."""
    read: list[tuple[Moment, timedelta | None]] = []
    unreadable: list[str] = []
    for line in component.lines:
        if line.name != name:
            continue
        for value in filter(None, line.value.split(",")):
            try:
                read.append(
                    period(line, value, zones) if "/" in value else (moment(line, value, zones), None)
                )
            except Unreadable:
                unreadable.append(value)
    return read, unreadable
