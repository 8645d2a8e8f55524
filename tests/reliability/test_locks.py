"""Locks are taken in one order, so that no two transactions wait for each other (PostgreSQL would break one off)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from customers.models import Account
from escalations import bridging, claims, paging, raising
from escalations.errors import AlreadyTaken
from escalations.models import Channel, Escalation, Leg, LegRole, LegStatus, Page, PageStatus
from learnings.models import Cause, Feeling, Source, Touchpoint
from learnings.recording import log_learning
from people.models import Person
from tests.escalations.conftest import Escalate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pace(settings: Settings) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 0


LONG_ENOUGH = 1.0
"""Seconds in which the other transaction reaches the lock that we hold."""


class Beside:
    """Work that runs at the same time on a connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(self._run, work)

    def _run(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    def let_it_reach_our_lock(self) -> None:
        threading.Event().wait(LONG_ENOUGH)

    def is_done(self) -> bool:
        return self._future.done()

    def result(self) -> Any:
        """What it returned; raises what it raised."""
        return self._future.result(20)


def test_a_claim_and_a_yes_do_not_wait_for_each_other(escalate: Escalate, ana: Person) -> None:
    case = escalate()
    with transaction.atomic():
        paging.locked(case.pk)
        claim = Beside(claims.claim_call)
        claim.let_it_reach_our_lock()
        paging.accept(escalation=case, by=ana, how="on the page")
    claimed = claim.result()
    assert not isinstance(claimed, Page), "a page of a case that was just taken must not go out"
    assert Page.objects.filter(channel=Channel.CALL).get().status == PageStatus.ACCEPTED


def test_a_second_yes_that_waited_for_the_first_is_told_who_has_it(
    escalate: Escalate, ana: Person, ben: Person
) -> None:
    """The owner it found when it came is not the owner that it finds when its turn comes."""
    case = escalate()
    with transaction.atomic():
        paging.accept(escalation=case, by=ben, how="by text")
        second = Beside(lambda: paging.accept(escalation=case, by=ana, how="by key"))
        second.let_it_reach_our_lock()
    with pytest.raises(AlreadyTaken) as told:
        second.result()
    assert told.value.holder == ben


def test_a_text_is_not_claimed_while_its_case_is_being_taken(escalate: Escalate, ana: Person) -> None:
    case = escalate()
    with transaction.atomic():
        paging.locked(case.pk)
        claim = Beside(lambda: claims.claim_texts(4))
        claim.let_it_reach_our_lock()
        paging.accept(escalation=case, by=ana, how="on the page")
    assert claim.result() == []
    assert Page.objects.filter(channel=Channel.TEXT).get().status == PageStatus.CANCELLED


def test_another_page_is_claimed_while_the_gravest_ones_case_is_busy(
    escalate: Escalate, tiny: Account, ana: Person, ben: Person
) -> None:
    grave = escalate(severity="critical")
    paging.pass_on(escalation=grave, by=ana, how="on the page")
    other = escalate(account=tiny, public_risk=True)
    with transaction.atomic():
        paging.locked(grave.pk)
        claim = Beside(lambda: (claims.claim_call(), claims.claim_call()))
        claim.let_it_reach_our_lock()
    assert {row.escalation_id for row in claim.result() if isinstance(row, Page)} >= {other.pk}


def test_an_outcome_and_a_joining_contact_do_not_wait_for_each_other(
    escalate: Escalate, acme: Account, cleo: Person, ana: Person
) -> None:
    case = escalate()
    touchpoint = Touchpoint.objects.create(name="Support line", owner=cleo)
    with transaction.atomic():
        paging.locked(case.pk)
        joining = Beside(
            lambda: raising.raise_escalation(account=acme, raised_by=cleo, summary="They call again.")
        )
        joining.let_it_reach_our_lock()
        log_learning(
            quote="At last.",
            meaning="",
            suggestion="",
            touchpoint=touchpoint,
            cause=Cause.values[0],
            feeling=Feeling.NEUTRAL,
            source=Source.ESCALATION,
            source_reference="case",
            source_path="/",
            account=acme,
            author=ana,
        )
    assert joining.result().joined


def test_a_leg_that_is_placed_while_its_bridge_ends_is_hung_up(escalate: Escalate, ana: Person) -> None:
    case = escalate()
    paging.accept(escalation=case, by=ana, how="on the page")
    bridge = bridging.start(escalation=case, by=ana)
    leg = bridge.legs.get(role=LegRole.OFFICER)
    Leg.objects.filter(pk=leg.pk).update(status=LegStatus.SENDING)
    with transaction.atomic():
        paging.locked(case.pk)
        placing = Beside(lambda: bridging.placed(leg_id=leg.pk, sid="CA" + "1" * 32))
        placing.let_it_reach_our_lock()
        assert not placing.is_done(), "whoever holds the case's lock must not be passed"
        bridging.drop(escalation=case, by=ana)
    placing.result()
    leg.refresh_from_db()
    assert leg.status == LegStatus.CANCELLED
    assert leg.hang_up_wanted


def test_two_cases_of_one_officer_raised_in_the_same_instant_ring_once(
    escalate: Escalate, tiny: Account, ana: Person
) -> None:
    """The phone is taken by the first; the second waits for it, and does not count the officer as tried."""
    start = threading.Barrier(2)

    def raise_it(**fields: Any) -> Escalation:
        start.wait(20)
        return escalate(**fields)

    beside = Beside(lambda: raise_it(account=tiny, public_risk=True))
    mine = raise_it(severity="critical")
    other = beside.result()
    calls = Page.objects.filter(channel=Channel.CALL, address=ana.phone)
    assert calls.count() == 1
    second = other if calls.get().escalation_id == mine.pk else mine
    assert not Page.objects.filter(escalation=second, person=ana).exists()
