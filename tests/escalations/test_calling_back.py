"""Calls to the programme's number: a missed officer, a customer with a case, and anybody else."""

import pytest

from escalations.models import Escalation, Page, PageStatus, Purpose, Status
from people.models import Person
from rota.models import Duty
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of


@pytest.fixture
def missed(network: Network, escalate: Escalate, officer: Phone, backup: Phone) -> Escalation:
    """Ana declined twice; Ben's phone rings."""
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring().decline()
    officer.expect_ring().decline()
    backup.expect_ring()
    backup.expect_text("urgent case")
    return case


@pytest.fixture
def taken(network: Network, escalate: Escalate, officer: Phone) -> Escalation:
    """Ana took the case by text and is not on the line."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    network.advance(2)
    return case


def test_an_officer_who_missed_the_ring_calls_back_and_takes_it(
    network: Network, missed: Escalation, officer: Phone, backup: Phone, customer: Phone
) -> None:
    call = officer.dial().expect_heard("Hello Ana Ruiz. A customer's case is open. 1 to take it")
    call.expect_not_heard("Acme").press("1").expect_heard("You have it").expect_heard("Acme Industries")
    customer.expect_call("Ana Ruiz is on the line")
    call.expect_in_conference_with(customer)
    missed.refresh_from_db()
    assert missed.owner.name == "Ana Ruiz"
    page = Page.objects.get(purpose=Purpose.CALLED_BACK)
    assert page.status == PageStatus.ACCEPTED
    assert page.sid == call.call.sid
    assert "Ana Ruiz calls back." in story_of(missed)


def test_the_story_first_and_passing_on_work_there_too(
    network: Network, missed: Escalation, officer: Phone, backup: Phone
) -> None:
    call = officer.dial().expect_heard("A customer's case is open")
    call.press("3").expect_heard("Toledo").expect_heard("1 to take it").press("2").expect_heard("Passed on")
    missed.refresh_from_db()
    assert missed.status == Status.PAGING


def test_who_is_not_on_duty_but_was_rung_hears_it_even_if_somebody_else_passed(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, fallback: Phone, customer: Phone
) -> None:
    """Dora of the fallback list missed her ring; that Ben passed it on does not hide it from her."""
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("2")
    backup.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("2")
    fallback.expect_text("urgent case")
    fallback.expect_ring().ignore()
    network.advance(1)
    fallback.decline()
    call = fallback.dial().expect_heard("A customer's case is open").press("1").expect_heard("You have it")
    customer.expect_ring()
    for phone in (fallback, network.phone("+15550100003"), customer):
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
    case.refresh_from_db()
    assert case.owner.name == "Dora Lindt"
    call.expect_heard("Acme")


def test_a_doubled_question_of_twilios_is_one_call_back(
    network: Network, missed: Escalation, officer: Phone, backup: Phone
) -> None:
    network.faults.add(Fault(on="callback:voice", do="double"))
    officer.dial().expect_heard("A customer's case is open")
    assert Page.objects.filter(purpose=Purpose.CALLED_BACK).count() == 1
    assert events_of(missed).count("called_back") == 1


def test_an_officer_who_has_a_case_is_connected_or_told_the_story(
    network: Network, taken: Escalation, officer: Phone, customer: Phone
) -> None:
    number = " ".join(str(taken.number))
    call = officer.dial().expect_heard(f"Hello Ana Ruiz. You have case {number}. 1 to be connected")
    call.press("3").expect_heard("Acme Industries").expect_heard("1 to be connected")
    call.press("7").expect_heard("7 is not a choice").expect_heard("1 to be connected").press("1")
    customer.expect_call("Ana Ruiz is on the line")
    call.expect_in_conference_with(customer)


def test_an_officer_with_nothing_open_hears_a_short_word(
    network: Network, programme: object, officer: Phone
) -> None:
    officer.dial().expect_heard("Hello Ana Ruiz. No case is open for you. Goodbye.").expect_ended()


def test_a_customer_is_put_through_to_the_owner_who_hears_who_it_is_first(
    network: Network, taken: Escalation, officer: Phone, customer: Phone
) -> None:
    call = customer.dial().expect_heard("We are connecting you to Ana Ruiz, who has your case.")
    whispered = officer.expect_call(f"A customer calls about case {' '.join(str(taken.number))}")
    whispered.press("1")
    officer.speak("Good morning, this is Ana.")
    call.expect_heard("this is Ana")
    assert "Ana Ruiz takes the customer's call" in story_of(taken)
    assert "Grace Hall: The customer calls us." in story_of(taken)
    whispered.hang_up()
    call.expect_ended()


def test_a_customer_whose_officer_does_not_answer_leaves_a_message_on_the_case(
    network: Network, taken: Escalation, officer: Phone, customer: Phone, advance: Advance
) -> None:
    call = customer.dial().expect_heard("We are connecting you")
    officer.expect_ring(within=8).ignore()
    call.expect_heard("Ana Ruiz cannot be reached this moment. Please leave a message", within=40)
    call.hear_out().say("Please hurry, the line is down.")
    advance(4)
    call.press("#").expect_heard("Your message is with your case").expect_ended()
    event = taken.events.get(kind="customer_message")
    assert event.actor_name == "Grace Hall"
    assert event.data["recording"].startswith("RE")


def test_the_officers_voicemail_does_not_take_the_customers_call(
    network: Network, taken: Escalation, officer: Phone, customer: Phone
) -> None:
    call = customer.dial().expect_heard("We are connecting you")
    officer.expect_ring(within=8).voicemail()
    call.expect_heard("cannot be reached this moment", within=40)
    assert "customer_put_through" not in events_of(taken)


def test_a_customer_whose_case_nobody_has_yet_leaves_a_message(
    network: Network, missed: Escalation, customer: Phone
) -> None:
    call = customer.dial().expect_heard("We have your case and are looking for the right person")
    call.hear_out()
    call.expect_heard("We heard nothing. We call you back.", within=140).expect_ended()


def test_a_doubled_question_notes_the_customers_call_once(
    network: Network, missed: Escalation, customer: Phone
) -> None:
    network.faults.add(Fault(on="callback:voice", do="double"))
    customer.dial().expect_heard("We have your case")
    assert events_of(missed).count("customer_called") == 1


def test_strangers_and_withheld_numbers_hear_nothing_private(network: Network, missed: Escalation) -> None:
    for number in ("+15550177777", "+266696687"):
        call = network.phone(number).dial()
        call.expect_heard("This number is used for calls that we place").expect_ended()
        for secret in ("Acme", "Ana", "case"):
            call.expect_not_heard(secret)


def test_a_case_of_yesterday_is_still_its_owners(
    network: Network, taken: Escalation, officer: Phone, customer: Phone, ana: Person
) -> None:
    """Ownership outlives the duty day."""
    Duty.objects.filter(person=ana).delete()
    network.advance(2)
    customer.dial().expect_heard("connecting you to Ana Ruiz")
    officer.expect_ring(within=8)
