"""When events happen, by recurring-ical-events: rules, extra days, days off, moved and cancelled ones.

Series are handed over by the clock of their own zone and without the zone, so that one instance is told from another
by one value only; zone and exact length are put back on what comes out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

import icalendar
from recurring_ical_events import CalendarQuery, ComponentsWithName, Occurrence

from calendars.reading.events import Event
from calendars.reading.moments import Moment
from calendars.reading.rules import BadRule, Budget, Window, prepared
from calendars.refused import CalendarRefused

ENDLESS = timedelta(days=366)
"""An event that lasts longer and repeats is read as one that goes on."""


MICROSECONDS_A_SERIES = 250  # measured, as `rules` counts


class SeriesBroken(Exception):
    """The library could not make sense of the series."""


class _Found(Occurrence):
    """An occurrence that gives (start, end, which event it is of), not a copy of the whole event."""

    def as_component(self, keep_recurrence_attributes: bool) -> Any:
        return self.start, self.end, int(str(self._adapter._component["X-EVENT"]))  # noqa: SLF001 - no other way


_VEVENTS = ComponentsWithName("VEVENT", occurrence=_Found)


def grouped(
    events: Iterable[Event], newer: Mapping[str, int] = MappingProxyType({})
) -> Iterator[list[Event]]:
    """The events that belong together by their UID: one at most of each group is the series itself.

    `newer`: the SEQUENCE of versions of a UID that are not among the events, being far from the days asked for.

    Of two versions of the same event the one with the higher SEQUENCE is meant (RFC 5546 section 2.1.4). Two at the
    same one are two events whose program gave them one UID: both count.
    """
    groups: dict[str, list[Event]] = {}
    for event in events:
        if event.uid:
            groups.setdefault(event.uid, []).append(event)
        else:
            yield [event]
    for uid, group in groups.items():
        if len(group) == 1 and uid not in newer:
            yield group
        else:
            yield from _told_apart(group, newer.get(uid, -1))


def occurrences(
    group: list[Event], *, owner: tzinfo, window: Window, budget: Budget
) -> Iterator[tuple[Event, Moment, timedelta]]:
    """(event, start, exact length) of what happens around the window, for one of `grouped`.

    Raises BadRule when a rule cannot be understood, SeriesBroken, and CalendarRefused.
    """
    head = group[0]
    if len(group) == 1 and not head.repeats:
        yield head, head.start, _exact(head, head.start, head.length)
        return
    if not any(event.blocks for event in group):
        return
    if head.repeats and head.length > ENDLESS:
        yield head, head.start, ENDLESS * 10_000
        return
    zone = head.start.tzinfo if isinstance(head.start, datetime) else owner
    assert zone is not None  # noqa: S101 - every time has a zone
    budget.spend(MICROSECONDS_A_SERIES)
    try:
        calendar = icalendar.Calendar()
        for component in _series(group, _Clock(zone, head), window, budget):
            calendar.add_component(component)
        found = CalendarQuery(calendar, components=(_VEVENTS,)).between(window.start, window.end)
    except (BadRule, CalendarRefused, MemoryError):
        raise
    except Exception as error:  # the library raises a dozen kinds, some by mistake
        raise SeriesBroken(str(error)) from error
    for start, end, number in found:
        event = group[number]
        if isinstance(start, datetime):
            at = start.replace(tzinfo=zone)
            yield event, at, _exact(event, at, end - start)
        else:
            yield event, start, end - start


def _told_apart(group: list[Event], newer: int) -> Iterator[list[Event]]:
    series = [event for event in group if event.replaces is None]
    others = [event for event in group if event.replaces is not None]
    newest = max(newer, *(event.sequence for event in series)) if series else newer
    current = list(dict.fromkeys(event for event in series if event.sequence == newest))
    if current:
        yield [current[0], *others]
    else:  # single days of a series that is not here
        latest = {event.replaces: event for event in sorted(others, key=lambda event: event.sequence)}
        yield from ([event] for event in latest.values())
    yield from ([event] for event in current[1:])


def _exact(event: Event, start: Moment, length: timedelta) -> timedelta:
    """The time that passes, where the length goes by the clock on the wall."""
    if not event.nominal or not isinstance(start, datetime):
        return length
    try:
        return (start + length).astimezone(UTC) - start.astimezone(UTC)
    except OverflowError:
        return length


@dataclass(frozen=True, slots=True)
class _Clock:
    """How a series tells the time: by its zone's clock; by date alone when its events are all-day."""

    zone: tzinfo
    head: Event

    def local(self, moment: Moment) -> Moment:
        return moment.astimezone(self.zone).replace(tzinfo=None) if isinstance(moment, datetime) else moment

    def instance(self, moment: Moment) -> Moment:
        """As the series names one of its instances."""
        local = self.local(moment)
        if self.head.all_day:
            return local.date() if isinstance(local, datetime) else local
        if isinstance(local, datetime):
            return local
        start = self.local(self.head.start)
        assert isinstance(start, datetime)  # noqa: S101 - not all-day
        return datetime.combine(local, start.time())


def _series(group: list[Event], clock: _Clock, window: Window, budget: Budget) -> Iterator[icalendar.Event]:
    """The first of the group with its rules, the others as what replaces instances of it."""
    for number, event in enumerate(group):
        component = icalendar.Event()
        component["UID"] = "one series"
        component["X-EVENT"] = str(number)
        component["SEQUENCE"] = event.sequence
        start = clock.local(event.start)
        if event is clock.head:
            start = _add_recurrence(component, event, clock, window, budget)
        elif event.replaces is not None:
            component.add("RECURRENCE-ID", clock.instance(event.replaces))
            if event.and_future:
                component["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
        component.add("DTSTART", start)
        component.add("DTEND", start + event.length)
        yield component


def _add_recurrence(
    component: icalendar.Event, event: Event, clock: _Clock, window: Window, budget: Budget
) -> Moment:
    """Adds rules, extra days and days off; gives the start, which may be a later instance than the first."""
    start = near = clock.local(event.start)
    for rule in event.rules:
        read, near = prepared(
            rule, start=start, length=event.length, zone=clock.zone, window=window, budget=budget
        )
        component.add("RRULE", read)
    budget.spend(20 * (len(event.extra) + len(event.without)))
    for at, length in event.extra:
        day = clock.instance(at)
        component.add("RDATE", [day if length is None or event.all_day else (day, length)])
    for at in event.without:  # a date takes away whatever happens on it
        component.add("EXDATE", [clock.instance(at) if event.all_day else clock.local(at)])
    return near if len(event.rules) == 1 and not event.extra else start
