"""Two cases at once for one officer: the second waits for the first answer, or goes to the backup if graver."""

import pytest

from customers.models import Account
from escalations.holding import cancel
from escalations.models import Status
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of


@pytest.fixture
def beta(acme: Account) -> Account:
    other = Account.objects.get(pk=acme.pk)
    other.pk, other.external_id, other.name = None, "BETA", "Beta Works"
    other.save()
    other.contacts.create(name="Hal Burns", phone="+15550190005", is_default=True)
    return other


def test_the_second_waits_and_rings_when_the_first_was_passed_on(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, backup: Phone
) -> None:
    first = escalate()
    ring = officer.expect_ring()
    officer.expect_text(str(first.number))
    second = escalate(account=beta)
    officer.expect_no_call()
    second.refresh_from_db()
    assert second.status == Status.PAGING
    assert second.waiting_for.name == "Ana Ruiz"
    assert "Ana Ruiz's phone has another case: this one waits for it." in story_of(second)
    ring.answer().press("2").expect_heard("Passed on").expect_ended()
    officer.expect_ring(within=2.0)
    officer.expect_text(str(second.number))
    backup.expect_ring()
    backup.expect_text(str(first.number))


def test_while_the_officer_talks_to_the_first_customer_the_second_goes_on_at_once(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, backup: Phone, customer: Phone
) -> None:
    escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    second = escalate(account=beta)
    call.press("1").expect_heard("You have it")
    customer.expect_call("Ana Ruiz is on the line")
    backup.expect_ring(within=2.0)
    backup.expect_text(str(second.number))
    officer.expect_no_call(during=10)


def test_a_graver_second_goes_to_the_backup_at_once(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, backup: Phone
) -> None:
    escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    second = escalate(account=beta, severity="critical")
    backup.expect_ring(within=2.0)
    backup.expect_text(str(second.number))
    assert "waiting" not in events_of(second)


def test_nobody_waits_for_ever(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, backup: Phone, advance: Advance
) -> None:
    """The officer dithers for over a minute: the second case goes on to the backup."""
    escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    second = escalate(account=beta)
    for _ in range(5):
        call.press("*").expect_heard("2 to pass it on")
        advance(4)
    backup.expect_ring(within=20)
    backup.expect_text(str(second.number))
    call.hang_up()
    officer.expect_ring()


def test_of_several_that_wait_the_gravest_rings_first(
    network: Network, escalate: Escalate, beta: Account, acme: Account, officer: Phone, backup: Phone
) -> None:
    gamma = Account.objects.get(pk=beta.pk)
    gamma.pk, gamma.external_id, gamma.name = None, "GAMMA", "Gamma Ltd"
    gamma.save()
    first = escalate(severity="critical")
    ring = officer.expect_ring()
    officer.expect_text(str(first.number))
    lighter = escalate(account=beta)
    graver = escalate(account=gamma, severity="high")
    ring.answer().press("2")
    officer.expect_ring(within=3.0)
    officer.expect_text(str(graver.number))
    officer.expect_no_text()
    backup.expect_ring()
    backup.expect_text(str(first.number))
    lighter.refresh_from_db()
    assert lighter.waiting_for.name == "Ana Ruiz"


def test_a_cancelled_first_case_frees_the_phone_for_the_second(
    network: Network, escalate: Escalate, beta: Account, officer: Phone, cleo: Person
) -> None:
    first = escalate()
    ring = officer.expect_ring()
    officer.expect_text(str(first.number))
    second = escalate(account=beta)
    officer.expect_no_call()
    cancel(escalation=first, by=cleo, reason="solved by the desk")
    ring.expect_stopped(within=3)
    officer.expect_ring(within=4.0)
    officer.expect_text(str(second.number))
