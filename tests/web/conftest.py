"""Who sits at a browser, and a case for them to look at."""

from collections.abc import Callable

import pytest
from django.test import Client

from customers.models import Account
from escalations.models import Escalation
from escalations.outcomes import record_outcome
from escalations.paging import accept
from escalations.raising import raise_escalation
from learnings.models import Touchpoint
from people.models import Person
from rota.models import Programme

SignIn = Callable[[Person | None], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which this person is signed in; None for a stranger's."""

    def browser(person: Person | None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return browser


@pytest.fixture
def billing(dora: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Billing", owner=dora)


@pytest.fixture
def case(programme: Programme, acme: Account, cleo: Person) -> Escalation:
    """A case of a big account: Ana's phone is about to ring."""
    return raise_escalation(
        account=acme,
        raised_by=cleo,
        summary="The night shift cannot print labels.",
        tried="Restarted both servers.",
        wants="A date for the spare part.",
    ).escalation


@pytest.fixture
def taken(case: Escalation, ana: Person) -> Escalation:
    """The case in Ana's hand."""
    return accept(escalation=case, by=ana, how="by key")


@pytest.fixture
def resolved(taken: Escalation, ana: Person, billing: Touchpoint) -> Escalation:
    """Resolved by Ana; the customer is asked."""
    record_outcome(
        escalation=taken,
        by=ana,
        cause="process",
        touchpoint=billing,
        done="The part is on its way.",
        quote="At last somebody who listens.",
    )
    taken.refresh_from_db()
    return taken


@pytest.fixture
def raise_case(programme: Programme, acme: Account, cleo: Person) -> Callable[[], Escalation]:
    """Raises a case later in a test."""

    def do() -> Escalation:
        return raise_escalation(
            account=acme, raised_by=cleo, summary="The night shift cannot print."
        ).escalation

    return do
