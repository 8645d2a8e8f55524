"""Accepted and then nothing: the officer is asked, and a case that lies is handed on."""

import pytest

from escalations.models import Escalation, Status
from escalations.paging import accept
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of

MINUTE = 60


@pytest.fixture
def idle(network: Network, escalate: Escalate, officer: Phone, ana: Person) -> Escalation:
    """Ana took the case by text, ten minutes ago."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    network.advance(10 * MINUTE - 1)
    officer.expect_no_call()
    return case


def test_yes_keeps_it_and_the_clock_begins_again(
    network: Network, idle: Escalation, officer: Phone, advance: Advance
) -> None:
    call = officer.expect_call("You took case").expect_heard(
        "Are you on it? 1 if you are on it, 2 to hand it on."
    )
    officer.expect_text("are you on case", "Reply 1")
    call.expect_not_heard("Acme").press("1").expect_heard(
        "You pressed 1. Thank you. It stays with you."
    ).expect_ended()
    idle.refresh_from_db()
    assert (idle.status, idle.owner.name) == (Status.ACCEPTED, "Ana Ruiz")
    assert "Ana Ruiz is on it (by key)." in story_of(idle)
    advance(10 * MINUTE - 2)
    officer.expect_call("Are you on it?", within=4).press("1")
    officer.expect_text("are you on case")


def test_no_hands_it_on_at_once_and_the_officer_answers_for_it_until_another_does(
    network: Network, idle: Escalation, officer: Phone, backup: Phone, customer: Phone
) -> None:
    officer.expect_call("Are you on it?").press("2").expect_heard("It is handed on").expect_ended()
    officer.expect_text("are you on case")
    backup.expect_text("urgent case")
    ring = backup.expect_ring()
    idle.refresh_from_db()
    assert (idle.status, idle.owner.name) == (Status.PAGING, "Ana Ruiz")
    ring.answer().press("1").expect_heard("You have it")
    customer.expect_ring()
    idle.refresh_from_db()
    assert (idle.status, idle.owner.name, idle.accepted_by.name) == (
        Status.ACCEPTED,
        "Ben Okafor",
        "Ben Okafor",
    )
    officer.expect_no_call(during=20)


def test_silence_hands_it_on_after_three_minutes(
    network: Network, idle: Escalation, officer: Phone, backup: Phone, advance: Advance
) -> None:
    officer.expect_ring().ignore()
    officer.expect_text("are you on case")
    advance(3 * MINUTE - 3)
    backup.expect_no_call()
    backup.expect_ring(within=5)
    backup.expect_text("urgent case")
    officer.expect_no_call(during=15)
    assert "Ana Ruiz did not answer: the case is handed on." in story_of(idle)
    assert "cannot be rung" not in story_of(idle)


@pytest.mark.parametrize(
    ("words", "answer", "status"), [("1", "stays with you", "accepted"), ("2", "handed on", "paging")]
)
def test_it_is_answered_by_text(
    network: Network, idle: Escalation, officer: Phone, backup: Phone, words: str, answer: str, status: str
) -> None:
    ring = officer.expect_ring()
    officer.expect_text("are you on case").reply(words)
    officer.expect_text(answer)
    ring.expect_stopped(within=3)
    idle.refresh_from_db()
    assert idle.status == status
    for thing in (*backup.rings, *backup.texts):
        thing.expected = True


def test_a_late_yes_is_told_who_has_it(
    network: Network, idle: Escalation, officer: Phone, backup: Phone, customer: Phone, advance: Advance
) -> None:
    officer.expect_ring().decline()
    asked = officer.expect_text("are you on case")
    advance(3 * MINUTE)
    backup.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    asked.reply("1")
    officer.expect_text("Ben Okafor has case")


def test_a_late_yes_while_others_ring_takes_it_back(
    network: Network, idle: Escalation, officer: Phone, backup: Phone, advance: Advance
) -> None:
    """Ana calls us back while Ben's phone rings: nobody has it yet, so she may."""
    officer.expect_ring().decline()
    officer.expect_text("are you on case")
    advance(3 * MINUTE)
    backup.expect_text("urgent case")
    ring = backup.expect_ring()
    officer.dial().expect_heard("A customer's case is open").press("1").expect_heard("You have it")
    ring.expect_stopped(within=3)
    idle.refresh_from_db()
    assert (idle.status, idle.owner.name) == (Status.ACCEPTED, "Ana Ruiz")
    network.phone("+15550190001").expect_ring()


def test_whoever_took_it_on_the_page_without_any_page_is_handed_on_truly(
    network: Network, escalate: Escalate, dora: Person, fallback: Phone, officer: Phone, advance: Advance
) -> None:
    """An administrator takes it before being rung; the timeline does not claim that a number is missing."""
    case = escalate()
    ring = officer.expect_ring()
    officer.expect_text("urgent case")
    accept(escalation=case, by=dora, how="on the page")
    ring.expect_stopped(within=3)
    advance(10 * MINUTE)
    fallback.expect_ring().ignore()
    fallback.expect_text("are you on case")
    advance(3 * MINUTE)
    officer.expect_ring()
    officer.expect_text("urgent case")
    assert "no_number" not in events_of(case)
    assert "cannot be rung" not in story_of(case)


def test_what_the_owner_does_counts_as_being_on_it(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance
) -> None:
    """Calling us and ringing the customer after nine minutes: nobody asks for another ten."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    advance(9 * MINUTE)
    officer.dial().expect_heard("You have case").press("1")
    ring = customer.expect_ring()
    officer.hang_up()
    ring.expect_stopped(within=5)
    officer.expect_text("record the outcome")
    advance(9 * MINUTE)
    officer.expect_no_call()
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED


def test_an_idle_owner_without_a_number_is_written_to_and_handed_on(
    network: Network, idle: Escalation, ana: Person, officer: Phone, backup: Phone, advance: Advance
) -> None:
    Person.objects.filter(pk=ana.pk).update(phone="", phone_verified_at=None)
    advance(5)
    officer.expect_no_call()
    advance(3 * MINUTE)
    backup.expect_ring()
    backup.expect_text("urgent case")


def test_an_idle_officer_who_takes_no_texts_is_not_rung_for_it_again(
    network: Network, escalate: Escalate, ana: Person, officer: Phone, backup: Phone, advance: Advance
) -> None:
    """No page of hers is open any more when it is handed on; she counts as one who passed all the same."""
    officer.text("STOP")
    case = escalate()
    ring = officer.expect_ring()
    accept(escalation=case, by=ana, how="on the page")
    ring.expect_stopped(within=3)
    advance(10 * MINUTE)
    officer.expect_ring().decline()
    advance(3 * MINUTE)
    backup.expect_ring()
    backup.expect_text("urgent case")
    officer.expect_no_call(during=15)
