"""Officer, agent and customer in one conference, and everything that keeps them from it."""

import pytest

from customers.models import Contact
from escalations import bridging
from escalations.errors import NotAllowed, NotNow
from escalations.models import Bridge, Escalation, Leg, LegStatus, Status
from people.models import Person
from telephony.simulator import Network, Phone
from telephony.simulator.story import CallStory
from tests.escalations.conftest import CUSTOMER, Advance, Escalate, events_of, story_of
from tests.stories import COMPANY_NUMBER


def take(officer: Phone) -> CallStory:
    """Ana answers and presses 1."""
    officer.expect_text("urgent case")
    return officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")


def test_the_brief_goes_on_in_the_ear_while_the_customer_is_rung_from_our_number(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    call = take(officer)
    ring = customer.expect_ring(from_=COMPANY_NUMBER)
    call.expect_heard("Acme Industries").expect_heard("Toledo")
    call.expect_heard("We are ringing the customer")
    theirs = ring.answer().expect_heard(
        "Officer of the Day, North America. One moment please: Ana Ruiz is on the line"
    )
    call.expect_in_conference_with(customer)
    customer.speak("At last!")
    call.expect_heard("At last!")
    officer.speak("Good morning.")
    theirs.expect_heard("Good morning.")
    case.refresh_from_db()
    assert case.status == Status.CONNECTED
    assert "Ana Ruiz and the customer are talking." in story_of(case)
    name = Bridge.objects.get().name
    assert not {"acme", "ana", str(case.number)} & set(name.lower().split("-"))


def test_the_agent_is_rung_first_and_introduces_the_customer(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, desk: Phone
) -> None:
    case = escalate(connect="agent")
    call = take(officer)
    customer.expect_no_call()
    agent = desk.expect_call("Ana Ruiz is on the line. Please introduce the customer.", from_=COMPANY_NUMBER)
    call.expect_in_conference_with(desk)
    customer.expect_call("Ana Ruiz is on the line")
    agent.expect_in_conference_with(officer, customer)
    agent.hear_out().hang_up()
    call.expect_in_conference_with(customer)
    case.refresh_from_db()
    assert case.status == Status.CONNECTED


def test_an_agent_who_does_not_answer_does_not_keep_the_customer_away(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, desk: Phone
) -> None:
    escalate(connect="agent")
    call = take(officer)
    desk.expect_ring().decline()
    customer.expect_call("Ana Ruiz is on the line")
    call.expect_in_conference_with(customer)


def test_nobody_is_connected_where_nobody_is_wanted(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate(connect="none")
    call = take(officer)
    call.expect_heard("Acme Industries").expect_heard("Please record the outcome").expect_ended()
    officer.expect_text("record the outcome", f"/cases/{case.pk}/")
    customer.expect_no_call(during=5)
    assert not Bridge.objects.exists()


def test_a_customer_who_does_not_answer_gets_the_promise_and_the_officer_is_told(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    call = take(officer)
    ring = customer.expect_ring()
    call.expect_heard("The customer did not answer. We have left word that you call again by 15:0", within=60)
    assert ring.call.ended_at
    customer.expect_text("Ana Ruiz of Officer of the Day, North America tried to call you", "again by 11:0")
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert case.promised_until is not None
    call.press("*").expect_heard("1 to ring the customer once more").press("1")
    customer.expect_call("Ana Ruiz is on the line", within=4)
    call.expect_in_conference_with(customer)
    case.refresh_from_db()
    assert case.status == Status.CONNECTED
    officer.expect_text("record the outcome")


def test_after_the_star_silence_ends_in_the_request_for_an_outcome(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    escalate()
    call = take(officer)
    customer.expect_ring().decline()
    call.expect_heard("did not answer", within=60).press("*").expect_heard("once more")
    call.expect_heard("Please record the outcome").expect_ended()
    customer.expect_text("tried to call you")
    officer.expect_text("record the outcome")


def test_a_customers_voicemail_keeps_the_whole_promise_and_counts_as_no_answer(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance
) -> None:
    """The word is left after the greeting, however long that is."""
    case = escalate()
    customer.has_voicemail(after=5, seconds=12)
    call = take(officer)
    call.expect_heard("The customer did not answer. We have left word").expect_heard(
        "1 to ring the customer once more"
    )
    advance(12)
    recorded = " ".join(heard.text for heard in customer.heard if heard.recorded)
    assert "calling for Acme Industries. Ana Ruiz has your case and calls you again by" in recorded
    assert "Two restarts" not in recorded
    customer.expect_text("tried to call you")
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert Leg.objects.get(role="customer").status == LegStatus.VOICEMAIL
    officer.expect_text("record the outcome")
    assert "voicemail answered: word was left" in story_of(case)


def test_an_officer_who_hangs_up_first_stops_the_customers_phone(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    call = take(officer)
    ring = customer.expect_ring()
    call.hang_up()
    ring.expect_stopped(within=3)
    officer.expect_text("record the outcome")
    case.refresh_from_db()
    assert (case.status, case.next_action) == (Status.ACCEPTED, "ask_idle")


def test_dropped_and_started_again_from_the_page(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, ana: Person, ben: Person
) -> None:
    case = escalate()
    call = take(officer)
    theirs = customer.expect_call("Ana Ruiz is on the line")
    call.expect_in_conference_with(customer)
    with pytest.raises(NotAllowed):
        bridging.drop(escalation=case, by=ben)
    with pytest.raises(NotNow):
        bridging.start(escalation=case, by=ana)
    bridging.drop(escalation=case, by=ana)
    call.expect_ended(within=3)
    theirs.expect_ended(within=3)
    officer.expect_text("record the outcome")
    case.refresh_from_db()
    assert case.owner == ana
    bridging.start(escalation=case, by=ana)
    again = officer.expect_call("1 to be connected to the customer of case", from_=COMPANY_NUMBER, within=4)
    again.expect_not_heard("Acme").press("9").expect_heard("9 is not a choice").press("1").expect_heard(
        "Acme"
    )
    customer.expect_call("Ana Ruiz is on the line")
    again.expect_in_conference_with(customer)
    assert "Ana Ruiz ended the connection." in story_of(case)


def test_an_officer_rung_from_the_page_whose_voicemail_answers_does_not_meet_the_customer(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, ana: Person
) -> None:
    case = escalate(connect="customer")
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    bridging.start(escalation=case, by=ana)
    machine = officer.expect_ring(within=4).voicemail()
    machine.expect_ended(within=40)
    customer.expect_no_call(during=5)
    machine.expect_not_heard("Acme")
    officer.expect_text("record the outcome")
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    bridging.start(escalation=case, by=ana)
    officer.expect_ring(within=4)


def test_the_customer_without_a_number_cannot_be_connected(
    network: Network, escalate: Escalate, acme: object, officer: Phone, ana: Person
) -> None:
    Contact.objects.update(phone="")
    case = escalate()
    take(officer).expect_heard("Acme").expect_ended()
    officer.expect_text("record the outcome")
    with pytest.raises(NotNow, match="no number to connect to"):
        bridging.start(escalation=case, by=ana)


def test_nobody_sees_a_private_number(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, desk: Phone
) -> None:
    case = escalate(connect="agent")
    call = take(officer)
    desk.expect_call("introduce")
    customer.expect_call("on the line")
    call.expect_in_conference_with(customer, desk)
    shown = {ring.call.shown_from for phone in (officer, customer, desk) for ring in phone.rings}
    assert shown == {COMPANY_NUMBER}
    for words in (story_of(case), *(str(event.data) for event in case.events.all())):
        for private in (officer.number, CUSTOMER, desk.number):
            assert private not in words


def test_when_the_customer_hangs_up_the_officer_is_asked_for_the_outcome(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance
) -> None:
    case = escalate()
    call = take(officer)
    theirs = customer.expect_call("on the line")
    call.expect_in_conference_with(customer)
    advance(120)
    theirs.hang_up()
    call.expect_heard("The conversation has ended").expect_heard("Please record the outcome").expect_ended()
    officer.expect_text("record the outcome")
    assert events_of(case)[-1] == "bridge_ended"
    advance(1900)
    case.refresh_from_db()
    assert "outcome_asked" in events_of(case)
    assert case.status == Status.CONNECTED
    officer.expect_text("record the outcome")


def test_a_passing_case_is_left_alone_by_old_conferences(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    """The conference's own events say the same as the calls' reports: told twice, noted once."""
    case = escalate()
    call = take(officer)
    theirs = customer.expect_call("on the line")
    call.expect_in_conference_with(customer)
    theirs.hang_up()
    call.expect_ended()
    officer.expect_text("record the outcome")
    assert [kind for kind in events_of(case) if kind in ("leg_left", "bridge_ended")].count(
        "bridge_ended"
    ) == 1
    assert Escalation.objects.get().bridges.count() == 1
