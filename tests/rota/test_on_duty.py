"""Who is on duty at an instant, as published."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from rota.models import Duty, Programme
from rota.on_duty import who_is_on_duty
from tests.conftest import publish_days


def test_primary_backup_and_next(programme: Programme, ana: Person, ben: Person) -> None:
    found = who_is_on_duty(programme=programme, at=datetime.now(UTC))
    assert found.primary is not None
    assert found.primary.person == ana
    assert [duty.person for duty in found.backups] == [ben]
    assert found.next is not None
    assert found.next.person == ben
    assert found.next.starts_at == found.primary.ends_at


def test_the_hour_of_the_change_belongs_to_the_next_officer(
    programme: Programme, ana: Person, ben: Person
) -> None:
    today = Duty.objects.get(seat=0, person=ana)
    last = who_is_on_duty(programme=programme, at=today.ends_at - timedelta(microseconds=1))
    first = who_is_on_duty(programme=programme, at=today.ends_at)
    assert last.primary is not None
    assert first.primary is not None
    assert (last.primary.person, first.primary.person) == (ana, ben)


def test_nobody_is_on_duty_after_the_last_published_day(programme: Programme) -> None:
    far = datetime.now(UTC) + timedelta(days=40)
    found = who_is_on_duty(programme=programme, at=far)
    assert (found.primary, found.backups, found.next) == (None, [], None)


def test_a_draft_counts_for_nothing(programme: Programme) -> None:
    Duty.objects.update(published=False)
    assert who_is_on_duty(programme=programme, at=datetime.now(UTC)).primary is None


def test_one_who_has_left_is_not_on_duty(programme: Programme, ana: Person, ben: Person) -> None:
    ana.is_active = False
    ana.save()
    found = who_is_on_duty(programme=programme, at=datetime.now(UTC))
    assert found.primary is None
    assert [duty.person for duty in found.backups] == [ben]


@pytest.mark.parametrize("days", [2, 20])
def test_the_cost_does_not_grow_with_the_rota(
    days: int,
    programme: Programme,
    ana: Person,
    ben: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben]] * days)
    with django_assert_num_queries(2):
        found = who_is_on_duty(programme=programme, at=datetime.now(UTC))
        assert found.primary is not None
        assert found.primary.person.name == "Ana Ruiz"


def test_on_the_day_the_clocks_change_the_officer_stays_until_the_opening(
    programme: Programme, ana: Person, ben: Person
) -> None:
    Duty.objects.all().delete()
    with time_machine.travel(datetime(2026, 3, 7, 17, tzinfo=UTC), tick=False):
        publish_days(programme, [[ana], [ben]])
    # In New York 8 March 2026 begins at 05:00 UTC and ends, an hour early, at 04:00 UTC on the 9th.
    for at, officer in [
        (datetime(2026, 3, 8, 4, 59, tzinfo=UTC), ana),
        (datetime(2026, 3, 8, 5, 0, tzinfo=UTC), ben),
        (datetime(2026, 3, 9, 3, 59, tzinfo=UTC), ben),
    ]:
        found = who_is_on_duty(programme=programme, at=at)
        assert found.primary is not None
        assert found.primary.person == officer
    assert who_is_on_duty(programme=programme, at=datetime(2026, 3, 9, 4, tzinfo=UTC)).primary is None
