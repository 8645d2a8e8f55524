"""A busy calendar: read at once and again, kept through failures, told of when stale, forgotten when removed."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import serializers
from django.db import connection
from django_q.models import OrmQ, Schedule
from pytest_django import Settings

from people.errors import Refused
from people.models import Letter, Person
from rota.busy_fetching import (
    EVERY,
    JITTER,
    add_calendar,
    read_again,
    refresh,
    remove_calendar,
    shown_address,
    sweep,
    tell_stale,
)
from rota.models import BusyBlock, BusyCalendar
from tests.rota.calendar_server import CalendarServer, calendar_server

__all__ = ["calendar_server"]

NOW = datetime(2026, 6, 17, 14, tzinfo=UTC)
MEETING = "SUMMARY:Merger talks\nDTSTART:20260622T090000Z\nDTEND:20260622T120000Z"
HOLIDAY = "SUMMARY:At sea\nDTSTART;VALUE=DATE:20260624\nDTEND;VALUE=DATE:20260626"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> None:
    settings.BUSY_CALENDARS_ALLOW_PRIVATE = True


@pytest.fixture
def calendar(calendar_server: CalendarServer, ana: Person) -> BusyCalendar:
    """Ana's, read once."""
    calendar_server.publish(MEETING, HOLIDAY)
    added = add_calendar(person=ana, address=calendar_server.url, by=ana)
    assert refresh(added.pk)
    added.refresh_from_db()
    return added


def blocks(calendar: BusyCalendar) -> list[str]:
    return sorted(str(block) for block in calendar.blocks.all())


BOTH = [
    "busy from 2026-06-22 09:00:00+00:00 to 2026-06-22 12:00:00+00:00",
    "busy on 2026-06-24",
    "busy on 2026-06-25",
]


def make_due(calendar: BusyCalendar) -> None:
    BusyCalendar.objects.filter(pk=calendar.pk).update(next_fetch_at=datetime.now(UTC))


class TestAdding:
    def test_it_is_read_at_once(
        self, calendar_server: CalendarServer, ana: Person, django_capture_on_commit_callbacks
    ) -> None:
        calendar_server.publish(MEETING)
        with django_capture_on_commit_callbacks(execute=True):
            calendar = add_calendar(person=ana, address=f" {calendar_server.url}#x ", by=ana)
        (queued,) = OrmQ.objects.all()
        assert (queued.task["func"], queued.task["args"]) == ("rota.busy_fetching.refresh", (calendar.pk,))
        assert calendar.address == calendar_server.url
        assert refresh(calendar.pk)
        assert blocks(calendar) == BOTH[:1]

    def test_only_busy_or_free_is_kept(self, calendar: BusyCalendar) -> None:
        assert blocks(calendar) == BOTH
        rows = [calendar, *calendar.blocks.all()]
        kept = serializers.serialize("json", rows).replace(calendar.address, "")
        assert "Merger" not in kept
        assert "sea" not in kept
        assert (calendar.good_at, calendar.failures, calendar.error) == (NOW, 0, "")
        assert (calendar.good_from, calendar.good_until) == (date(2026, 6, 10), date(2027, 7, 22))
        assert EVERY - JITTER <= calendar.next_fetch_at - NOW <= EVERY + JITTER
        assert calendar.lease_until is None

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("my calendar", "This is no address of a calendar"),
            ("ftp://example.com/a.ics", "This is no address"),
            ("https://ana:pw@example.com/a.ics", "holds a user name"),
            ("http://example.com/a.ics", "begins with https://"),
        ],
    )
    def test_addresses_that_are_none(self, address: str, words: str, ana: Person, settings: Settings) -> None:
        settings.BUSY_CALENDARS_ALLOW_PRIVATE = False
        with pytest.raises(Refused, match=words) as refusal:
            add_calendar(person=ana, address=address, by=ana)
        assert refusal.value.field == "address"
        assert not BusyCalendar.objects.exists()

    def test_webcal_is_https(self, ana: Person, settings: Settings) -> None:
        settings.BUSY_CALENDARS_ALLOW_PRIVATE = False
        calendar = add_calendar(person=ana, address="webcal://calendar.example.com/secret.ics", by=ana)
        assert calendar.address == "https://calendar.example.com/secret.ics"
        assert shown_address(calendar) == "calendar.example.com/…"

    def test_inside_our_own_network_nothing_is_fetched(
        self, calendar_server: CalendarServer, ana: Person, settings: Settings
    ) -> None:
        settings.BUSY_CALENDARS_ALLOW_PRIVATE = False
        calendar = add_calendar(person=ana, address=calendar_server.url.replace("http:", "https:"), by=ana)
        assert not refresh(calendar.pk)
        calendar.refresh_from_db()
        assert "private network" in calendar.error
        assert not calendar_server.asked

    def test_whose_word_it_is_and_how_many(
        self, ana: Person, ben: Person, asha: Person, dora: Person, cleo: Person
    ) -> None:
        for stranger in (ben, cleo):
            with pytest.raises(Refused, match="Only Ana Ruiz"):
                add_calendar(person=ana, address="https://example.com/a.ics", by=stranger)
        first = add_calendar(person=ana, address="https://example.com/a.ics", by=asha)
        with pytest.raises(Refused, match="there already"):
            add_calendar(person=ana, address="webcal://example.com/a.ics", by=dora)
        for n in range(5):
            add_calendar(person=ana, address=f"https://example.com/{n}.ics", by=dora)
        with pytest.raises(Refused, match="At most 6"):
            add_calendar(person=ana, address="https://example.com/more.ics", by=ana)
        for verb in (read_again, remove_calendar):
            with pytest.raises(Refused, match="Only Ana Ruiz"):
                verb(calendar=first, by=ben)
        assert BusyCalendar.objects.count() == 6


