"""What a text to the programme's number does, and which texts are not answered."""

import pytest

from customers.models import Account
from escalations.models import HeardText, PageStatus, Status
from people.models import Person
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import CUSTOMER, Escalate, events_of, story_of


@pytest.fixture
def beta(acme: Account) -> Account:
    other = Account.objects.get(pk=acme.pk)
    other.pk, other.external_id, other.name = None, "BETA", "Beta Works"
    other.save()
    return other


@pytest.mark.parametrize("words", ["1", "accept", "  ACCEPT! ", "Accpt thx", "yes", "Ok, 1", "take it"])
def test_sloppy_yes_takes_the_case_and_every_phone_stops(
    network: Network, escalate: Escalate, officer: Phone, words: str
) -> None:
    case = escalate()
    ring = officer.expect_ring()
    officer.expect_text("urgent case").reply(words)
    officer.expect_text(f"You have case {case.number}", "CALL")
    ring.expect_stopped(within=3)
    case.refresh_from_db()
    assert (case.status, case.owner.name) == (Status.ACCEPTED, "Ana Ruiz")
    assert "took the case by text" in story_of(case)


@pytest.mark.parametrize("words", ["2", "pass", "Pass please", "no"])
def test_sloppy_no_passes_it_on_at_once(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, words: str
) -> None:
    case = escalate()
    ring = officer.expect_ring()
    officer.expect_text("urgent case").reply(words)
    officer.expect_text(f"Case {case.number} is passed on")
    backup.expect_ring(within=1)
    backup.expect_text("urgent case")
    ring.expect_stopped(within=3)


def test_what_is_not_understood_is_asked_again(network: Network, escalate: Escalate, officer: Phone) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("who is this?")
    officer.expect_text("not understood", "Reply 1")
    case.refresh_from_db()
    assert case.status == Status.PAGING


def test_with_several_cases_the_code_decides(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, backup: Phone
) -> None:
    """Both rang in vain and now ring at the backup's; Ana answers from the meeting that she was in."""
    officer.be_declining()
    backup.has_voicemail(after=15)
    first = escalate()
    second = escalate(account=beta)
    offered = officer.expect_text(str(first.number))
    officer.expect_text(str(second.number), within=10)
    network.advance(6)
    offered.reply("1")
    officer.expect_text("Several cases", str(first.number), str(second.number))
    offered.reply("1 9999")
    officer.expect_text("No case is offered to you")
    offered.reply(f"1 {first.number}")
    officer.expect_text(f"You have case {first.number}")
    offered.reply("1")
    officer.expect_text(f"You have case {second.number}")
    for text in backup.texts:
        text.expected = True


def test_a_late_text_is_told_who_has_it(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone
) -> None:
    case = escalate()
    officer.expect_ring().decline()
    offered = officer.expect_text("urgent case")
    officer.expect_ring().decline()
    backup.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    offered.reply("1")
    officer.expect_text(f"Ben Okafor has case {case.number}")
    case.refresh_from_db()
    assert case.owner.name == "Ben Okafor"


def test_by_text_the_officer_is_connected(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("CALL to be connected").reply("call")
    officer.expect_text("We ring you now")
    officer.expect_call("1 to be connected to the customer", within=4).press("1").expect_heard(
        "Acme Industries"
    )
    customer.expect_ring()


def test_strangers_are_not_answered(network: Network, escalate: Escalate, officer: Phone) -> None:
    escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    stranger = network.phone("+15550177777")
    stranger.text("1")
    stranger.text("hello?")
    stranger.expect_no_text()


def test_support_is_not_taken_for_an_officer(
    network: Network, escalate: Escalate, officer: Phone, desk: Phone
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    desk.text("1")
    desk.expect_no_text()
    case.refresh_from_db()
    assert case.status == Status.PAGING


def test_a_text_that_twilio_sends_twice_counts_once(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    network.faults.add(Fault(on="callback:text", do="double"))
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    officer.expect_no_text()
    network.phone(CUSTOMER).text("Any news?")
    assert events_of(case).count("customer_text") == 1
    assert HeardText.objects.count() == 2


@pytest.mark.parametrize(
    "words", ["Auto-reply: I am out of the office", "I'm driving and cannot answer now, 1 sec"]
)
def test_automatic_replies_are_left_alone(
    network: Network, escalate: Escalate, officer: Phone, words: str
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply(words)
    officer.expect_no_text()
    case.refresh_from_db()
    assert case.status == Status.PAGING


def test_two_machines_do_not_thank_each_other_for_ever(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    escalate()
    officer.expect_ring()
    offered = officer.expect_text("urgent case")
    for _ in range(30):
        offered.reply("hm")
    assert len([text for text in officer.texts if not text.outgoing]) <= 22
    for text in officer.texts:
        text.expected = True


def test_the_text_names_account_and_one_line_only_where_the_programme_allows_it(
    network: Network, escalate: Escalate, programme: object, officer: Phone
) -> None:
    type(programme).objects.update(text_detail=True)
    escalate(summary="The plant in Toledo stands still. " * 20)
    officer.expect_ring()
    text = officer.expect_text("urgent case", "Acme Industries: The plant in Toledo")
    assert len(text.body) < 500


def test_a_customers_words_land_on_the_case_and_are_not_answered(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    customer.text("Any news?")
    customer.expect_no_text()
    assert "Grace Hall: Any news?" in story_of(case)


def test_whoever_passed_by_text_may_change_their_mind(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, ana: Person
) -> None:
    case = escalate()
    officer.expect_ring()
    offered = officer.expect_text("urgent case")
    offered.reply("2")
    officer.expect_text("passed on")
    backup.expect_ring()
    backup.expect_text("urgent case")
    offered.reply("1")
    officer.expect_text("You have case")
    case.refresh_from_db()
    assert case.owner == ana
    assert case.pages.filter(person=ana, channel="text").get().status in (
        PageStatus.PASSED,
        PageStatus.ACCEPTED,
    )
