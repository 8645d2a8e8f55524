"""From the bytes of a calendar to its busy times. Pure; the guards of time and memory are in `calendars.busy`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.days import ONE_DAY, BusyReading, BusyTime, Doubt, each_day, merged, midnight
from calendars.reading.events import Broken, Event, busy_periods, is_free, read_event, sequence
from calendars.reading.moments import Moment, in_utc
from calendars.reading.outline import Component, Line, outline
from calendars.reading.rules import BadRule, Budget, Window, no_further_than
from calendars.reading.series import SeriesBroken, grouped, occurrences
from calendars.reading.zones import Zones
from calendars.refused import CalendarRefused

MARGIN = timedelta(days=2)  # wider than any two clocks on Earth are apart
MOST_EVENTS = 10_000  # near the days that are asked for
MOST_TIMES = 50_000  # listed one by one: free and busy times, days more or less of a series
_LISTS = frozenset({"RDATE", "EXDATE", "FREEBUSY"})
MOST_DOUBTS = 20
UNKNOWN_ZONE = "A time zone's name is not known: its times were read in the owner's own zone."


def read_busy(
    content: bytes, *, first: date, last: date, zone: ZoneInfo, owner_email: str = ""
) -> BusyReading:
    """When the owner, whose zone it is, is busy from `first` to `last`, both included.

    `owner_email`: whose declined invitations do not count. Raises CalendarRefused.
    """
    with no_further_than(last.year + 1):
        return _Reader(first, last, zone, owner_email).read(content)


class _Reader:
    def __init__(self, first: date, last: date, zone: ZoneInfo, owner_email: str) -> None:
        self.first, self.last, self.zone, self.owner_email = first, last, zone, owner_email
        self.start, self.end = midnight(first, zone), midnight(last + ONE_DAY, zone)
        self.window = Window(
            datetime.combine(first, time(0)) - MARGIN,  # by whichever clock the event goes
            datetime.combine(last, time(0)) + ONE_DAY + MARGIN,
        )
        self.budget = Budget()
        self.busy: list[BusyTime] = []
        self.blocked: set[date] = set()
        self.doubts: dict[Doubt, None] = {}
        self.events = self.times = 0
        self.newer: dict[str, int] = {}
        self._is_far = _far_from(first - MARGIN, last + MARGIN)

    def read(self, content: bytes) -> BusyReading:
        waiting: list[Component] = []
        for component in outline(content):
            if component.name == "VCALENDAR":
                self._read_calendar(component, waiting)
                waiting, self.newer = [], {}
            elif component.name == "VTIMEZONE":
                waiting.append(component)
            elif component.name in {"VEVENT", "VFREEBUSY"}:
                if self._is_far(component):
                    self._note_version(component)
                    continue
                self._count(component)
                waiting.append(component)
        days = [day for day in each_day(self.first, self.last) if day in self.blocked]
        return BusyReading(tuple(merged(self.busy)), tuple(days), tuple(self.doubts)[:MOST_DOUBTS])

    def _read_calendar(self, calendar: Component, components: list[Component]) -> None:
        if calendar.word("CALSCALE") not in {"", "GREGORIAN"} or calendar.word("VERSION").startswith("1"):
            raise CalendarRefused(
                "unsupported", "The calendar is of an old or foreign kind that cannot be read."
            )
        zones = Zones(owner=self.zone, own=[one for one in components if one.name == "VTIMEZONE"])
        cancelled = calendar.word("METHOD") == "CANCEL"
        events: list[Event] = []
        for component in components:
            try:
                if component.name == "VFREEBUSY":
                    for start, length in busy_periods(component, zones):
                        self._take(start, length, zones)
                elif component.name == "VEVENT":
                    events.append(
                        read_event(component, zones=zones, owner_email=self.owner_email, cancelled=cancelled)
                    )
            except Broken as broken:
                if not cancelled and not is_free(component, self.owner_email, all_day=False):
                    self._doubt("A time in the calendar cannot be read.", broken.dates)
        for group in grouped(events, self.newer):
            self._read_group(group, zones)
        if zones.unknown:
            self._doubt(UNKNOWN_ZONE, ())

    def _read_group(self, group: list[Event], zones: Zones) -> None:
        try:
            found = list(occurrences(group, owner=self.zone, window=self.window, budget=self.budget))
        except (BadRule, SeriesBroken):
            found = [(event, event.start, event.length) for event in group]
            if any(event.blocks for event in group):
                self._doubt("An event repeats in a way that cannot be read: only its own day counts.", ())
        for event, start, length in found:
            if event.blocks:
                self._take(start, length, zones)
        for event in group:
            for doubt in event.doubts:
                self._doubt(doubt.sentence, doubt.dates)

    def _count(self, component: Component) -> None:
        self.events += 1
        self.times += sum(line.value.count(",") + 1 for line in component.lines if line.name in _LISTS)
        if self.events > MOST_EVENTS or self.times > MOST_TIMES:
            raise CalendarRefused("too_many", "The calendar has too many events on the days asked for.")

    def _note_version(self, far: Component) -> None:
        """An event that was moved far away is no longer where an older version of it has it."""
        uid, version = far.first("UID"), sequence(far)
        if uid and version > 0:
            self.newer[uid.value] = max(version, self.newer.get(uid.value, 0))

    def _take(self, start: Moment, length: timedelta, zones: Zones) -> None:
        """Counts this time, as far as it lies in the days asked for."""
        if isinstance(start, datetime):
            begins = in_utc(start, zones)
            ends = begins + min(length, datetime.max.replace(tzinfo=UTC) - begins)
            if begins < self.end and ends > self.start:
                self.busy.append(BusyTime(max(begins, self.start), min(ends, self.end)))
            return
        beyond = start + min(length, date.max - start)
        self.blocked.update(each_day(max(start, self.first), min(beyond - ONE_DAY, self.last)))

    def _doubt(self, sentence: str, dates: tuple[date, ...]) -> None:
        near = tuple(day for day in dates if self.first <= day <= self.last)
        if near or not dates:
            self.doubts[Doubt(sentence, near)] = None
            self.blocked.update(near)


def _far_from(first: date, last: date) -> Callable[[Component], bool]:
    """Whether an event is once only, and so far from these days that it need not be read: by its digits alone."""
    earliest, latest = f"{first:%Y%m%d}", f"{last:%Y%m%d}"

    def is_far(component: Component) -> bool:
        days: list[str] = []
        for line in component.lines:
            if line.name in {"RRULE", "RDATE", "RECURRENCE-ID", "FREEBUSY", "DURATION"}:
                return False
            if line.name in {"DTSTART", "DTEND"}:
                days.append(_digits(line))
        return all(days) and bool(days) and (min(days) > latest or max(days) < earliest)

    return is_far


def _digits(line: Line) -> str:
    return line.value[:8] if line.value[:8].isdecimal() and 8 <= len(line.value) <= 16 else ""
