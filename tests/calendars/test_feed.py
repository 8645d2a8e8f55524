"""Feeds say what was meant, to parsers that are not ours, in the same bytes each time."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest

from calendars.entries import BadEntry, Entry, Status
from calendars.feed import RENDERING, render_feed
from tests.calendars.examples import DAYS, FULL, TEXTS, entry
from tests.calendars.readers import Calendar, as_meant, every_reader

HOURLY = timedelta(hours=1)
Reader = Callable[[bytes], Calendar]


def feed(*entries: Entry, name: str = "Ana's duties") -> bytes:
    return render_feed(name=name, entries=entries, refresh=HOURLY)


@every_reader
def test_every_day_is_read_as_it_was_meant(read: Reader) -> None:
    found = {event.uid: event for event in read(feed(*DAYS.values())).events}
    assert found == {day.uid: as_meant(day) for day in DAYS.values()}


@every_reader
def test_every_text_is_read_as_it_was_written(read: Reader) -> None:
    written = [
        entry(pk, summary=text.replace("\n", " "), description=text, location=text)
        for pk, text in enumerate(TEXTS.values())
    ]
    assert {(event.summary, event.description, event.location) for event in read(feed(*written)).events} == {
        (each.summary, each.description, each.location) for each in written
    }


@every_reader
def test_everything_an_entry_has_arrives(read: Reader) -> None:
    assert read(feed(FULL)).events == (as_meant(FULL),)


@every_reader
def test_a_feed_has_a_name_a_pace_and_no_method(read: Reader) -> None:
    calendar = read(feed(entry(), name="Ana's\nDüty 🎉"))
    assert calendar.name == "Ana's Düty 🎉"
    assert calendar.refresh == HOURLY
    assert calendar.ttl == "PT1H"
    assert calendar.method == ""


@every_reader
def test_a_feed_with_nothing_in_it_yet_is_read(read: Reader) -> None:
    assert read(feed()).events == ()


@every_reader
def test_four_hundred_entries_arrive_in_order(read: Reader) -> None:
    written = [
        entry(pk, start=each.start + timedelta(days=pk), end=each.end + timedelta(days=pk))
        for pk, each in enumerate([entry()] * 400)
    ]
    assert read(feed(*reversed(written))).events == tuple(map(as_meant, written))


def test_a_feed_never_holds_no_component_at_all() -> None:
    assert b"\r\nBEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\n" in feed()
    assert b"VTIMEZONE" not in feed(entry())


def test_what_was_cancelled_is_absent() -> None:
    kept, gone = entry(1), entry(2, status=Status.CANCELLED)
    assert feed(kept, gone) == feed(kept)
    assert gone.uid.encode() not in feed(kept, gone)


def test_the_same_entries_are_the_same_bytes_in_any_order() -> None:
    days = list(DAYS.values())
    assert feed(*days) == feed(*reversed(days))
    assert feed(*days) != feed(*days[1:])


def test_instants_of_any_zone_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=14))
    told = entry(start=datetime(2026, 3, 2, 8, tzinfo=east), end=datetime(2026, 3, 2, 20, tzinfo=east))
    assert b"\r\nDTSTART:20260301T180000Z\r\nDTEND:20260302T060000Z\r\n" in feed(told)


def test_each_line_of_the_head_stands_there_once() -> None:
    lines = render_feed(
        name="Ana",
        entries=[entry()],
        refresh=timedelta(minutes=90),
        colour="#1f6FEB",
        description="Duties, all",
    ).split(b"\r\n")
    for line in (
        b"VERSION:2.0",
        b"X-WR-CALNAME:Ana",
        b"X-WR-CALDESC:Duties\\, all",
        b"X-APPLE-CALENDAR-COLOR:#1f6FEB",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H30M",
        b"X-PUBLISHED-TTL:PT1H30M",
    ):
        assert lines.count(line) == 1
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert not any(line.startswith(b"METHOD") for line in lines)


def test_a_name_is_text_like_any_other() -> None:
    # RFC 5545 section 3.8.8.2: a property that is nobody's is TEXT where it does not say otherwise.
    assert b"\r\nX-WR-CALNAME:Duties\\, Ana\\; all\r\n" in feed(name="Duties, Ana; all")


def test_nothing_is_written_for_html() -> None:
    assert "Müller & Söhne <vip@example.com>".encode() in feed(
        entry(summary="Müller & Söhne <vip@example.com>")
    )


def test_another_way_of_writing_is_counted() -> None:
    """Where this fails, entries are written differently: count RENDERING up, then note the new tag here."""
    written = hashlib.sha256(feed(FULL, *DAYS.values())).hexdigest()[:32]
    assert (RENDERING, written) == (1, "af4cfb582bc4f0f62ec9673bb4c61d0b")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", ""),
        ("uid", "duty 1@example.com"),
        ("uid", "duty-1@example.com\r\nX-EVIL:1"),
        ("uid", "x" * 256),
        ("sequence", -1),
        ("sequence", 2**31),
        ("stamp", datetime(2026, 1, 1)),  # noqa: DTZ001 - without a zone, on purpose
        ("modified", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("created", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("start", datetime(2026, 3, 2, 13)),  # noqa: DTZ001
        ("end", datetime(2026, 3, 3, 13)),  # noqa: DTZ001
        ("end", date(2026, 3, 3)),
        ("end", entry().start),
        ("url", "/duties/1"),
        ("url", "https://example.com/a b"),
        ("url", "https://example.com/\r\nX-EVIL:1"),
    ],
)
def test_an_entry_that_no_calendar_could_show_is_refused_by_the_field(field: str, value: object) -> None:
    with pytest.raises(BadEntry) as refusal:
        entry(**{field: value})
    assert refusal.value.field == field


def test_two_entries_with_one_uid_are_refused() -> None:
    with pytest.raises(BadEntry, match=entry().uid):
        feed(entry(), entry(summary="Another"))


def test_a_colour_that_is_none_is_refused() -> None:
    with pytest.raises(BadEntry):
        render_feed(name="Ana", entries=[], refresh=HOURLY, colour="blue\r\nX-EVIL:1")
