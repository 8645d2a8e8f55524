"""What officers wish around their duty days: whether their phone rings for a test, and when."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from people.errors import Refused
from people.models import Person
from rota.acting_for import acts_for
from rota.models import Duty, DutyWishes, RingWish

BEFORE = timedelta(minutes=30)
# A duty that begins at midnight is no reason to ring somebody then.
WAKES_AT, SLEEPS_AT = time(7), time(22)


def set_test_ring(*, person: Person, wish: str, by: Person) -> DutyWishes:
    """Keeps when the person's phone rings for a test on duty days (`RingWish`). Raises Refused."""
    if not (acts_for(by, person) or by.is_admin):
        raise Refused("Only the person, their assistant and administrators choose this.", code="not_allowed")
    if wish not in RingWish.values:
        raise Refused("Choose one of the times.", field="test_ring", code="invalid")
    wishes, _ = DutyWishes.objects.update_or_create(
        person=person, defaults={"test_ring": wish, "changed_at": timezone.now()}
    )
    return wishes


def ring_at(duty: Duty, wish: str) -> datetime:
    """When the officer's phone rings for a test; between 22:00 and 07:00 of their own clock it waits until 07:00."""
    at = duty.starts_at - BEFORE if wish == RingWish.BEFORE else duty.starts_at
    zone = duty.person.zone
    there = at.astimezone(zone)
    if WAKES_AT <= there.time() < SLEEPS_AT:
        return at
    morning = there.date() + timedelta(days=1 if there.time() >= SLEEPS_AT else 0)
    return datetime.combine(morning, WAKES_AT, tzinfo=zone)
