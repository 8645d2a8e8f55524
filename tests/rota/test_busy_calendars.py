"""What busy calendars say: days that are taken, times that are busy, by the programme's rule and clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from people.models import Person
from rota.busy_calendars import DOUBTFUL, WHOLE_DAY, busy_times_of, taken_days
from rota.models import BusyBlock, BusyCalendar, Programme
from tests.conftest import make_person

MONDAY = date(2026, 11, 23)
WEEK = {"first": MONDAY, "last": MONDAY + timedelta(days=6)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar_of(person: Person) -> BusyCalendar:
    now = datetime.now(UTC)
    return BusyCalendar.objects.create(
        person=person, address=f"https://calendar.example.com/{person.pk}", next_fetch_at=now, created_at=now
    )


def busy(calendar: BusyCalendar, start: str, end: str) -> None:
    BusyBlock.objects.create(calendar=calendar, starts_at=utc(start), ends_at=utc(end))


def whole_day(calendar: BusyCalendar, day: date, *, doubtful: bool = False) -> None:
    BusyBlock.objects.create(calendar=calendar, day=day, doubtful=doubtful)


@pytest.fixture
def office(programme: Programme) -> Programme:
    """Nine to five in New York, taken by four hours. (14:00 to 22:00 UTC in November.)"""
    programme.busy_from, programme.busy_to, programme.busy_minutes = time(9), time(17), 240
    programme.save()
    return programme


def test_a_day_is_taken_by_the_limit_itself_and_not_by_a_minute_less(office: Programme, ana: Person) -> None:
    calendar = calendar_of(ana)
    busy(calendar, "2026-11-23T14:00", "2026-11-23T18:00")
    busy(calendar, "2026-11-24T14:00", "2026-11-24T17:59")
    assert taken_days(programme=office, people=[ana.pk], **WEEK) == {
        ana.pk: {MONDAY: "the busy calendar takes 4 h or more of 09:00 to 17:00"}
    }


def test_only_what_lies_in_the_hours_counts(office: Programme, ana: Person) -> None:
    calendar = calendar_of(ana)
    busy(calendar, "2026-11-23T04:00", "2026-11-23T15:00")  # until 10:00: one hour of them
    busy(calendar, "2026-11-23T20:00", "2026-11-24T05:00")  # from 15:00: two hours, and nothing of Tuesday
    assert taken_days(programme=office, people=[ana.pk], **WEEK) == {}
    busy(calendar, "2026-11-23T18:00", "2026-11-23T19:00")
    assert taken_days(programme=office, people=[ana.pk], **WEEK)[ana.pk].keys() == {MONDAY}


def test_events_at_once_count_once_even_in_two_calendars(office: Programme, ana: Person) -> None:
    one, other = calendar_of(ana), calendar_of(ana)
    busy(one, "2026-11-23T14:00", "2026-11-23T17:00")
    busy(other, "2026-11-23T14:30", "2026-11-23T16:30")
    assert taken_days(programme=office, people=[ana.pk], **WEEK) == {}
    busy(other, "2026-11-23T16:30", "2026-11-23T18:00")
    assert taken_days(programme=office, people=[ana.pk], **WEEK)[ana.pk].keys() == {MONDAY}


def test_an_event_of_several_days_takes_each(office: Programme, ana: Person) -> None:
    busy(calendar_of(ana), "2026-11-23T20:00", "2026-11-26T16:00")
    found = taken_days(programme=office, people=[ana.pk], **WEEK)[ana.pk]
    assert list(found) == [date(2026, 11, 24), date(2026, 11, 25)]


def test_whole_days_and_doubtful_ones_are_taken_whatever_the_rule(programme: Programme, ana: Person) -> None:
    calendar = calendar_of(ana)
    whole_day(calendar, MONDAY)
    whole_day(calendar, MONDAY, doubtful=True)
    whole_day(calendar, MONDAY + timedelta(days=1), doubtful=True)
    whole_day(calendar, MONDAY + timedelta(days=7))
    busy(calendar, "2026-11-26T00:00", "2026-11-27T00:00")
    assert programme.busy_minutes is None
    assert taken_days(programme=programme, people=[ana.pk], **WEEK) == {
        ana.pk: {MONDAY: WHOLE_DAY, MONDAY + timedelta(days=1): DOUBTFUL}
    }


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Pacific/Auckland", "2026-11-22T20:00", "2026-11-23T00:00"),  # 09:00 to 13:00 on Monday, UTC+13
        ("Pacific/Honolulu", "2026-11-23T23:00", "2026-11-24T03:00"),  # 13:00 to 17:00 on Monday, UTC-10
        ("Asia/Kolkata", "2026-11-23T03:30", "2026-11-23T07:30"),
    ],
)
def test_days_and_hours_are_of_the_programmes_clock(
    zone: str, start: str, end: str, office: Programme, ana: Person
) -> None:
    office.time_zone = zone
    busy(calendar_of(ana), start, end)
    assert list(taken_days(programme=office, people=[ana.pk], **WEEK)[ana.pk]) == [MONDAY]


def test_hours_over_the_change_of_clocks(office: Programme, ana: Person) -> None:
    office.busy_from, office.busy_to = time(0), time(5)
    calendar = calendar_of(ana)
    # 8 March 2026 in New York: midnight to five are four hours, of which three are taken.
    busy(calendar, "2026-03-08T05:00", "2026-03-08T08:00")
    # 1 November: six hours, of which four are taken.
    busy(calendar, "2026-11-01T04:00", "2026-11-01T08:00")
    found = taken_days(programme=office, people=[ana.pk], first=date(2026, 3, 1), last=date(2026, 11, 30))
    assert list(found[ana.pk]) == [date(2026, 11, 1)]


def test_each_persons_days_are_their_own_and_others_are_not_asked_for(
    office: Programme, ana: Person, ben: Person, dora: Person
) -> None:
    for person, day in ((ana, 23), (ben, 24), (dora, 25)):
        busy(calendar_of(person), f"2026-11-{day}T14:00", f"2026-11-{day}T20:00")
    found = taken_days(programme=office, people=[ana.pk, ben.pk], **WEEK)
    assert {person: list(days) for person, days in found.items()} == {
        ana.pk: [MONDAY],
        ben.pk: [MONDAY + timedelta(days=1)],
    }


def test_busy_times_are_merged_and_whole_days_are_of_their_own_clock(office: Programme, ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(time_zone="Europe/Berlin")
    one, other = calendar_of(ana), calendar_of(ana)
    busy(one, "2026-11-23T09:00", "2026-11-23T10:00")
    busy(other, "2026-11-23T10:00", "2026-11-23T11:00")
    busy(one, "2026-11-29T22:30", "2026-11-30T09:00")
    busy(one, "2026-11-30T10:00", "2026-11-30T11:00")  # no longer in the week
    busy(one, "2026-11-22T22:00", "2026-11-22T23:00")  # not yet, in Berlin
    whole_day(one, date(2026, 11, 25))
    assert busy_times_of(people=[ana.pk], **WEEK) == {
        ana.pk: [
            (utc("2026-11-23T09:00"), utc("2026-11-23T11:00")),
            (utc("2026-11-24T23:00"), utc("2026-11-25T23:00")),
            (utc("2026-11-29T22:30"), utc("2026-11-30T09:00")),
        ]
    }


def test_it_costs_the_same_for_any_number_of_people(
    office: Programme, ana: Person, django_assert_num_queries
) -> None:
    crowd = [make_person(f"m{n}@example.com", f"M {n}") for n in range(6)]
    for person in crowd:
        for calendar in (calendar_of(person), calendar_of(person)):
            busy(calendar, "2026-11-23T14:00", "2026-11-23T20:00")
            whole_day(calendar, date(2026, 11, 25))
    people = [person.pk for person in crowd]
    with django_assert_num_queries(2):
        assert len(taken_days(programme=office, people=people, **WEEK)) == 6
    with django_assert_num_queries(3):
        assert len(busy_times_of(people=people, **WEEK)) == 6
