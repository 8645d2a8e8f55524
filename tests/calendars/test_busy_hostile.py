"""Calendars made to hurt: each is refused or read within its five seconds and little memory, never free by mistake."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import pytest

from calendars.busy import MOST_BYTES, BusyReading, BusyTime, CalendarRefused, busy_times

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
PROCESSOR_SECONDS = 2.5  # of the five, which pass faster the more else a machine has to do
PATIENCE = 20.0  # so that only what is slow by itself is too slow
MEGABYTES = 100


def calendar(*parts: str) -> bytes:
    return "".join(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", *parts, "END:VCALENDAR\r\n"]).encode()


def event(*lines: str, uid: object = "one") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])


GOOD = event("DTSTART:20260310T080000Z", "DTEND:20260310T160000Z", uid="good")
GOOD_TIME = BusyTime(datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 3, 10, 16, tzinfo=UTC))


def rule(text: str, *, start: str = "20200101T090000Z") -> bytes:
    return calendar(GOOD, event(f"DTSTART:{start}", "DURATION:PT1H", f"RRULE:{text}"))


def swarm(number: int, *lines: str) -> bytes:
    return calendar(GOOD, *(event(*lines, uid=each) for each in range(number)))


def numbers(upto: int) -> str:
    return ",".join(map(str, range(upto)))


def hours(upto: int) -> str:
    return ",".join(
        f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=each):%Y%m%dT%H%M%S}" for each in range(upto)
    )


MONTH = ",".join(map(str, range(1, 32)))
NEW_YORK = ("DTSTART;TZID=America/New_York:20200106T090000", "DTEND;TZID=America/New_York:20200106T100000")
BEGIN = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
END = b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "10 MB of events": (
        "too_big",
        lambda: swarm(120_000, "DTSTART:20260310T080000Z", "DTEND:20260310T090000Z"),
    ),
    "one byte too many": ("too_big", lambda: calendar(GOOD).ljust(MOST_BYTES + 1)),
    "20,000 events on one day": ("too_many", lambda: swarm(20_000, "DTSTART:20260310T080000Z")),
    "10,000 series": ("too_often", lambda: swarm(9_999, *NEW_YORK, "RRULE:FREQ=WEEKLY;BYDAY=MO,TU")),
    "every second": ("too_often", lambda: rule("FREQ=SECONDLY")),
    "every second of these days": ("too_often", lambda: rule("FREQ=SECONDLY", start="20260301T000000Z")),
    "every second on no day": ("too_often", lambda: rule("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30")),
    "every minute": ("too_often", lambda: rule("FREQ=MINUTELY", start="20260301T000000Z")),
    "every second of every day, by lists": (
        "too_often",
        lambda: rule(f"FREQ=DAILY;BYHOUR={numbers(24)};BYMINUTE={numbers(60)};BYSECOND={numbers(60)}"),
    ),
    "every minute of every year, by lists": (
        "too_often",
        lambda: rule(
            f"FREQ=YEARLY;BYSETPOS=1;BYMONTHDAY={MONTH};BYHOUR={numbers(24)};BYMINUTE={numbers(60)}"
        ),
    ),
    "nesting without end": ("unbalanced", lambda: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X-A\r\n" * 500_000),
    "events without end": ("unbalanced", lambda: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 500_000),
    "every byte there is": ("not_a_calendar", lambda: bytes(range(256)) * 30_000),
    "zeros": ("not_a_calendar", lambda: b"\0" * 8_000_000),
    "cut off": ("truncated", lambda: calendar(GOOD, *[event("DTSTART:20260310T080000Z")] * 5_000)[:-200]),
    "400,000 days off": ("too_many", lambda: rule("FREQ=DAILY\r\nEXDATE:" + "20260310T090000Z," * 400_000)),
    "400,000 extra days": ("too_many", lambda: rule("FREQ=DAILY\r\nRDATE:" + "20260310T090000Z," * 400_000)),
    "300,000 busy times": (
        "too_many",
        lambda: calendar(
            GOOD,
            "BEGIN:VFREEBUSY\r\nFREEBUSY:" + "20260310T090000Z/PT1H," * 300_000 + "\r\nEND:VFREEBUSY\r\n",
        ),
    ),
    "30,000 lines of one event": ("too_many", lambda: BEGIN + b"EXDATE:20260310T090000Z\r\n" * 30_000 + END),
    "9,000 time zones": (
        "too_many",
        lambda: calendar(
            *(event(f"DTSTART;TZID=Z{each}:20260310T090000", uid=each) for each in range(9_000))
        ),
    ),
}

READ: dict[str, Callable[[], bytes]] = {
    "7 MB of old events": lambda: swarm(75_000, "DTSTART:20200310T080000Z", "DTEND:20200310T090000Z", "SEQUENCE:1"),
    "endless": lambda: rule("FREQ=DAILY"),
    "daily since the year 1, thirty times": lambda: swarm(
        30, "DTSTART:00010101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"
    ),
    "ten million times since 1601": lambda: rule("FREQ=DAILY;COUNT=9999999", start="16010101T000000Z"),
    "every hour": lambda: rule("FREQ=HOURLY;BYHOUR=20"),
    "every second, three times": lambda: rule("FREQ=SECONDLY;COUNT=3"),
    "an interval of zero": lambda: rule("FREQ=DAILY;INTERVAL=0"),
    "an interval of ages": lambda: rule("FREQ=SECONDLY;INTERVAL=999999999"),
    "yearly and never": lambda: rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    "weekly and never": lambda: rule("FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30"),
    "daily and never, three hundred times": lambda: swarm(
        300, "DTSTART:20200101T200000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    ),
    "empty lines": lambda: calendar(GOOD, "\r\n" * 3_500_000),
    "a name of 7 MB": lambda: calendar(GOOD, "X-" + "A" * 7_000_000 + ":1\r\n"),
    "folds": lambda: calendar(GOOD, "X-A:" + "\r\n 1" * 1_500_000 + "\r\n"),
    "a series changed 3,000 times": lambda: calendar(
        GOOD,
        event(*NEW_YORK, "RRULE:FREQ=DAILY"),
        *(event(f"RECURRENCE-ID:{each % 9_000 + 1_000}0310T140000Z", NEW_YORK[0]) for each in range(3_000)),
    ),
    "a clock that changed 300,000 times": lambda: calendar(
        GOOD,
        "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
        f"TZOFFSETTO:+0200\r\nRDATE:{hours(300_000)}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
        *(event(f"DTSTART;TZID=Mine:202603{each % 28 + 1:02}T090000", uid=each) for each in range(1_000)),
    ),
    "a clock that changes each minute": lambda: calendar(
        GOOD,
        "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\nTZOFFSETFROM:+0100\r\n"
        f"TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTHDAY={MONTH};BYHOUR={numbers(24)};BYMINUTE={numbers(60)}\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n",
        event("DTSTART;TZID=Mine:20260311T090000", "DURATION:PT1H"),
    ),
}  # fmt: skip


@dataclass
class Watched:
    processor: float = 0.0
    peak: int = 0


@contextmanager
def watched() -> Iterator[Watched]:
    """The seconds of a processor that the reading process takes, and the most memory (bytes) that it has."""
    seen, over = Watched(), threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for child in psutil.Process().children():
                try:
                    if "calendars.reading" in child.cmdline():  # and no longer our own image, just forked
                        seen.peak = max(seen.peak, child.memory_info().rss)
                        seen.processor = max(seen.processor, child.cpu_times().user)
                except psutil.Error:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def read(content: bytes) -> BusyReading:
    return busy_times(content, first=FIRST, last=LAST, zone=BERLIN, seconds=PATIENCE)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str) -> None:
    code, make = REFUSED[name]
    content = make()
    with watched() as seen, pytest.raises(CalendarRefused) as refusal:
        read(content)
    assert refusal.value.code == code
    assert seen.processor < PROCESSOR_SECONDS
    assert seen.peak < MEGABYTES * 2**20


@pytest.mark.parametrize("name", READ)
def test_is_read_within_bounds(name: str) -> None:
    content = READ[name]()
    assert len(content) <= MOST_BYTES
    with watched() as seen:
        reading = read(content)
    assert any(taken.start <= GOOD_TIME.start and GOOD_TIME.end <= taken.end for taken in reading.busy)
    assert seen.processor < PROCESSOR_SECONDS
    assert seen.peak < MEGABYTES * 2**20


def test_a_reader_that_is_late_is_ended() -> None:
    content = swarm(5_000, "DTSTART:20260310T080000Z", "DTEND:20260310T090000Z")
    began = time.monotonic()
    with pytest.raises(CalendarRefused) as refusal:
        busy_times(content, first=FIRST, last=LAST, zone=BERLIN, seconds=0.05)
    assert refusal.value.code == "too_slow"
    assert time.monotonic() - began < 2
    assert not any("calendars.reading" in child.cmdline() for child in psutil.Process().children())


def test_a_reader_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(CalendarRefused) as refusal:
        read(BEGIN + b"STATUS" + b';A="' * 2_000_000 + b":X" + END)
    assert refusal.value.code == "too_big"


def test_many_threads_may_ask_at_once() -> None:
    found: list[BusyReading | CalendarRefused] = []

    def ask() -> None:
        try:
            found.append(read(calendar(GOOD)))
        except CalendarRefused as refusal:
            found.append(refusal)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(map(str, found))) == 1
    assert isinstance(found[0], BusyReading)