class TestReadingAgain:
    def test_only_when_due_and_by_one_at_a_time(
        self, calendar: BusyCalendar, calendar_server: CalendarServer, clock
    ) -> None:
        assert len(calendar_server.asked) == 1
        assert not refresh(calendar.pk)
        make_due(calendar)
        BusyCalendar.objects.update(lease_until=NOW + timedelta(seconds=1))
        assert not refresh(calendar.pk)
        assert len(calendar_server.asked) == 1
        clock.shift(2)  # whoever had it did not come back
        assert refresh(calendar.pk)
        assert len(calendar_server.asked) == 2
        assert not refresh(999_999)

    def test_it_asks_whether_anything_changed(
        self, calendar: BusyCalendar, calendar_server: CalendarServer, clock
    ) -> None:
        calendar_server.etag = '"v2"'
        calendar_server.publish(MEETING)
        clock.shift(EVERY + JITTER)
        assert refresh(calendar.pk)
        assert blocks(calendar) == BOTH[:1]
        calendar_server.publish(HOLIDAY)  # nobody hears of it: the server says that nothing changed
        clock.shift(EVERY + JITTER)
        assert refresh(calendar.pk)
        assert calendar_server.asked[-1]["If-None-Match"] == '"v2"'
        assert blocks(calendar) == BOTH[:1]
        calendar.refresh_from_db()
        assert calendar.good_at == datetime.now(UTC)

    def test_a_month_later_it_looks_further_ahead(
        self, calendar: BusyCalendar, calendar_server: CalendarServer, clock
    ) -> None:
        far = "DTSTART:20270805T090000Z\nDTEND:20270805T120000Z"
        calendar_server.etag = '"v1"'
        calendar_server.publish(MEETING, far)
        make_due(calendar)
        refresh(calendar.pk)
        assert len(blocks(calendar)) == 1  # beyond what was asked for
        clock.shift(timedelta(days=31))
        assert refresh(calendar.pk)
        assert "If-None-Match" not in calendar_server.asked[-1]
        assert blocks(calendar) == ["busy from 2027-08-05 09:00:00+00:00 to 2027-08-05 12:00:00+00:00"]

    def test_another_clock_of_the_owner_reads_it_anew(
        self, calendar: BusyCalendar, calendar_server: CalendarServer
    ) -> None:
        calendar_server.etag = '"v1"'
        calendar_server.publish("DTSTART:20260622T090000\nDTEND:20260622T100000")  # floating
        make_due(calendar)
        refresh(calendar.pk)
        assert blocks(calendar) == ["busy from 2026-06-22 09:00:00+00:00 to 2026-06-22 10:00:00+00:00"]
        Person.objects.update(time_zone="Asia/Tokyo")
        make_due(calendar)
        refresh(calendar.pk)
        assert blocks(calendar) == ["busy from 2026-06-22 00:00:00+00:00 to 2026-06-22 01:00:00+00:00"]

    def test_only_what_differs_is_written(
        self, calendar: BusyCalendar, calendar_server: CalendarServer
    ) -> None:
        before = dict(BusyBlock.objects.values_list("day", "pk"))
        calendar_server.publish(HOLIDAY, "DTSTART:20260623T090000Z\nDTEND:20260623T120000Z")
        make_due(calendar)
        assert refresh(calendar.pk)
        after = dict(BusyBlock.objects.values_list("day", "pk"))
        assert after[date(2026, 6, 24)] == before[date(2026, 6, 24)]
        assert after[None] != before[None]

    def test_what_cannot_be_understood_is_taken_and_told(
        self, calendar: BusyCalendar, calendar_server: CalendarServer
    ) -> None:
        calendar_server.publish("DTSTART:20260622T090000Z\nDURATION:soon", HOLIDAY)
        make_due(calendar)
        assert refresh(calendar.pk)
        calendar.refresh_from_db()
        assert list(calendar.blocks.filter(doubtful=True).values_list("day", flat=True)) == [
            date(2026, 6, 22)
        ]
        assert calendar.doubts
        assert calendar.blocks.filter(doubtful=False).count() == 2

    def test_a_reading_that_lost_its_lease_changes_nothing(
        self, transactional_db: None, calendar: BusyCalendar, calendar_server: CalendarServer
    ) -> None:
        """While it is fetched somebody else takes it: as after a long sleep of this machine."""

        def take() -> None:
            BusyCalendar.objects.update(lease_until=NOW + timedelta(days=1))
            connection.close()

        make_due(calendar)
        calendar_server.publish()
        calendar_server.meanwhile = take
        assert not refresh(calendar.pk)
        assert blocks(calendar) == BOTH
        calendar.refresh_from_db()
        assert calendar.lease_until == NOW + timedelta(days=1)

    def test_by_hand_but_not_at_every_click(
        self, calendar: BusyCalendar, asha: Person, ana: Person, clock, django_capture_on_commit_callbacks
    ) -> None:
        calendar.person = ana
        with pytest.raises(Refused, match="Wait a minute"):
            read_again(calendar=calendar, by=ana)
        clock.shift(60)
        with django_capture_on_commit_callbacks(execute=True):
            read_again(calendar=calendar, by=asha)
        assert OrmQ.objects.count() == 1
        assert refresh(calendar.pk)


