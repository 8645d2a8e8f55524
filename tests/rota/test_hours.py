"""Duty days and hours as instants: ordinary days, nights, holidays, and the days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rota.hours import (
    WEEKDAYS,
    DutyRules,
    NoDutyDays,
    duty_day_of,
    duty_days,
    duty_hours,
    duty_period,
    holiday_name,
    is_duty_day,
    is_open,
    knows_holidays,
    may_ring,
    next_duty_day,
    next_opening,
)

WORKDAYS = frozenset(WEEKDAYS[:5])


def rules(
    zone: str = "America/New_York",
    opens: str = "08:00",
    closes: str = "20:00",
    *,
    days: frozenset[str] = WORKDAYS,
    holidays: str = "",
    after_hours: str = "critical",
    days_off: frozenset[date] = frozenset(),
    special_days: frozenset[date] = frozenset(),
) -> DutyRules:
    return DutyRules(
        zone=ZoneInfo(zone),
        days=days,
        holidays=holidays,
        opens=time.fromisoformat(opens),
        closes=time.fromisoformat(closes),
        after_hours=after_hours,
        days_off=days_off,
        special_days=special_days,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes"),
    [
        # New York: clocks forward on 8 March 2026, back on 1 November 2026 (both Sundays).
        ("America/New_York", date(2026, 3, 6), "2026-03-06T13:00", "2026-03-07T01:00"),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T12:00", "2026-03-09T00:00"),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T13:00", "2026-11-02T01:00"),
        # London: 29 March and 25 October 2026.
        ("Europe/London", date(2026, 3, 29), "2026-03-29T07:00", "2026-03-29T19:00"),
        ("Europe/London", date(2026, 10, 25), "2026-10-25T08:00", "2026-10-25T20:00"),
        # Auckland: back on 5 April, forward on 27 September 2026; the day starts on the day before in UTC.
        ("Pacific/Auckland", date(2026, 4, 5), "2026-04-04T20:00", "2026-04-05T08:00"),
        ("Pacific/Auckland", date(2026, 9, 27), "2026-09-26T19:00", "2026-09-27T07:00"),
        # Kolkata never changes and is half an hour off.
        ("Asia/Kolkata", date(2026, 3, 29), "2026-03-29T02:30", "2026-03-29T14:30"),
    ],
)
def test_hours_are_of_the_programmes_wall_clock(zone: str, day: date, opens: str, closes: str) -> None:
    span = duty_hours(rules(zone), day)
    assert (span.start, span.end) == (utc(opens), utc(closes))


@pytest.mark.parametrize(
    ("opens", "closes", "day", "start", "end"),
    [
        # The gap of 8 March: 02:30 does not exist and happens at 03:30 (07:30 UTC).
        ("02:30", "12:00", date(2026, 3, 8), "2026-03-08T07:30", "2026-03-08T16:00"),
        ("00:30", "02:30", date(2026, 3, 8), "2026-03-08T05:30", "2026-03-08T07:30"),
        # 1 November: 01:30 happens twice; open at the first (05:30 UTC), close at the second (06:30 UTC).
        ("01:30", "12:00", date(2026, 11, 1), "2026-11-01T05:30", "2026-11-01T17:00"),
        ("00:30", "01:30", date(2026, 11, 1), "2026-11-01T04:30", "2026-11-01T06:30"),
    ],
)
def test_hours_that_touch_the_change_of_clocks(
    opens: str, closes: str, day: date, start: str, end: str
) -> None:
    span = duty_hours(rules(opens=opens, closes=closes), day)
    assert (span.start, span.end) == (utc(start), utc(end))


def test_a_duty_lasts_until_the_next_duty_days_opening() -> None:
    friday = date(2026, 11, 27)
    assert duty_period(rules(), friday).end == local("America/New_York", "2026-11-30T08:00")
    # Thanksgiving on Thursday: Wednesday's officer keeps the phone until Friday's opening.
    wednesday = duty_period(rules(holidays="US"), date(2026, 11, 25))
    assert wednesday.end == local("America/New_York", "2026-11-27T08:00")


def test_a_duty_over_the_change_of_clocks_is_an_hour_shorter_or_longer() -> None:
    hours = timedelta(hours=1)
    every_day = rules(days=frozenset(WEEKDAYS))
    spring, autumn = duty_period(every_day, date(2026, 3, 7)), duty_period(every_day, date(2026, 10, 31))
    assert spring.end - spring.start == 23 * hours
    assert autumn.end - autumn.start == 25 * hours


def test_hours_past_midnight_end_on_the_next_day() -> None:
    night = rules(opens="22:00", closes="06:00")
    span = duty_hours(night, date(2026, 11, 27))
    assert span.end == local("America/New_York", "2026-11-28T06:00")
    assert is_open(night, local("America/New_York", "2026-11-28T05:59"))  # a Saturday, still Friday's night
    assert not is_open(night, local("America/New_York", "2026-11-28T06:00"))
    assert not is_open(night, local("America/New_York", "2026-11-28T23:00"))


def test_hours_until_midnight() -> None:
    until = rules(opens="08:00", closes="00:00")
    assert duty_hours(until, date(2026, 11, 27)).end == local("America/New_York", "2026-11-28T00:00")


def test_always_is_open_on_every_day_of_the_week() -> None:
    always = rules(opens="00:00", closes="00:00")
    for hour in range(0, 24 * 8, 5):
        assert is_open(always, utc("2026-11-20T00:00") + timedelta(hours=hour))


@pytest.mark.parametrize(
    ("at", "after_hours", "severity", "public_risk", "rings"),
    [
        ("2026-11-20T08:00", "none", "normal", False, True),
        ("2026-11-20T07:59:59", "none", "critical", True, False),
        ("2026-11-20T19:59:59", "none", "normal", False, True),
        ("2026-11-20T20:00", "none", "normal", False, False),
        ("2026-11-20T20:00", "all", "normal", False, True),
        ("2026-11-20T20:00", "critical", "high", False, False),
        ("2026-11-20T20:00", "critical", "critical", False, True),
        ("2026-11-20T20:00", "critical", "normal", True, True),
        ("2026-11-21T12:00", "critical", "normal", False, False),  # Saturday
        ("2026-11-26T12:00", "critical", "normal", False, False),  # Thanksgiving
    ],
)
def test_what_may_ring(at: str, after_hours: str, severity: str, public_risk: bool, rings: bool) -> None:
    instant = local("America/New_York", at)
    ruled = rules(holidays="US", after_hours=after_hours)
    assert may_ring(ruled, instant, severity=severity, public_risk=public_risk) is rings


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-11-20T07:00", "2026-11-20T08:00"),
        ("2026-11-20T08:00", "2026-11-23T08:00"),  # Friday, just opened: the next one is Monday's
        ("2026-11-21T03:00", "2026-11-23T08:00"),
        ("2026-11-25T21:00", "2026-11-27T08:00"),  # over Thanksgiving
        ("2026-12-24T21:00", "2026-12-28T08:00"),  # over Christmas Day and a weekend
    ],
)
def test_the_next_opening(at: str, opening: str) -> None:
    instant = local("America/New_York", at)
    assert next_opening(rules(holidays="US"), instant) == local("America/New_York", opening)


def test_holidays_are_those_of_the_code() -> None:
    assert holiday_name("US", date(2026, 11, 26)) == "Thanksgiving Day"
    assert holiday_name("US", date(2026, 11, 27)) is None
    assert holiday_name("", date(2026, 12, 25)) is None
    assert holiday_name("GB-SCT", date(2026, 11, 30)) is not None
    assert holiday_name("GB-ENG", date(2026, 11, 30)) is None
    assert holiday_name("NYSE", date(2026, 4, 3)) is not None  # Good Friday closes the exchange, not the US


@pytest.mark.parametrize(
    ("code", "known"),
    [("US", True), ("US-CA", True), ("NYSE", True), ("XX", False), ("US-ZZ", False), ("us", False)],
)
def test_unknown_codes_are_known_to_be_unknown(code: str, known: bool) -> None:
    assert knows_holidays(code) is known


def test_duty_days_of_a_week_with_a_holiday() -> None:
    found = duty_days(rules(holidays="US"), date(2026, 11, 23), date(2026, 11, 29))
    assert found == [date(2026, 11, day) for day in (23, 24, 25, 27)]


def test_own_days_off_and_special_days() -> None:
    friday, saturday, thanksgiving = (date(2026, 11, day) for day in (27, 28, 26))
    ruled = rules(
        holidays="US", days_off=frozenset({friday}), special_days=frozenset({saturday, thanksgiving})
    )
    found = duty_days(ruled, date(2026, 11, 23), date(2026, 11, 30))
    assert found == [date(2026, 11, day) for day in (23, 24, 25, 26, 28, 30)]
    # Thursday's officer keeps the phone over the day off, and hours are those of any day.
    assert duty_period(ruled, thanksgiving).end == local("America/New_York", "2026-11-28T08:00")
    assert not is_open(ruled, local("America/New_York", "2026-11-27T12:00"))
    assert is_open(ruled, local("America/New_York", "2026-11-28T12:00"))


def test_a_programme_whose_days_are_all_holidays_says_so() -> None:
    never = rules(days=frozenset())
    with pytest.raises(NoDutyDays):
        next_opening(never, utc("2026-11-20T00:00"))


zones = st.sampled_from(
    ["America/New_York", "Europe/London", "Pacific/Auckland", "Asia/Kolkata", "Australia/Lord_Howe",
     "America/Havana", "Africa/Casablanca", "Asia/Beirut", "UTC"]
)  # fmt: skip
clock = st.times().map(lambda t: t.replace(second=0, microsecond=0))
some_dates = st.frozensets(
    st.integers(0, 8 * 366).map(lambda n: date(2024, 1, 1) + timedelta(days=n)), max_size=60
)
any_rules = st.builds(
    DutyRules,
    zone=zones.map(ZoneInfo),
    days=st.frozensets(st.sampled_from(WEEKDAYS), min_size=1),
    holidays=st.sampled_from(["", "US", "GB-SCT", "NZ", "IN"]),
    opens=clock,
    closes=clock,
    after_hours=st.sampled_from(["all", "critical", "none"]),
    days_off=some_dates,
    special_days=some_dates,
)
instants = st.integers(0, 8 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(ruled=any_rules, at=instants)
def test_somebody_is_always_on_duty_and_only_once(ruled: DutyRules, at: datetime) -> None:
    day = duty_day_of(ruled, at)
    assert is_duty_day(ruled, day)
    period = duty_period(ruled, day)
    assert period.start <= at < period.end
    following = duty_period(ruled, next_duty_day(ruled, day))
    assert following.start == period.end


@given(ruled=any_rules, at=instants)
def test_the_next_opening_is_later_open_and_the_nearest(ruled: DutyRules, at: datetime) -> None:
    opening = next_opening(ruled, at)
    assert opening > at
    assert is_open(ruled, opening)
    assert opening == duty_period(ruled, duty_day_of(ruled, at)).end


@given(ruled=any_rules, at=instants)
def test_hours_are_never_empty_and_lie_in_their_duty(ruled: DutyRules, at: datetime) -> None:
    assume(ruled.opens != ruled.closes)
    day = duty_day_of(ruled, at)
    hours = duty_hours(ruled, day)
    assert hours.start < hours.end
    assert hours.start == duty_period(ruled, day).start


@given(ruled=any_rules, at=instants)
def test_inside_the_hours_everything_rings_and_public_risk_rings_most(ruled: DutyRules, at: datetime) -> None:
    ordinary = may_ring(ruled, at, severity="normal", public_risk=False)
    assert ordinary or not is_open(ruled, at)
    assert may_ring(ruled, at, severity="normal", public_risk=True) >= ordinary
