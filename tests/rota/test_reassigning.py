"""A duty given to somebody else by an administrator: at once, on record, told to the rooms above."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from people.errors import Refused
from people.models import Person
from rota.errors import CannotReassign
from rota.models import Duty, Programme
from rota.on_duty import who_is_on_duty
from rota.reassigning import reassign
from rota.signals import duty_changed_hands
from tests.conftest import make_person


@pytest.fixture
def carl(db: None) -> Person:
    return make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)


@pytest.fixture
def today(programme: Programme, ana: Person) -> Duty:
    return Duty.objects.get(person=ana, seat=0)


@pytest.fixture
def told() -> Iterator[list[tuple[str, str, str]]]:
    """Before, after and reason of every duty that changed hands."""
    changes: list[tuple[str, str, str]] = []

    def note(sender: object, duty: Duty, before: Person, by: Person, reason: str, **extra: object) -> None:
        changes.append((before.name, duty.person.name, reason))

    duty_changed_hands.connect(note)
    yield changes
    duty_changed_hands.disconnect(note)


@pytest.mark.django_db(transaction=True)
def test_it_takes_effect_at_once_and_is_told(
    programme: Programme, today: Duty, carl: Person, dora: Person, told: list[tuple[str, str, str]]
) -> None:
    reassign(duty=today, to=carl, by=dora, reason="Ana is ill")
    on_duty = who_is_on_duty(programme=programme, at=datetime.now(UTC))
    assert on_duty.primary is not None
    assert on_duty.primary.person == carl
    assert told == [("Ana Ruiz", "Carl Novak", "Ana is ill")]


def test_who_and_why_are_on_record(today: Duty, carl: Person, dora: Person, ana: Person) -> None:
    reassign(duty=today, to=carl, by=dora, reason="x" * 300)
    record = today.history.first()
    assert record.history_user == dora
    assert record.history_change_reason == "reassigned: " + "x" * 300
    assert record.prev_record.person == ana


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "a\x00b"])
def test_a_reason_is_needed(today: Duty, carl: Person, dora: Person, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        reassign(duty=today, to=carl, by=dora, reason=reason)
    assert refusal.value.field == "reason"


def test_only_administrators_reassign(today: Duty, carl: Person, ben: Person) -> None:
    with pytest.raises(CannotReassign) as refusal:
        reassign(duty=today, to=carl, by=ben, reason="I would rather not")
    assert refusal.value.code == "not_allowed"


def test_who_cannot_have_it(
    today: Duty, ana: Person, ben: Person, cleo: Person, carl: Person, dora: Person
) -> None:
    Person.objects.filter(pk=carl.pk).update(is_active=False)
    carl.refresh_from_db()
    for to, words in [
        (ana, "has this duty already"),
        (ben, "another seat"),
        (cleo, "no executive"),
        (carl, "no executive"),
    ]:
        with pytest.raises(CannotReassign, match=words):
            reassign(duty=today, to=to, by=dora, reason="ill")
    today.refresh_from_db()
    assert today.person == ana


def test_a_draft_and_a_duty_that_is_over_stay(today: Duty, carl: Person, dora: Person) -> None:
    Duty.objects.filter(pk=today.pk).update(published=False)
    with pytest.raises(CannotReassign, match="draft"):
        reassign(duty=today, to=carl, by=dora, reason="ill")
    past = datetime.now(UTC) - timedelta(days=9)
    Duty.objects.filter(pk=today.pk).update(published=True, starts_at=past, ends_at=past + timedelta(days=1))
    with pytest.raises(CannotReassign, match="over"):
        reassign(duty=today, to=carl, by=dora, reason="ill")
