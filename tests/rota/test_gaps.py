"""Seats that would not answer, seen long before their day."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from rota.gaps import gaps
from rota.hours import duty_day_of
from rota.models import (
    Absence,
    AbsenceStatus,
    AnswerStatus,
    Duty,
    Invitation,
    Membership,
    MorningRing,
    Programme,
    RingStatus,
)
from rota.reassigning import reassign
from rota.swaps import propose_swap
from tests.conftest import make_person, publish_days


def reasons(programme: Programme, days: int) -> list[tuple[int, str, str]]:
    """How many days ahead, which seat, and why."""
    now = datetime.now(UTC)
    today = duty_day_of(programme.rules, now)
    return [
        ((gap.day - today).days, gap.role, gap.why) for gap in gaps(programme=programme, now=now, days=days)
    ]


def test_days_without_anybody(programme: Programme) -> None:
    # Today and tomorrow are published; the day after is not.
    assert reasons(programme, 2) == [
        (2, "primary", "nobody is published"),
        (2, "backup", "nobody is published"),
    ]


def test_an_officer_whose_phone_cannot_ring(programme: Programme, ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    assert reasons(programme, 1) == [
        (0, "primary", "Ana Ruiz has no verified number"),
        (1, "backup", "Ana Ruiz has no verified number"),
    ]


def test_an_officer_who_has_left(programme: Programme, ben: Person) -> None:
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    assert reasons(programme, 0) == [(0, "backup", "Ben Okafor has left")]


def test_a_draft_fills_no_gap(programme: Programme) -> None:
    Duty.objects.update(published=False)
    assert len(reasons(programme, 0)) == 2


def test_an_officer_who_cannot_serve(programme: Programme, ana: Person, ben: Person) -> None:
    now = datetime.now(UTC)
    today = duty_day_of(programme.rules, now)
    Absence.objects.create(person=ana, first_day=today, last_day=today, created_at=now)
    Absence.objects.create(
        person=ben, first_day=today, last_day=today, created_at=now, status=AbsenceStatus.WAITING
    )
    Membership.objects.filter(person=ben).update(left_on=today + timedelta(days=1))
    assert reasons(programme, 1) == [
        (0, "primary", "Ana Ruiz is away"),
        (1, "primary", "Ben Okafor is no member then"),
    ]


def test_a_declined_invitation_is_a_gap_until_somebody_else_has_the_duty(
    programme: Programme, ana: Person, dora: Person
) -> None:
    now = datetime.now(UTC)
    duty = Duty.objects.get(person=ana, seat=0)
    Invitation.objects.create(
        uid="one@example.com",
        person=ana,
        duty=duty,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        summary="Officer of the Day",
        answer=AnswerStatus.DECLINED,
        created_at=now,
        changed_at=now,
    )
    assert reasons(programme, 0) == [(0, "primary", "Ana Ruiz declined the invitation")]
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    reassign(duty=duty, to=carl, by=dora, reason="Ana declined")
    assert reasons(programme, 0) == []


def test_a_test_ring_in_vain_is_seen(programme: Programme, ana: Person) -> None:
    duty = Duty.objects.get(person=ana, seat=0)
    ring = MorningRing.objects.create(
        duty=duty, person=ana, address=ana.phone, due_at=duty.starts_at, status=RingStatus.UNANSWERED
    )
    assert reasons(programme, 0) == [(0, "primary", "Ana Ruiz did not answer the test ring")]
    ring.status = RingStatus.HEARD
    ring.save()
    assert reasons(programme, 0) == []


def test_it_is_said_where_others_are_asked(programme: Programme, ana: Person, ben: Person) -> None:
    duty = Duty.objects.filter(person=ana).latest("day")
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    Membership.objects.create(programme=programme, person=carl)
    propose_swap(duty=duty, to=[carl], by=ana)
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    found = gaps(programme=programme, now=datetime.now(UTC), days=1)
    assert [gap.sought for gap in found if gap.person == ana] == [False, True]


@pytest.mark.parametrize("days", [2, 25])
def test_the_cost_does_not_grow(
    programme: Programme,
    ana: Person,
    ben: Person,
    days: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben]] * days)
    with django_assert_num_queries(6):
        assert len(gaps(programme=programme, now=datetime.now(UTC), days=28)) > 0
