"""Duty days and duty hours of a programme, as instants. Pure: no database, no clock.

Days and hours are of the programme's wall clock; instants are in UTC. Hours that end at or before their start
run past midnight ("22:00-06:00"); equal ones (00:00 and 00:00) are always.

Where the clocks are put forward, an opening that does not exist that day happens that much later (02:30 at
03:30: RFC 5545 section 3.3.5). Where they are put back, hours open at the first of two equal times and close
at the second: better an hour too long than a phone that stays silent.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Wider than the longest row of holidays; beyond it a programme has no duty days at all.
_FAR = 400


class NoDutyDays(LookupError):
    """The programme's weekdays and holidays leave no duty day within a year."""


@dataclass(frozen=True, kw_only=True)
class DutyRules:
    """When a programme has somebody on duty and when its phones ring for every qualifying case.

    `days` are of `WEEKDAYS`; `holidays` is a python-holidays code ("US", "GB-SCT", "NYSE") or "". `days_off` are
    dates without duty whatever their weekday; `special_days` are duty days whatever else they are: a special day
    on a holiday is served. `after_hours` is "all", "critical" or "none": what rings outside the hours.
    """

    zone: ZoneInfo
    days: frozenset[str]
    holidays: str
    opens: time
    closes: time
    after_hours: str
    days_off: frozenset[date] = frozenset()
    special_days: frozenset[date] = frozenset()

    @property
    def always(self) -> bool:
        """Whether the hours never end, on no day."""
        return self.opens == self.closes


@dataclass(frozen=True)
class Span:
    """From an instant up to, not including, another. In UTC."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def is_duty_day(rules: DutyRules, day: date) -> bool:
    """Whether the programme has seats on this date: a special day, or a weekday of its that is no day off."""
    if day in rules.special_days:
        return True
    if WEEKDAYS[day.weekday()] not in rules.days or day in rules.days_off:
        return False
    return holiday_name(rules.holidays, day) is None


def next_duty_day(rules: DutyRules, after: date) -> date:
    """The first duty day later than `after`. Raises NoDutyDays."""
    return _search(rules, after, 1)


def duty_day_of(rules: DutyRules, at: datetime) -> date:
    """The duty day whose officers are on duty at this instant. Raises NoDutyDays."""
    today = at.astimezone(rules.zone).date()
    day = _search(rules, today + timedelta(days=2), -1)
    while _opening(rules, day) > at:
        day = _search(rules, day, -1)
    return day


def duty_days(rules: DutyRules, first: date, last: date) -> list[date]:
    """The duty days from `first` to `last`, both inclusive, in order."""
    whole = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in whole if is_duty_day(rules, day)]


def duty_period(rules: DutyRules, day: date) -> Span:
    """How long the officers of this duty day are on duty: from its opening to the next duty day's."""
    return Span(_opening(rules, day), _opening(rules, next_duty_day(rules, day)))


def duty_hours(rules: DutyRules, day: date) -> Span:
    """When every qualifying case of this duty day rings at once."""
    if rules.always:
        return duty_period(rules, day)
    opening = _opening(rules, day)
    closing_day = day if rules.closes > rules.opens else day + timedelta(days=1)
    wall = datetime.combine(closing_day, rules.closes, tzinfo=rules.zone)
    closing = max(wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))
    return Span(opening, closing)


def is_open(rules: DutyRules, at: datetime) -> bool:
    """Whether the instant lies within duty hours. Hours "for always" are open on every day of the week."""
    return rules.always or at in duty_hours(rules, duty_day_of(rules, at))


def may_ring(rules: DutyRules, at: datetime, *, severity: str, public_risk: bool) -> bool:
    """Whether a qualifying case may ring at this instant, or has to wait for the opening."""
    if is_open(rules, at) or rules.after_hours == "all":
        return True
    return rules.after_hours == "critical" and (severity == "critical" or public_risk)


def next_opening(rules: DutyRules, at: datetime) -> datetime:
    """The first opening of duty hours later than this instant, in UTC. Raises NoDutyDays."""
    day = duty_day_of(rules, at)
    while _opening(rules, day) <= at:
        day = next_duty_day(rules, day)
    return _opening(rules, day)


def holiday_name(code: str, day: date) -> str | None:
    """What is kept as a holiday on this date under a python-holidays code, or None."""
    return _holidays(code, day.year).get(day) if code else None


def knows_holidays(code: str) -> bool:
    """Whether python-holidays has this country, subdivision ("US-CA") or exchange ("NYSE")."""
    try:
        _holidays(code, 2026)
    except NotImplementedError:
        return False
    return True


def _search(rules: DutyRules, start: date, step: int) -> date:
    """The nearest duty day strictly beyond `start`, in days of `step`."""
    for distance in range(1, _FAR + 1):
        day = start + timedelta(days=distance * step)
        if is_duty_day(rules, day):
            return day
    raise NoDutyDays("The programme's days and holidays leave no duty day within a year.")


def _opening(rules: DutyRules, day: date) -> datetime:
    return datetime.combine(day, rules.opens, tzinfo=rules.zone).astimezone(UTC)


@lru_cache(maxsize=512)
def _holidays(code: str, year: int) -> dict[date, str]:
    """The holidays of one year. Raises NotImplementedError for an unknown code."""
    country, _, subdivision = code.partition("-")
    if country in public_holidays.list_supported_financial():
        return dict(public_holidays.financial_holidays(country, years=year))
    return dict(public_holidays.country_holidays(country, subdiv=subdivision or None, years=year))
