"""Recurrence rules, looked at before they are expanded: what they would cost, and how to begin near the days asked.

A rule is a few bytes and may mean a thousand million times. dateutil, which expands them, goes through all times
since the event began, and looks for the next one up to the year 9999 where none ever matches.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import SimpleNamespace

import dateutil.rrule
from icalendar import vRecur

from calendars.refused import CalendarRefused

MOST_MICROSECONDS = 1_200_000
"""What all rules of a calendar together may cost, by the rough measure of `_microseconds`."""

_UNITS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": timedelta(days=30),
    "YEARLY": timedelta(days=365),
}
_MICROSECONDS_A_PERIOD = {
    "YEARLY": 25,
    "MONTHLY": 7,
    "WEEKLY": 3,
    "DAILY": 2,
}  # measured; the others are as dear
_MICROSECONDS_A_FIND = 16  # an occurrence in the window
_WITHIN = {
    "BYSECOND": range(60), "BYMINUTE": range(60), "BYHOUR": range(24), "BYMONTH": range(1, 13),
    "BYMONTHDAY": range(1, 32), "BYYEARDAY": range(1, 367), "BYWEEKNO": range(1, 54), "BYSETPOS": range(1, 367),
}  # fmt: skip
_SIGNED = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(T\d{6})?(Z?)", re.ASCII)


class BadRule(ValueError):
    """The rule is none, or means something we do not know."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when occurrences are wanted, by the clock of the event's zone; with margins."""

    start: datetime
    end: datetime


class Budget:
    """What may still be spent on expanding one calendar."""

    def __init__(self, microseconds: int = MOST_MICROSECONDS) -> None:
        self.left: float = microseconds

    def spend(self, microseconds: float) -> None:
        """Raises CalendarRefused when it is used up."""
        self.left -= microseconds
        if self.left < 0:
            raise CalendarRefused("too_often", "The calendar has events that repeat too often to be read.")


def prepared(
    rule: str, *, start: datetime | date, length: timedelta, zone: tzinfo, window: Window, budget: Budget
) -> tuple[vRecur, datetime | date]:
    """(the rule, a start close to the window) that give the same occurrences in the window.

    `start` is by the clock of the zone, without it, and so is the rule's UNTIL then. Raises BadRule, and
    CalendarRefused when the rule would cost too much.
    """
    parts = _parts(rule)
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    ends = parts.get("UNTIL", "")
    until = min(_until(ends, start, zone), window.end)
    unit = _UNITS[frequency] * interval if interval < 1_000_000 else timedelta(days=3_000_000)
    clock = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001
    if "COUNT" not in parts and frequency not in {"MONTHLY", "YEARLY"}:
        # Whole periods are passed over. The event's own start always counts, so it must end before the window.
        whole = (window.start - length - clock) // unit
        if whole > 0:
            start, clock = start + unit * whole, clock + unit * whole
    periods = max((until - clock) / unit, 0) + 1
    if "COUNT" in parts and frequency in {"SECONDLY", "MINUTELY", "HOURLY"}:
        periods = min(periods, int(parts["COUNT"]))
    asked = min(periods, (window.end - window.start) / unit + 1)
    budget.spend(_microseconds(parts, periods=periods, asked=asked))
    if ends:
        parts["UNTIL"] = f"{until:%Y%m%dT%H%M%S}" if isinstance(start, datetime) else f"{until:%Y%m%d}"
    return vRecur.from_ical(";".join(f"{key}={value}" for key, value in parts.items())), start


@contextmanager
def no_further_than(year: int) -> Iterator[None]:
    """dateutil gives up looking for a match after that year.

    It asks the `datetime` module for the last year there is; here it asks one that ends sooner. Not for processes
    with threads: it holds for all of them.
    """
    whole = dateutil.rrule.datetime  # type: ignore[attr-defined]
    dateutil.rrule.datetime = SimpleNamespace(**(vars(whole) | {"MAXYEAR": year}))  # type: ignore[assignment,attr-defined]
    try:
        yield
    finally:
        dateutil.rrule.datetime = whole  # type: ignore[attr-defined]


