"""Places, and a way to log what was learnt."""

from collections.abc import Callable
from typing import Any

import pytest

from customers.models import Account
from learnings.models import Cause, Feeling, Learning, Source, Touchpoint
from learnings.recording import log_learning
from people.models import Person

Learn = Callable[..., Learning]


@pytest.fixture
def billing(dora: Person, cleo: Person) -> Touchpoint:
    """Dora's, and Cleo is her deputy."""
    return Touchpoint.objects.create(name="Billing", owner=dora, deputy=cleo)


@pytest.fixture
def helpline(cleo: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Help line", owner=cleo)


@pytest.fixture
def learn(ana: Person, billing: Touchpoint) -> Learn:
    """Logs one of Ana's: annoyed, about a process at billing, unless the test says otherwise."""

    def log(quote: str = "Four invoices for three depots.", **fields: Any) -> Learning:
        usual = {
            "touchpoint": billing,
            "cause": Cause.PROCESS,
            "feeling": Feeling.ANNOYED,
            "source": Source.SESSION,
            "author": ana,
        }
        return log_learning(quote=quote, **{**usual, **fields})

    return log


@pytest.fixture
def account(acme: Account) -> Account:
    return acme
