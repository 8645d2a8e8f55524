"""Who begins a duty day reads which cases the officer before them has open; nothing moves but the knowledge."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from escalations.hand_over_notes import send_due
from escalations.models import Escalation
from escalations.outcomes import record_outcome
from escalations.paging import accept
from learnings.models import Touchpoint
from people.models import Letter, Person
from rota.models import Duty, Programme
from rota.reassigning import reassign
from rota.swaps import accept_ask, propose_swap
from tests.conftest import make_person
from tests.escalations.conftest import Escalate

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller


@pytest.fixture
def tomorrow(programme: Programme, ben: Person) -> Duty:
    """Ben is primary after Ana."""
    return Duty.objects.get(person=ben, seat=0)


@pytest.fixture
def in_hand(escalate: Escalate, ana: Person, clock: Clock) -> Escalation:
    case = escalate()
    accept(escalation=case, by=ana, how="by key")
    return Escalation.objects.get(pk=case.pk)


def notes() -> list[Letter]:
    return list(Letter.objects.filter(kind="hand-over").order_by("pk"))


def test_the_new_officer_reads_what_is_open(
    in_hand: Escalation, tomorrow: Duty, ana: Person, ben: Person, clock: Clock
) -> None:
    clock.move_to(tomorrow.starts_at - timedelta(seconds=1))
    assert send_due() == 0
    clock.move_to(tomorrow.starts_at)
    assert send_due() == 1
    assert send_due() == 0
    (note,) = notes()
    assert note.person == ben
    assert f"Case {in_hand.number}, Acme Industries: accepted." in note.text
    assert f"/cases/{in_hand.pk}/" in note.text
    assert "Ana Ruiz, before you, still has 1 open case." in note.text
    in_hand.refresh_from_db()
    assert in_hand.owner == ana


def test_what_is_promised_stands_in_it(
    in_hand: Escalation, tomorrow: Duty, ana: Person, ben: Person, dora: Person, clock: Clock
) -> None:
    Person.objects.filter(pk=ben.pk).update(time_zone="Europe/Berlin")
    record_outcome(
        escalation=in_hand,
        by=ana,
        cause="process",
        touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
        done="Sent the part.",
        quote="Finally.",
        promised="A credit note",
        promised_until=date(2026, 6, 24),
    )
    Escalation.objects.filter(pk=in_hand.pk).update(promised_until=tomorrow.starts_at + timedelta(minutes=30))
    clock.move_to(tomorrow.starts_at)
    send_due()
    (note,) = notes()
    assert "Promised: A credit note (by Wed 24 Jun)" in note.text
    assert "Promised: a call by 06:30 CEST" in note.text


def test_nothing_is_sent_where_nothing_is_open(
    in_hand: Escalation, tomorrow: Duty, ben: Person, clock: Clock
) -> None:
    clock.move_to(tomorrow.starts_at)
    Escalation.objects.filter(pk=in_hand.pk).update(owner=ben)
    assert send_due() == 0


def test_a_text_names_no_account(in_hand: Escalation, tomorrow: Duty, ben: Person, clock: Clock) -> None:
    Person.objects.filter(pk=ben.pk).update(reminders_by="text")
    clock.move_to(tomorrow.starts_at)
    send_due()
    (note,) = notes()
    assert str(in_hand.number) in note.short
    assert "Acme" not in note.short


def test_a_missed_sweep_is_made_up_for_but_not_at_noon(
    in_hand: Escalation, tomorrow: Duty, clock: Clock
) -> None:
    clock.move_to(tomorrow.starts_at + timedelta(hours=3))
    assert send_due() == 0
    clock.move_to(tomorrow.starts_at + timedelta(hours=1))
    assert send_due() == 1


def test_two_days_in_a_row_need_no_note(
    in_hand: Escalation, tomorrow: Duty, ana: Person, ben: Person, clock: Clock
) -> None:
    Duty.objects.filter(day=tomorrow.day, seat=1).delete()
    Duty.objects.filter(pk=tomorrow.pk).update(person=ana)
    clock.move_to(tomorrow.starts_at)
    assert send_due() == 0


def test_who_takes_a_running_duty_over_reads_it_at_once(
    in_hand: Escalation, ana: Person, dora: Person, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    running = Duty.objects.at(datetime.now(UTC)).get(person=ana)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        reassign(duty=running, to=carl, by=dora, reason="Ana is ill")
    (note,) = notes()
    assert (note.person, f"Case {in_hand.number}" in note.text) == (carl, True)


def test_a_duty_to_come_that_changes_hands_brings_no_note_yet(
    in_hand: Escalation,
    tomorrow: Duty,
    ben: Person,
    programme: Programme,
    clock: Clock,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    programme.memberships.create(person=carl)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        swap = propose_swap(duty=tomorrow, to=[carl], by=ben)
        accept_ask(ask=swap.asks.get(), by=carl)
    assert notes() == []
    clock.move_to(tomorrow.starts_at)
    send_due()
    assert [note.person for note in notes()] == [carl]