def _parts(rule: str) -> dict[str, str]:
    """The parts of a rule (RFC 5545 section 3.3.10), each looked at. Raises BadRule."""
    parts: dict[str, str] = {}
    for part in rule.upper().replace(" ", "").strip(";").split(";"):
        key, equals, value = part.partition("=")
        if not equals or key in parts:
            raise BadRule(rule)
        parts[key] = value
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":  # RFC 7529
        raise BadRule(rule)
    if parts.get("COUNT", "").startswith("-"):  # some write -1 for a series without end
        del parts["COUNT"]
    known = all(_is_known(key, value) for key, value in parts.items() if not key.startswith("X-"))
    if not known or "FREQ" not in parts:
        raise BadRule(rule)
    return {key: value for key, value in parts.items() if not key.startswith("X-")}


def _is_known(key: str, value: str) -> bool:
    values = value.split(",")
    if key in _WITHIN:
        signs = "+-" if key in _SIGNED else ""
        return all(
            each.lstrip(signs).isdecimal() and int(each.lstrip(signs)) in _WITHIN[key] for each in values
        )
    match key:
        case "FREQ":
            return value in _UNITS
        case "INTERVAL" | "COUNT":
            return value.isdecimal() and len(value) < 10 and int(value) > 0
        case "BYDAY":
            return all(_WEEKDAY.fullmatch(each) and not each.strip("+-").startswith("0") for each in values)
        case "WKST":
            return value in {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
        case "UNTIL":
            return _UNTIL.fullmatch(value) is not None
    return False


def _until(value: str, start: datetime | date, zone: tzinfo) -> datetime:
    """The last moment at which it may still happen, by the clock of the event's zone.

    A date means that day to its end, as those calendars mean it that write one beside an event with hours.
    """
    if not value:
        return datetime.max  # noqa: DTZ901 - by the event's own clock, as all here
    digits, clock, utc = _UNTIL.fullmatch(value).groups()  # type: ignore[union-attr]  # looked at in _parts
    try:
        if not clock or not isinstance(start, datetime):
            day = datetime.strptime(digits, "%Y%m%d")  # noqa: DTZ007
            until = day.replace(hour=23, minute=59, second=59)
            if not (clock and utc):
                return until
            # A day of the owner's, written in UTC: whichever is later.
            return max(until, _local(digits + clock, zone).replace(hour=23, minute=59, second=59))
        if utc:
            return _local(digits + clock, zone)
        return datetime.strptime(digits + clock, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError as error:
        raise BadRule(value) from error


def _local(text: str, zone: tzinfo) -> datetime:
    at = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    if not 1 < at.year < 9999:
        return at.replace(tzinfo=None)
    return at.astimezone(zone).replace(tzinfo=None)


def _microseconds(parts: dict[str, str], *, periods: float, asked: float) -> float:
    """Roughly what it takes to expand a rule over so many periods, of which `asked` are wanted."""

    def many(key: str, otherwise: int) -> int:
        return parts[key].count(",") + 1 if key in parts else otherwise

    frequency = parts["FREQ"]
    times = many("BYHOUR", 1) * many("BYMINUTE", 1) * many("BYSECOND", 1)
    weekdays = sum(1 if each[0] in "+-123456789" else 5 for each in parts.get("BYDAY", "").split(",") if each)
    in_a_month = many("BYMONTHDAY", weekdays or 1)
    days = {"WEEKLY": many("BYDAY", 1), "MONTHLY": in_a_month}.get(frequency, 1)
    if frequency == "YEARLY":
        months = many("BYMONTH", 12 if "BYMONTHDAY" in parts or "BYDAY" in parts else 1)
        weeks = many("BYWEEKNO", 1) * many("BYDAY", 1) if "BYWEEKNO" in parts else 0
        days = many("BYYEARDAY", weeks or months * in_a_month)
    if frequency in {"HOURLY", "MINUTELY", "SECONDLY"}:
        days, times = 1, 1
    each = _MICROSECONDS_A_PERIOD.get(frequency, 4)
    return periods * (each + days * times * 2) + asked * days * times * _MICROSECONDS_A_FIND
