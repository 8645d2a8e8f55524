"""The stories of a case: a desk that raises it, phones by what their owners do, and what holds in every story."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from customers.models import Account
from escalations.models import Escalation, Event
from escalations.raising import raise_escalation
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network, Phone
from tests.stories import COMPANY_NUMBER

CUSTOMER = "+15550190001"

Escalate = Callable[..., Escalation]
Advance = Callable[[float], object]
Settle = Callable[[], object]


@pytest.fixture
def escalate(programme: Programme, cleo: Person, acme: Account) -> Escalate:
    """Raise a case as the support desk would; any field may be given."""

    def raise_it(account: Account = acme, by: Person = cleo, **fields: object) -> Escalation:
        words = {
            "summary": "The plant in Toledo stands still since our update.",
            "tried": "Two restarts.",
            "wants": "A date for the fix.",
        }
        return raise_escalation(account=account, raised_by=by, **(words | fields)).escalation  # type: ignore[arg-type]

    return raise_it


@pytest.fixture
def officer(network: Network, ana: Person) -> Phone:
    return network.phone(ana.phone, name="Ana, on duty")


@pytest.fixture
def backup(network: Network, ben: Person) -> Phone:
    return network.phone(ben.phone, name="Ben, backup")


@pytest.fixture
def fallback(network: Network, dora: Person) -> Phone:
    return network.phone(dora.phone, name="Dora, fallback and administrator")


@pytest.fixture
def desk(network: Network, cleo: Person) -> Phone:
    return network.phone(cleo.phone, name="Cleo, support")


@pytest.fixture
def customer(network: Network) -> Phone:
    return network.phone(CUSTOMER, name="Grace, customer")


def events_of(case: Escalation) -> list[str]:
    """The kinds on the timeline, in order."""
    return list(Event.objects.filter(escalation=case).values_list("kind", flat=True))


def story_of(case: Escalation) -> str:
    """The timeline as a person reads it."""
    return "\n".join(f"{e.actor_name}: {e.text}" for e in Event.objects.filter(escalation=case))


@pytest.fixture(autouse=True)
def _holds_in_every_story(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No call shows a private number, no page is placed twice, no webhook breaks, no case is set aside."""
    if "network" not in request.fixturenames:
        yield
        return
    network: Network = request.getfixturevalue("network")
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not [record.getMessage() for record in errors if record.name.startswith("escalations")]
    for call in network.calls.values():
        if call.direction != "inbound":
            assert call.shown_from == COMPANY_NUMBER, f"{call.to} was shown {call.shown_from}"
    placed: Counter[str] = Counter()
    for entry in network.requests:
        if entry.direction == "out":
            assert entry.status < 500, f"{entry.url} answered {entry.status}"
        elif entry.method == "POST" and entry.status == 201:
            found = re.search(r"(pages|legs)/\d+/answer", entry.form.get("Url", ""))
            placed.update([found.group()] if found else [])
    twice = [what for what, times in placed.items() if times > 1]
    assert not twice, f"placed twice: {twice}"
