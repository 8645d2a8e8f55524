"""Seats that would not answer, seen long before their day."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from rota.gaps import gaps
from rota.hours import duty_day_of
from rota.models import Duty, Programme
from tests.conftest import publish_days


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


@pytest.mark.parametrize("days", [2, 25])
def test_the_cost_is_one_query(
    programme: Programme,
    ana: Person,
    ben: Person,
    days: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben]] * days)
    with django_assert_num_queries(1):
        assert len(gaps(programme=programme, now=datetime.now(UTC) + timedelta(0), days=28)) > 0
