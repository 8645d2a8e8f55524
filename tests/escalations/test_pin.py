"""Where the programme asks for a PIN, nothing of a case is said or done before it."""

import pytest
from django.contrib.auth.hashers import make_password

from escalations.models import PageStatus, Status
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Escalate, events_of


@pytest.fixture
def pin(programme: Programme, ana: Person) -> str:
    Programme.objects.update(ask_pin=True)
    Person.objects.filter(pk=ana.pk).update(pin_hash=make_password("4711"))
    return "4711"


def test_the_right_pin_takes_the_case(
    network: Network, pin: str, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    call = (
        officer.expect_call("Officer of the Day")
        .press("1")
        .expect_heard("Enter your PIN, then the hash key.")
    )
    case.refresh_from_db()
    assert case.status == Status.PAGING
    call.expect_not_heard("Acme").press(f"{pin}#").expect_heard("You have it").expect_heard("Acme")
    customer.expect_ring()
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"
    assert case.accepted_at is not None


def test_the_story_is_told_after_the_pin_only(
    network: Network, pin: str, escalate: Escalate, officer: Phone
) -> None:
    escalate()
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("3").expect_heard("Enter your PIN")
    call.expect_not_heard("Acme").press(f"{pin}#").expect_heard("Acme Industries").expect_heard(
        "2 to pass it on"
    )


def test_a_wrong_pin_is_told_so_and_five_of_them_end_the_call(
    network: Network, pin: str, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("1").expect_heard("Enter your PIN")
    for _ in range(4):
        call.press("1234#").expect_heard("That PIN is not right. Enter your PIN")
    call.press("0000#").expect_heard("That did not work").expect_ended()
    call.expect_not_heard("Acme")
    officer.expect_ring()
    assert case.pages.filter(channel="call").first().status == PageStatus.UNANSWERED
    assert "accepted" not in events_of(case)


def test_no_pin_at_all_counts_as_unanswered(
    network: Network, pin: str, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("1").expect_heard("Enter your PIN")
    call.expect_ended()
    call.expect_not_heard("Acme")
    officer.expect_ring()
    assert "accepted" not in events_of(case)


def test_passing_on_needs_no_pin(
    network: Network, pin: str, escalate: Escalate, officer: Phone, backup: Phone
) -> None:
    escalate()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("2").expect_heard("Passed on")
    backup.expect_ring()
    backup.expect_text("urgent case")


def test_an_officer_without_a_pin_is_not_locked_out(
    network: Network, pin: str, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone
) -> None:
    """Somebody has to take the case: who has set no PIN takes it without one."""
    escalate()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("2").expect_heard("Passed on")
    backup.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
