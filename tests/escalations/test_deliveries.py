"""Administrators see what is on its way out and why it is stuck, send it again, or take it back."""

import pytest

from customers.models import Account
from escalations import deliveries
from escalations.errors import NotAllowed, NotNow
from escalations.models import Page
from people.models import Person
from rota.models import Programme
from telephony.simulator import Fault, Network
from tests.escalations.test_ringing import Advance, raise_for

pytestmark = pytest.mark.django_db(transaction=True)


def _only(state: str, channel: str) -> deliveries.Delivery:
    [found] = [one for one in deliveries.overview() if (one.state, one.channel) == (state, channel)]
    return found


def test_a_refused_call_says_why_and_what_mends_it(
    network: Network,
    programme: Programme,
    ana: Person,
    ben: Person,
    cleo: Person,
    dora: Person,
    acme: Account,
) -> None:
    right = ana.phone
    Person.objects.filter(pk=ana.pk).update(phone="+1555")
    case = raise_for(acme, cleo)
    ring = network.phone(ben.phone).expect_ring()
    network.phone(ben.phone).expect_text("urgent")
    failed = [one for one in deliveries.overview() if one.state == "failed"]
    assert {(one.channel, one.to, one.escalation) for one in failed} == {
        ("Call", ana.name, case),
        ("Text", ana.name, case),
    }
    call = next(one for one in failed if one.channel == "Call")
    assert "Correct the telephone number" in call.why
    Person.objects.filter(pk=ana.pk).update(phone=right)
    deliveries.retry(kind="page", pk=call.pk, by=dora)
    network.phone(right).expect_ring()
    ring.ignore()
    failed = [one for one in deliveries.overview() if one.state == "failed"]
    with pytest.raises(NotNow, match="another call"):
        deliveries.retry(kind="page", pk=next(one.pk for one in failed if one.channel == "Call"), by=dora)
    with pytest.raises(NotAllowed):
        deliveries.retry(kind="page", pk=call.pk, by=cleo)


def test_a_stuck_call_is_taken_back_and_the_next_phone_rings(
    network: Network,
    programme: Programme,
    ana: Person,
    cleo: Person,
    dora: Person,
    acme: Account,
    advance: Advance,
) -> None:
    network.faults.add(Fault(on="POST Calls", do="status", status=429, to=ana.phone))
    case = raise_for(acme, cleo)
    advance(10)
    network.phone(ana.phone).expect_text("urgent")
    stuck = _only("stuck", "Call")
    assert stuck.may_cancel
    network.faults.clear()
    deliveries.cancel(kind="page", pk=stuck.pk, by=dora)
    network.phone(ana.phone).expect_ring()  # the ladder's second rung is the same officer again
    assert case.events.filter(kind="delivery_cancelled", actor=dora).exists()
    assert Page.objects.get(pk=stuck.pk).status == "cancelled"
    with pytest.raises(NotNow):
        deliveries.cancel(kind="page", pk=stuck.pk, by=dora)


def test_a_failed_text_is_sent_again_and_one_that_arrived_is_not(
    network: Network, programme: Programme, ana: Person, cleo: Person, dora: Person, acme: Account
) -> None:
    case = raise_for(acme, cleo, connect="none")
    officer = network.phone(ana.phone)
    call = officer.expect_call("urgent")
    officer.expect_text("urgent")
    officer.be_landline(known=True)
    call.press("1").expect_heard("You have it")
    failed = _only("failed", "Text")
    officer.be_normal()
    assert failed.kind == "message"
    deliveries.retry(kind="message", pk=failed.pk, by=dora)
    officer.expect_text("record the outcome")
    assert case.events.filter(kind="delivery_retried", actor=dora).exists()
    with pytest.raises(NotNow, match="not sent twice"):
        deliveries.retry(kind="message", pk=failed.pk, by=dora)


def test_the_overview_costs_the_same_for_any_number_of_rows(
    programme: Programme, cleo: Person, acme: Account, tiny: Account, django_assert_num_queries: object
) -> None:
    raise_for(acme, cleo)
    raise_for(tiny, cleo, public_risk=True)
    with django_assert_num_queries(10):  # type: ignore[operator]
        assert len(deliveries.overview()) >= 2
