"""When a day is taken: how much of which hours, by the owner's clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from calendars.busy import BusyReading, BusyRules, BusyTime, Doubt, busy_days, busy_times, days_taken
from calendars.days import merged

DAY = date(2026, 3, 10)
BERLIN = ZoneInfo("Europe/Berlin")


def busy(*hours: tuple[str, str], day: date = DAY, zone: ZoneInfo = BERLIN) -> BusyReading:
    """Taken from and to these times of the day's clock."""

    def at(clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)

    return BusyReading(tuple(merged(BusyTime(at(start), at(end)) for start, end in hours)))


def is_taken(reading: BusyReading, *, day: date = DAY, zone: ZoneInfo = BERLIN, **rules: object) -> bool:
    return bool(days_taken(reading, first=day, last=day, zone=zone, rules=BusyRules(**rules)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "taken"),
    [
        ([("09:00", "13:00")], True),
        ([("09:00", "12:59:59")], False),
        ([("08:00", "12:59")], False),
        ([("13:00", "23:00")], True),
        ([("13:01", "23:00")], False),
        ([("09:00", "11:00"), ("10:00", "12:59")], False),
        ([("09:00", "11:00"), ("11:00", "13:00")], True),
        ([("09:00", "09:30"), ("10:00", "11:30"), ("12:00", "13:00"), ("16:00", "18:00")], True),
        ([("00:00", "09:00"), ("17:00", "23:59")], False),
        ([], False),
    ],
)
def test_four_of_eight_hours_take_the_day(hours: list[tuple[str, str]], taken: bool) -> None:
    assert is_taken(busy(*hours)) is taken


def test_a_programme_sets_its_own_hours() -> None:
    morning = busy(("08:00", "09:00"))
    assert is_taken(morning, from_=time(8), to=time(12), minutes=60)
    assert not is_taken(morning, from_=time(8), to=time(12), minutes=61)
    assert is_taken(busy(("23:00", "23:30")), from_=time(22), to=time(0), minutes=30)


def test_blocked_dates_are_taken_whatever_the_hours() -> None:
    reading = BusyReading(blocked=(DAY,), doubtful=(Doubt("Who knows.", (DAY,)),))
    days = days_taken(
        reading, first=DAY - timedelta(2), last=DAY + timedelta(2), zone=BERLIN, rules=BusyRules()
    )
    assert days == [DAY]


def test_hours_that_the_clock_skips_are_not_asked_for() -> None:
    """From midnight to four on the day that goes from two to three: all three hours are enough."""
    spring, night = date(2026, 3, 29), {"from_": time(0), "to": time(4), "minutes": 240}
    assert is_taken(busy(("00:00", "04:00"), day=spring), day=spring, **night)
    assert not is_taken(busy(("00:00", "03:59"), day=spring), day=spring, **night)


def test_hours_that_come_twice_pass_twice() -> None:
    """From midnight to four on the day that has the hour after two twice: five hours pass."""
    autumn = date(2026, 10, 25)
    reading = busy(("00:00", "03:00"), day=autumn)
    assert is_taken(reading, day=autumn, from_=time(0), to=time(4), minutes=240)
    assert not is_taken(reading, day=autumn, from_=time(0), to=time(4), minutes=241)


@pytest.mark.parametrize(
    "rules",
    [
        {"from_": time(17), "to": time(9)},
        {"from_": time(9), "to": time(9)},
        {"minutes": 0},
        {"minutes": 1441},
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="busy"):
        BusyRules(**rules)  # type: ignore[arg-type]


def test_a_reading_is_kept_as_json() -> None:
    reading = BusyReading(
        busy(("09:00", "11:00"), ("12:00", "13:00")).busy,
        (DAY,),
        (Doubt("Who knows."), Doubt("Nor when.", (DAY,))),
    )
    assert BusyReading.from_json(reading.as_json()) == reading


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (DAY, DAY - timedelta(1)),
        (DAY, DAY + timedelta(800)),
        (date(1, 1, 1), date(1, 1, 2)),
        (date.max, date.max),
    ],
)
def test_days_that_nobody_means_are_refused(first: date, last: date) -> None:
    with pytest.raises(ValueError, match="no span"):
        busy_times(b"", first=first, last=last, zone=BERLIN)


CALENDAR = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Merger with Initech
LOCATION:Room 42
DTSTART:20260310T080000Z
DTEND:20260310T120000Z
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Surgery
DTSTART;VALUE=DATE:20260312
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Interview
DTSTART:20260313T080000Z
DTEND:Interview
END:VEVENT
END:VCALENDAR
"""


def test_a_reading_says_when_and_not_what() -> None:
    reading = busy_times(CALENDAR, first=date(2026, 3, 1), last=date(2026, 3, 31), zone=BERLIN)
    assert reading.busy == busy(("09:00", "13:00")).busy
    assert reading.blocked == (date(2026, 3, 12), date(2026, 3, 13))
    assert [doubt.dates for doubt in reading.doubtful] == [(date(2026, 3, 13),)]
    said = str(reading) + str(reading.as_json())
    assert not any(word in said for word in ("Merger", "Room", "Surgery", "Interview"))


def test_only_the_days_that_were_asked_for_are_read() -> None:
    reading = busy_times(CALENDAR, first=date(2026, 3, 11), last=date(2026, 3, 12), zone=BERLIN)
    assert reading == BusyReading((), (date(2026, 3, 12),), ())


def test_busy_days_are_the_dates() -> None:
    days = busy_days(CALENDAR, first=date(2026, 3, 1), last=date(2026, 3, 31), zone=BERLIN)
    assert days == [date(2026, 3, day) for day in (10, 12, 13)]
    late = BusyRules(from_=time(12), to=time(20), minutes=61)
    assert busy_days(CALENDAR, first=DAY, last=DAY, zone=BERLIN, rules=late) == []
