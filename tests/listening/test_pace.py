"""The month as a ring and a sentence, what it will come to, and the nudge by its middle."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from listening.models import Credit, CreditKind, Session, SessionKind, SessionStatus
from listening.pace import Course, nudge_due, pace_of, paces
from people.models import Letter, Person
from rota.models import Absence, AbsenceStatus, Exemption, ListeningHold, Programme
from tests.conftest import make_person
from tests.listening.lived import live_session

JUNE = date(2026, 6, 1)
NOW = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("clock")


def enter(programme: Programme, person: Person, seconds: int, kind: str = CreditKind.LISTENING) -> None:
    Credit.objects.create(
        person=person,
        programme=programme,
        month=JUNE,
        kind=kind,
        seconds=seconds,
        key=f"test:{Credit.objects.count()}",
        created_at=NOW,
    )


def book(programme: Programme, person: Person, days: int, minutes: int = 30, **fields: object) -> Session:
    start = NOW + timedelta(days=days)
    return Session.objects.create(
        **{
            "programme": programme,
            "person": person,
            "planned_start": start,
            "planned_end": start + timedelta(minutes=minutes),
            "month": start.date().replace(day=1),
            "created_at": NOW,
            **fields,
        }
    )


def test_the_sentence_of_the_issue(programme: Programme, ana: Person) -> None:
    enter(programme, ana, 74 * 60 + 59)
    book(programme, ana, 1)
    book(programme, ana, 2)
    pace = pace_of(person=ana, programme=programme, now=NOW)
    assert pace.sentence == "74 of 120 minutes, two sessions booked"
    assert (pace.percent, pace.forecast, pace.course) == (62, 134, Course.ON_COURSE)


def test_only_what_will_count_is_booked(programme: Programme, ana: Person, ben: Person) -> None:
    book(programme, ana, 1, status=SessionStatus.CANCELLED, ended_at=NOW)
    book(programme, ana, -1)  # its time is over
    book(programme, ana, 20)  # of July
    book(programme, ben, 1)
    book(programme, ana, 1, kind=SessionKind.AUDIT)
    assert pace_of(person=ana, programme=programme, now=NOW).sentence == "0 of 120 minutes, nothing booked"


def test_a_time_held_is_booked_once(programme: Programme, ana: Person) -> None:
    def hold(days: int) -> ListeningHold:
        start = NOW + timedelta(days=days)
        return ListeningHold.objects.create(
            programme=programme,
            person=ana,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            month=JUNE,
            published=True,
            created_at=NOW,
        )

    hold(1)
    book(programme, ana, 2, hold=hold(2))
    pace = pace_of(person=ana, programme=programme, now=NOW)
    assert (pace.booked, pace.booked_minutes) == (2, 60)


def test_debriefs_to_write(programme: Programme, ana: Person) -> None:
    live_session(programme, ana, None, NOW - timedelta(hours=2))
    assert pace_of(person=ana, programme=programme, now=NOW).sentence.endswith(
        "nothing booked, one debrief to write"
    )
    assert pace_of(person=ana, programme=programme, now=NOW + timedelta(days=4)).waiting == 0


@pytest.mark.parametrize(
    ("seconds", "booked", "percent", "course"),
    [
        (0, 0, 0, Course.BEHIND),
        (7199, 0, 99, Course.BEHIND),
        (7199, 1, 99, Course.ON_COURSE),
        (7200, 0, 100, Course.KEPT),
        (9000, 0, 100, Course.KEPT),
    ],
)
def test_the_ring_is_full_when_the_quota_is_kept(
    programme: Programme, ana: Person, seconds: int, booked: int, percent: int, course: Course
) -> None:
    enter(programme, ana, seconds)
    for _ in range(booked):
        book(programme, ana, 1)
    pace = pace_of(person=ana, programme=programme, now=NOW)
    assert (pace.percent, pace.course) == (percent, course)


def test_nothing_owed(programme: Programme, ana: Person, dora: Person) -> None:
    Exemption.objects.create(
        programme=programme,
        person=ana,
        month=JUNE,
        duty=False,
        listening=True,
        reason="Audit",
        by=dora,
        created_at=NOW,
    )
    pace = pace_of(person=ana, programme=programme, now=NOW)
    assert (pace.course, pace.sentence) == (Course.NOTHING_OWED, "0 minutes; nothing is owed, nothing booked")


def test_in_other_languages(programme: Programme, ana: Person) -> None:
    for _ in range(3):
        book(programme, ana, 1)
    pace = pace_of(person=ana, programme=programme, now=NOW)
    assert pace.said("de") == "0 von 120 Minuten, drei Sitzungen gebucht"
    assert pace.said("fr") == "0 minutes sur 120, trois séances réservées"


def test_paces_cost_the_same_for_many(programme: Programme, ana: Person) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            paces(programme=programme, now=NOW)
        return len(queries)

    few = cost()
    for n in range(6):
        more = make_person(f"more{n}@example.com", f"More {n}", is_executive=True)
        programme.memberships.create(person=more)
        book(programme, more, 1)
    assert cost() == few <= 9


# --- The nudge -------------------------------------------------------------------------------------------------


@pytest.mark.starts_at(datetime(2026, 6, 15, 3, 59, tzinfo=UTC))
def test_from_the_middle_of_the_month_in_the_programmes_zone(
    clock: Traveller, programme: Programme, ana: Person, ben: Person, asha: Person
) -> None:
    enter(programme, ben, 7200)
    assert nudge_due() == 0
    clock.move_to(datetime(2026, 6, 15, 4, 0, tzinfo=UTC))
    assert nudge_due() == 2
    assert nudge_due() == 0
    own, assistant = Letter.objects.filter(kind="pace").order_by("pk")
    assert (own.person, assistant.person) == (ana, asha)
    assert own.subject == "June: 0 of 120 minutes of listening"
    assert "0 of 120 minutes, nothing booked" in own.text
    assert own.text.rstrip().endswith("/listening/")
    assert assistant.text.rstrip().endswith(f"/listening/{ana.pk}/")
    assert "Ana Ruiz" in assistant.subject
    assert own.useful_until == datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def test_whoever_has_booked_enough_is_left_alone(programme: Programme, ana: Person, ben: Person) -> None:
    for person in (ana, ben):
        for day in range(1, 5):
            book(programme, person, day)
    assert nudge_due() == 0


def test_whoever_is_away_is_left_alone(programme: Programme, ana: Person, ben: Person) -> None:
    for person in (ana, ben):
        Absence.objects.create(
            person=person,
            first_day=JUNE,
            last_day=date(2026, 6, 30),
            reason="leave",
            status=AbsenceStatus.APPROVED,
            created_at=NOW,
        )
    assert nudge_due() == 0


def test_nobody_is_nudged_where_nothing_is_owed(programme: Programme) -> None:
    programme.listening_minutes_per_month = 0
    programme.save()
    assert nudge_due() == 0
