"""Gaps are told to administrators: weekly far ahead, daily when near, in one mail for each programme."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from people.models import Letter, Person
from rota.coverage import tell_due
from rota.hours import duty_day_of
from rota.models import Programme
from rota.swaps import propose_swap
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller
MONDAY = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)  # 08:00 in New York


@pytest.fixture
def covered(programme: Programme, ana: Person, ben: Person, dora: Person, clock: Clock) -> Programme:
    """Forty days from Monday on with two officers each; New York is on daylight time."""
    programme.duties.all().delete()
    clock.move_to(MONDAY)
    Person.objects.filter(pk=dora.pk).update(time_zone="America/New_York")
    publish_days(programme, [[ana, ben]] * 40)
    return programme


def empty(programme: Programme, *days: int) -> None:
    """Nobody is primary so many days from Monday."""
    programme.duties.filter(day__in=[MONDAY.date() + timedelta(days=n) for n in days], seat=0).delete()


def told() -> list[str]:
    return list(Letter.objects.filter(kind="coverage").order_by("pk").values_list("subject", flat=True))


def test_nothing_is_told_where_nothing_is_wrong(covered: Programme) -> None:
    assert tell_due() == 0


def test_a_gap_far_ahead_is_told_once_a_week(covered: Programme, clock: Clock) -> None:
    empty(covered, 20)
    for days in range(14):
        for hour in (0, 6, 12):
            clock.move_to(MONDAY + timedelta(days=days, hours=hour))
            tell_due()
    words = "Officer of the Day, North America: 1 gap in the next "
    # Two Mondays; then daily, once the day is a week away.
    assert told() == [f"{words}30 days", f"{words}30 days", f"{words}7 days"]


def test_a_near_gap_is_told_each_day_and_the_weeks_mail_is_that_days(
    covered: Programme, clock: Clock
) -> None:
    empty(covered, 9)
    by_day = []
    for days in range(12):
        clock.move_to(MONDAY + timedelta(days=days))
        before = len(told())
        tell_due()
        clock.shift(timedelta(hours=1))
        tell_due()
        by_day.append([int(subject.split()[-2]) for subject in told()[before:]])
    assert by_day == [[30], [], [7], [7], [7], [7], [7], [30], [7], [7], [], []]


def test_not_in_the_programmes_night(covered: Programme, clock: Clock) -> None:
    empty(covered, 3)
    clock.move_to(MONDAY - timedelta(minutes=1))
    assert tell_due() == 0
    clock.move_to(MONDAY)
    assert tell_due() == 1


def test_a_gap_that_opens_in_the_middle_of_a_quiet_week_is_told_that_day(
    covered: Programme, clock: Clock
) -> None:
    assert tell_due() == 0
    clock.move_to(MONDAY + timedelta(days=3))
    empty(covered, 25)
    assert tell_due() == 1
    assert tell_due() == 0


def test_everything_about_a_programme_is_in_one_mail(
    covered: Programme, ana: Person, ben: Person, clock: Clock
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", is_executive=True)
    empty(covered, 5)
    duty = covered.duties.get(day=MONDAY.date() + timedelta(days=2), seat=0)
    propose_swap(duty=duty, to=[_member(covered, "Dana Moss")], by=ana)
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    covered.duties.filter(day=MONDAY.date() + timedelta(days=15), seat=1).update(person=carl)
    covered.duties.filter(day__gt=MONDAY.date() + timedelta(days=20)).delete()
    tell_due()
    (letter,) = Letter.objects.filter(kind="coverage")
    soon, later = letter.text.split("Later:")
    assert "- Wed 17 Jun, primary: Ana Ruiz has no verified number (others are asked)" in soon
    assert f"/duties/{duty.pk}/" in soon
    assert "- Sat 20 Jun, primary: nobody is published" in soon
    assert "- Tue 30 Jun, backup: Carl Novak has no verified number" in later
    assert "- Mon 6 Jul to Wed 15 Jul: nobody is published on 10 duty days" in later
    assert "/admin/programmes/north-america/" in later


def _member(programme: Programme, name: str) -> Person:
    person = make_person("dana@example.com", name, phone="+15550100022", is_executive=True)
    programme.memberships.create(person=person)
    return person


def test_each_programme_has_its_own_mail_in_its_own_morning(covered: Programme, clock: Clock) -> None:
    empty(covered, 3)
    Programme.objects.create(
        slug="pacific",
        name="Pacific",
        time_zone="Pacific/Auckland",
        duty_days=["mon", "tue", "wed", "thu", "fri"],
        hours_from=time(8),
        hours_to=time(20),
        weights=covered.weights,
        rungs=covered.rungs,
    )
    clock.move_to(datetime(2026, 6, 14, 20, 0, tzinfo=UTC))  # Monday 08:00 in Auckland, Sunday in New York
    assert tell_due() == 2, "Sunday's in New York is of the week before"
    assert {subject.split(":")[0] for subject in told()} == {"Pacific", "Officer of the Day, North America"}


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_on_the_days_on_which_clocks_change(covered: Programme, clock: Clock, day: date) -> None:
    covered.duties.all().delete()
    eight = datetime.combine(day, time(8), tzinfo=covered.zone)
    clock.move_to(eight - timedelta(minutes=1))
    assert tell_due() == 0
    clock.move_to(eight)
    assert tell_due() == 1
    clock.move_to(eight + timedelta(hours=15, minutes=59))
    assert tell_due() == 0


def test_a_programme_without_duty_days_holds_up_no_other(covered: Programme, clock: Clock) -> None:
    assert duty_day_of(covered.rules, MONDAY)
    empty(covered, 3)
    Programme.objects.create(
        slug="a",
        name="A",
        time_zone="UTC",
        duty_days=[],
        hours_from=time(8),
        hours_to=time(20),
        weights=covered.weights,
        rungs=covered.rungs,
    )
    assert tell_due() == 1
