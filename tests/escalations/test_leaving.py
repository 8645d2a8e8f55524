"""Whoever leaves the organisation leaves no case behind, and is rung no more."""

import pytest

from customers.models import Account
from escalations.models import Escalation, Status
from escalations.paging import accept
from people.joining import deactivate
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network
from tests.escalations.test_ringing import raise_for


@pytest.fixture
def case(network: Network, programme: Programme, cleo: Person, acme: Account) -> Escalation:
    return raise_for(acme, cleo, connect="none")


def test_a_case_in_the_hands_of_a_leaver_rings_again(
    network: Network, case: Escalation, ana: Person, ben: Person, dora: Person
) -> None:
    accept(escalation=case, by=ana, how="on the page")
    deactivate(person=ana, by=dora)
    case.refresh_from_db()
    assert case.status == Status.PAGING
    assert case.owner == ben
    network.phone(ben.phone).expect_call("urgent").press("1").expect_heard("You have it")
    network.phone(ben.phone).expect_text("urgent")
    network.phone(ben.phone).expect_text("record the outcome")


def test_a_phone_of_a_leaver_stops_ringing_and_the_next_one_rings(
    network: Network, case: Escalation, ana: Person, ben: Person, dora: Person
) -> None:
    ring = network.phone(ana.phone).expect_ring()
    network.phone(ana.phone).expect_text("urgent")
    deactivate(person=ana, by=dora)
    network.phone(ben.phone).expect_ring()
    network.phone(ben.phone).expect_text("urgent")
    ring.expect_stopped()
    case.refresh_from_db()
    assert case.owner == ben
