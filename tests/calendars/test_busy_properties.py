"""What holds for every calendar: no busy time is lost by another, by order, by how it is cut, or by a stray byte."""

# ruff: noqa: DTZ001 - rules go by the clock of their event

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from calendars.days import BusyReading, BusyRules, BusyTime, days_taken, merged
from calendars.reading.reader import read_busy
from calendars.refused import CalendarRefused

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)
AWKWARD = sorted((Path(__file__).parent / "awkward").glob("*.ics"))
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
    "UTC",
]

zones = st.sampled_from(ZONES)
starts = st.datetimes(datetime(2026, 2, 20), datetime(2026, 5, 8)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
lengths = st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def events(draw: st.DrawFn) -> str:
    """A VEVENT that blocks, in some zone, once or each few days."""
    start, length, zone = draw(starts), draw(lengths), draw(zones)
    lines = [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}"]
    if draw(st.booleans()):
        lines = [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DURATION:P{length.days + 1}D"]
    else:
        lines.append(f"DURATION:PT{length // timedelta(minutes=1)}M")
    if draw(st.booleans()):
        lines.append(f"RRULE:FREQ=DAILY;INTERVAL={draw(st.integers(3, 20))};COUNT={draw(st.integers(1, 9))}")
    return vevent(*lines, uid=draw(st.uuids()))


def vevent(*lines: str, uid: object) -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])


def read(*parts: str, zone: str = "Europe/Berlin") -> BusyReading:
    content = "".join(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", *parts, "END:VCALENDAR\r\n"]).encode()
    return read_busy(content, first=FIRST, last=LAST, zone=ZoneInfo(zone))


def taken(reading: BusyReading, zone: str) -> set[date]:
    return set(days_taken(reading, first=FIRST, last=LAST, zone=ZoneInfo(zone), rules=BusyRules()))


@given(st.lists(events(), max_size=5), events(), zones)
def test_another_busy_event_frees_no_day(before: list[str], another: str, zone: str) -> None:
    assert taken(read(*before, zone=zone), zone) <= taken(read(*before, another, zone=zone), zone)


@given(st.lists(events(), max_size=6), zones, st.randoms(use_true_random=False))
def test_the_order_of_events_is_irrelevant(some: list[str], zone: str, order: random.Random) -> None:
    shuffled = some.copy()
    order.shuffle(shuffled)
    assert read(*some, zone=zone) == read(*shuffled, zone=zone)


@given(starts, lengths, zones, zones, st.floats(0, 1), st.floats(0, 1))
def test_an_event_in_two_overlapping_parts_is_the_same(
    start: datetime, length: timedelta, zone: str, owner: str, one: float, other: float
) -> None:
    minutes = length // timedelta(minutes=1)
    early, late = sorted((round(minutes * one), round(minutes * other)))

    def part(begin: int, end: int) -> str:
        at = (start.replace(tzinfo=ZoneInfo("UTC")) + timedelta(minutes=begin)).astimezone(ZoneInfo(zone))
        fold = "" if not at.fold else "Z"  # the hour that comes twice has no other name than in UTC
        at = at if not fold else at.astimezone(ZoneInfo("UTC"))
        return vevent(
            f"DTSTART{'' if fold else f';TZID={zone}'}:{at:%Y%m%dT%H%M%S}{fold}",
            f"DURATION:PT{end - begin}M",
            uid=begin,
        )

    assert read(part(0, minutes), zone=owner) == read(part(0, late), part(early, minutes), zone=owner)


def joined(*parts: list[str]) -> str:
    return ";".join(part for some in parts for part in some)


weekdays = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), unique=True, max_size=4)
RULES = st.builds(
    joined,
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]).map(lambda word: [f"FREQ={word}"]),
    st.integers(1, 9).map(lambda number: [f"INTERVAL={number}"]),
    weekdays.map(lambda days: [f"BYDAY={','.join(days)}"] if days else []),
    st.sampled_from([[], [], ["BYMONTH=3,4,11"], ["BYMONTHDAY=1,15,-1"], ["BYHOUR=8,14"]]),
    st.sampled_from([[], ["WKST=SU"], ["WKST=WE"]]),
    st.sampled_from([[], [], ["COUNT=200"], ["UNTIL=20260401T100000"]]),
)


@given(RULES, st.datetimes(datetime(2019, 1, 1), datetime(2026, 4, 20)), st.integers(1, 5_000))
def test_a_rule_gives_what_dateutil_gives_from_its_first_day_on(
    rule: str, start: datetime, minutes: int
) -> None:
    start, length = start.replace(second=0, microsecond=0), timedelta(minutes=minutes)
    reading = read(
        vevent(f"DTSTART:{start:%Y%m%dT%H%M%S}Z", f"DURATION:PT{minutes}M", f"RRULE:{rule}", uid=1),
        zone="UTC",
    )
    utc = ZoneInfo("UTC")
    opens, ends = (datetime.combine(day, time(0), tzinfo=utc) for day in (FIRST, LAST + timedelta(days=1)))
    try:
        plain = rrulestr(rule, dtstart=start)
    except ValueError:  # such as every second hour from nine on, at eight
        reject()
    found = plain.between(datetime(2015, 1, 1), datetime(2026, 5, 2))
    if "UNTIL" not in rule or start <= datetime(2026, 4, 1, 10):
        found.append(start)
    starts_at = [at.replace(tzinfo=utc) for at in found]
    expected = merged(BusyTime(max(at, opens), min(at + length, ends)) for at in starts_at)
    assert list(reading.busy) == expected


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(AWKWARD), st.data())
def test_stray_bytes_give_a_reading_or_a_refusal(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes()[:20_000])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 12))
        content[at : at + cut] = data.draw(st.binary(max_size=8) | st.sampled_from(WORDS))
    try:
        read_busy(bytes(content), first=FIRST, last=LAST, zone=ZoneInfo("Europe/Berlin"))
    except CalendarRefused as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 - either is right


WORDS = [
    b"\r\n", b"\r\nRRULE:FREQ=DAILY;BYSETPOS=-366;BYDAY=-53MO", b"\r\nEXDATE:99991231T235959Z", b"\r\nBEGIN:VEVENT",
    b"\r\nRDATE;VALUE=PERIOD:00010101T000000Z/P9999999D", b"\r\nSEQUENCE:99999999999", b";TZID=../../etc/passwd",
    b"\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:00010101T000000Z", b"\r\nDURATION:P99999999999999999999W", b"99991231",
    b"\r\nDTEND:00010101", b"\r\nRDATE:19970101,20260310T100000", b"00010101", b"-", b"\xff", b"\0", b":", b";", b"/",
]  # fmt: skip
