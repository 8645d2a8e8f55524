"""A support agent escalates; the officer's phone rings, is answered, and the customer is on the line."""

from collections.abc import Callable

from customers.models import Account
from escalations.models import Escalation, Status
from escalations.raising import raise_escalation
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network

Advance = Callable[[float], object]


def raise_for(account: Account, by: Person, **fields: object) -> Escalation:
    """A case as the support desk would raise it."""
    words = {
        "summary": "The plant in Toledo stands still since our update.",
        "tried": "Two restarts.",
        "wants": "A date for the fix.",
    }
    return raise_escalation(account=account, raised_by=by, **(words | fields)).escalation  # type: ignore[arg-type]


def test_one_takes_it_and_talks_to_the_customer(
    network: Network, programme: Programme, ana: Person, cleo: Person, acme: Account, advance: Advance
) -> None:
    case = raise_for(acme, cleo)
    officer, customer = network.phone(ana.phone), network.phone("+15550190001")

    call = officer.expect_call("Officer of the Day, an urgent customer escalation for Ana Ruiz")
    call.expect_not_heard("Acme")
    officer.expect_text("urgent case")
    call.press("1").expect_heard("You have it")
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert case.owner == ana

    call.expect_heard("Acme Industries")
    theirs = customer.expect_call("Ana Ruiz is on the line")
    advance(10)
    call.expect_in_conference_with(customer)
    case.refresh_from_db()
    assert case.status == Status.CONNECTED

    theirs.hang_up()
    call.expect_heard("The conversation has ended")
    officer.expect_text("record the outcome")
