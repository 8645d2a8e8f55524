"""A case that does not qualify rings no phone: it lies in the officer's inbox and is not forgotten."""

from django.core import mail

from customers.models import Account
from escalations.models import Status
from escalations.paging import accept
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of

HOUR = 3600


def test_it_rings_nobody_and_says_why(
    network: Network, escalate: Escalate, tiny: Account, ana: Person, officer: Phone
) -> None:
    case = escalate(account=tiny)
    officer.expect_no_call(during=60)
    officer.expect_no_text()
    assert (case.status, case.owner, case.qualifies) == (Status.QUEUED, ana, False)
    assert "of 60 points: it does not ring. It is in Ana Ruiz's inbox." in story_of(case)
    assert [factor["name"] for factor in case.factors] == [
        "value",
        "tenure",
        "loyalty",
        "status",
        "influence",
    ]


def test_the_owner_is_reminded_and_after_a_day_administrators_too(
    network: Network, escalate: Escalate, tiny: Account, advance: Advance
) -> None:
    case = escalate(account=tiny)
    advance(4 * HOUR)
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]
    assert f"Case {case.number} of Tiny Shop waits in your inbox" in mail.outbox[0].subject
    advance(21 * HOUR)
    told = [message.subject for message in mail.outbox if message.to == ["dora@example.com"]]
    assert told == [f"Case {case.number} waits for 24 hours"]
    assert events_of(case).count("reminded") == 6


def test_the_officer_takes_it_from_the_inbox(
    network: Network, escalate: Escalate, tiny: Account, ana: Person, advance: Advance, officer: Phone
) -> None:
    case = escalate(account=tiny)
    accept(escalation=case, by=ana, how="on the page")
    case.refresh_from_db()
    assert (case.status, case.owner) == (Status.ACCEPTED, ana)
    advance(599)
    officer.expect_no_call()