class TestFailing:
    @pytest.mark.parametrize(
        ("status", "content", "words"),
        [
            (500, b"", "fault of its own"),
            (404, b"", "no calendar at this address any more"),
            (401, b"", "asks for a sign-in"),
            (200, b"<html>Sign in</html>", "calendar"),
            (200, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026", "calendar"),
            (200, b"", "calendar"),
        ],
    )
    def test_the_last_good_reading_stays(
        self,
        status: int,
        content: bytes,
        words: str,
        calendar: BusyCalendar,
        calendar_server: CalendarServer,
        clock,
    ) -> None:
        calendar_server.status, calendar_server.content = status, content
        clock.shift(EVERY + JITTER)
        assert not refresh(calendar.pk)
        calendar.refresh_from_db()
        assert words in calendar.error
        assert "private-5e7a" not in calendar.error
        assert calendar.good_at == NOW
        assert (calendar.failures, calendar.lease_until) == (1, None)
        assert blocks(calendar) == BOTH

    def test_pauses_double_up_to_a_day_and_end_with_success(
        self, calendar: BusyCalendar, calendar_server: CalendarServer, clock
    ) -> None:
        calendar_server.status = 503
        pauses = []
        for _ in range(9):
            calendar.refresh_from_db()
            clock.move_to(calendar.next_fetch_at)
            refresh(calendar.pk)
            calendar.refresh_from_db()
            pauses.append((calendar.next_fetch_at - datetime.now(UTC)) / timedelta(minutes=15))
        expected = [1, 2, 4, 8, 16, 32, 64, 96, 96]
        assert all(0.87 < pause / wanted < 1.13 for pause, wanted in zip(pauses, expected, strict=True)), (
            pauses
        )
        calendar_server.status = 200
        clock.move_to(calendar.next_fetch_at)
        assert refresh(calendar.pk)
        calendar.refresh_from_db()
        assert (calendar.failures, calendar.error) == (0, "")

    def test_a_server_that_is_gone(self, calendar: BusyCalendar, calendar_server: CalendarServer) -> None:
        BusyCalendar.objects.update(address="http://127.0.0.1:9/secret.ics")
        make_due(calendar)
        assert not refresh(calendar.pk)
        calendar.refresh_from_db()
        assert calendar.error == "The calendar's server cannot be reached."


class TestStaleness:
    def letters_to(self, person: Person) -> list[str]:
        return [letter.subject for letter in Letter.objects.filter(person=person).order_by("pk")]

    def test_it_is_told_once_after_three_days_and_again_weekly(
        self, calendar: BusyCalendar, ana: Person, asha: Person, clock
    ) -> None:
        BusyCalendar.objects.update(error="The calendar's server cannot be reached.")
        told = []
        for day in range(22):
            clock.move_to(NOW + timedelta(days=day, minutes=1), tick=False)
            if tell_stale(datetime.now(UTC)):
                told.append(day)
            assert not tell_stale(datetime.now(UTC))
        assert told == [3, 10, 17]
        assert self.letters_to(ana) == ["Your busy calendar cannot be read"] * 3
        assert self.letters_to(asha) == ["The busy calendar of Ana Ruiz cannot be read"] * 3
        first = Letter.objects.filter(person=ana).earliest("pk")
        assert "It was last read 3 days ago. What it said then still counts" in first.text
        assert "server cannot be reached" in first.text
        assert "private-5e7a" not in first.text
        assert f"/availability/{ana.pk}/" in first.text

    def test_a_good_reading_ends_it(
        self, calendar: BusyCalendar, calendar_server: CalendarServer, ana: Person, clock
    ) -> None:
        clock.shift(timedelta(days=3))
        assert tell_stale(datetime.now(UTC)) == 1
        make_due(calendar)
        assert refresh(calendar.pk)
        assert [letter.status for letter in Letter.objects.all()] == ["cancelled"]
        clock.shift(timedelta(days=2))
        assert tell_stale(datetime.now(UTC)) == 0
        clock.shift(timedelta(days=1))
        assert tell_stale(datetime.now(UTC)) == 1

    def test_one_that_never_was_read(self, ana: Person, clock) -> None:
        add_calendar(person=ana, address="https://example.com/a.ics", by=ana)
        clock.shift(timedelta(days=3))
        assert tell_stale(datetime.now(UTC)) == 1
        assert "could never be read" in Letter.objects.get().text


class TestSweeping:
    def test_what_is_due_is_queued(
        self, ana: Person, ben: Person, clock, django_capture_on_commit_callbacks
    ) -> None:
        due, leased = (
            add_calendar(person=ana, address=f"https://example.com/{n}.ics", by=ana) for n in range(2)
        )
        later = add_calendar(person=ana, address="https://example.com/later.ics", by=ana)
        left = add_calendar(person=ben, address="https://example.com/left.ics", by=ben)
        BusyCalendar.objects.filter(pk=leased.pk).update(lease_until=NOW + timedelta(minutes=1))
        BusyCalendar.objects.filter(pk=later.pk).update(next_fetch_at=NOW + timedelta(minutes=1))
        Person.objects.filter(pk=left.person_id).update(is_active=False)
        with django_capture_on_commit_callbacks(execute=True):
            assert sweep() == 1
        assert [queued.task["args"] for queued in OrmQ.objects.all()] == [(due.pk,)]

    def test_it_has_a_schedule(self, db: None) -> None:
        schedule = Schedule.objects.get(func="rota.busy_fetching.sweep")
        assert (schedule.schedule_type, schedule.minutes, schedule.repeats) == ("I", 15, -1)


def test_what_is_removed_is_forgotten(calendar: BusyCalendar, ana: Person, clock) -> None:
    clock.shift(timedelta(days=3))
    tell_stale(datetime.now(UTC))
    calendar.person = ana
    remove_calendar(calendar=calendar, by=ana)
    assert not BusyBlock.objects.exists()
    assert not BusyCalendar.objects.exists()
    assert Letter.objects.get().status == "cancelled"
