"""The following month is drafted by itself on the programme's day, once, and administrators are asked to publish."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from people.models import Letter, Person
from rota import monthly
from rota.models import PlanningRun, PlanningStatus, Programme
from tests.conftest import publish_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_month(programme: Programme) -> Programme:
    programme.draft_on_day = 20
    programme.save()
    return programme


def asked() -> list[tuple[date, date]]:
    return list(PlanningRun.objects.order_by("pk").values_list("first_day", "last_day"))


def test_it_is_asked_for_on_the_day_and_once(own_month: Programme) -> None:
    with time_machine.travel(datetime(2027, 1, 19, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 0
    with time_machine.travel(datetime(2027, 1, 20, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1
        assert monthly.draft_due() == 0
    assert asked() == [(date(2027, 2, 1), date(2027, 2, 28))]


def test_a_day_that_was_slept_through_is_made_up_for(own_month: Programme) -> None:
    with time_machine.travel(datetime(2027, 11, 30, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1
    assert asked() == [(date(2027, 12, 1), date(2027, 12, 31))]


def test_what_is_left_of_a_month_that_was_missed_as_a_whole_is_made_up_for(own_month: Programme) -> None:
    own_month.drafted_until = date(2027, 1, 31)
    own_month.save()
    with time_machine.travel(datetime(2027, 2, 3, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1
        assert monthly.draft_due() == 0
    assert asked() == [(date(2027, 2, 4), date(2027, 2, 28))]


def test_days_that_were_published_by_hand_do_not_keep_the_rest_from_being_drafted(
    own_month: Programme, ana: Person, ben: Person
) -> None:
    publish_days(own_month, [[ana, ben]] * 3, first=date(2027, 2, 1))
    with time_machine.travel(datetime(2027, 1, 20, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1
    PlanningRun.objects.all().delete()
    publish_days(own_month, [[ana]] * 28, first=date(2027, 3, 4))
    publish_days(own_month, [[ben]] * 3, first=date(2027, 3, 1))
    with time_machine.travel(datetime(2027, 2, 20, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1, "it is done, without planning"
    assert asked() == []


def test_the_day_is_of_the_programme(own_month: Programme) -> None:
    """At 23:30 on the 19th in UTC it is the 20th in Auckland."""
    own_month.time_zone = "Pacific/Auckland"
    own_month.save()
    with time_machine.travel(datetime(2027, 1, 19, 23, 30, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 1


def test_while_it_is_being_planned_it_waits(own_month: Programme) -> None:
    now = datetime(2027, 1, 20, 12, tzinfo=UTC)
    other = PlanningRun.objects.create(
        programme=own_month, first_day=date(2027, 5, 1), last_day=date(2027, 5, 31), created_at=now
    )
    with time_machine.travel(now, tick=False):
        assert monthly.draft_due() == 0
        other.status = PlanningStatus.OPTIMAL
        other.save()
        assert monthly.draft_due() == 1


def test_administrators_are_asked_to_publish_once(own_month: Programme, dora: Person) -> None:
    with time_machine.travel(datetime(2027, 1, 20, 12, tzinfo=UTC), tick=False):
        monthly.draft_due()
        PlanningRun.objects.update(
            status=PlanningStatus.INFEASIBLE, ended_at=datetime(2027, 1, 20, 12, tzinfo=UTC)
        )
        monthly.draft_due()
        monthly.draft_due()
    [letter] = Letter.objects.filter(person=dora)
    assert "could not be drafted" in letter.subject
    assert "/admin/rota/runs/" in letter.text


def test_a_programme_that_does_not_want_it_is_left_alone(programme: Programme) -> None:
    with time_machine.travel(datetime(2027, 1, 28, 12, tzinfo=UTC), tick=False):
        assert monthly.draft_due() == 0
