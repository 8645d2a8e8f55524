"""A call that nobody wants any more, and of which we never heard whether Twilio took it, still falls silent.

The case ends, or somebody else takes it, while its page is being sent; Twilio takes the call, and both its answer
and its reports are lost.
"""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from escalations import bridging, claims, delivery, holding, paging, settling
from escalations.models import Escalation, Leg, LegRole, LegStatus, Page, PageStatus
from people.models import Person
from rota.models import Programme
from telephony import clock
from telephony.errors import OutcomeUnknown
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate
from tests.escalations.test_unknown_outcomes import dead_process
from tests.reliability.plant import Plant
from tests.reliability.test_twilio_faults import taken

SILENT_WITHIN = 6.0
"""Seconds from the lost answer to the phone's silence; by itself it would ring for 20."""


@pytest.fixture
def cut_off(network: Network) -> Network:
    """Twilio takes the next call, and neither its answer nor a report of any call ever comes."""
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    network.faults.add(Fault(on="callback:status", do="lose"))
    return network


@pytest.fixture
def claimed(escalate: Escalate, calls_only: Programme) -> Page:
    """A case whose first page a pager has just taken into its hands."""
    escalate(connect="none")
    page = claims.claim_call()
    assert isinstance(page, Page)
    return page


def cancelled(page: Page, by: Person) -> None:
    holding.cancel(escalation=page.escalation, by=by, reason="It runs again.")


def accepted_by_another(page: Page, by: Person) -> None:
    other = Person.objects.get(email="ben@example.com")
    paging.accept(escalation=page.escalation, by=other, how="on the page")


def accepted_by_its_own_officer(page: Page, by: Person) -> None:
    paging.accept(escalation=page.escalation, by=page.person, how="on the page")


def passed_on(page: Page, by: Person) -> None:
    paging.pass_on(escalation=page.escalation, by=page.person, how="on the page")


ENDS = [cancelled, accepted_by_another, accepted_by_its_own_officer, passed_on]


@pytest.mark.parametrize("end", ENDS)
def test_a_page_that_ended_before_its_lost_answer_is_found_and_hung_up(
    cut_off: Network,
    claimed: Page,
    officer: Phone,
    backup: Phone,
    cleo: Person,
    end: Callable[[Page, Person], None],
) -> None:
    end(claimed, cleo)
    delivery.deliver_call(claimed)
    officer.expect_ring(within=0.1).expect_stopped(within=SILENT_WITHIN)
    claimed.refresh_from_db()
    assert claimed.sid == officer.rings[0].call.sid
    assert not claimed.hang_up_wanted
    assert claimed.status not in ("sending", "ringing"), "it stays ended"
    if end is passed_on:
        backup.expect_ring()


@pytest.mark.parametrize("end", ENDS)
def test_a_page_that_ended_after_its_lost_answer_is_found_and_hung_up(
    cut_off: Network,
    claimed: Page,
    officer: Phone,
    backup: Phone,
    cleo: Person,
    end: Callable[[Page, Person], None],
) -> None:
    delivery.deliver_call(claimed)
    end(claimed, cleo)
    officer.expect_ring(within=0.1).expect_stopped(within=SILENT_WITHIN)
    if end is passed_on:
        backup.expect_ring()


def test_the_call_of_a_dead_pager_falls_silent_when_its_case_is_cancelled(
    cut_off: Network, claimed: Page, officer: Phone, cleo: Person
) -> None:
    Page.objects.filter(pk=claimed.pk).update(claim=dead_process())
    with pytest.raises(OutcomeUnknown):
        delivery._place_page(claimed)  # all that its process did before it died
    cancelled(claimed, cleo)
    ring = officer.expect_ring(within=0.1)
    assert settling.release_dead_claims() == 1
    ring.expect_stopped(within=SILENT_WITHIN)


@pytest.mark.parametrize("deed", [{"do": "reset_before"}, {"do": "status", "status": 429}])
def test_what_twilio_never_took_holds_no_phone_up(
    network: Network,
    claimed: Page,
    officer: Phone,
    cleo: Person,
    escalate: Escalate,
    deed: dict[str, object],
) -> None:
    """The next case's call to the same phone goes out within seconds, for there is nothing to hang up."""
    network.faults.add(Fault(on="POST Calls", times=1, **deed))  # type: ignore[arg-type]
    cancelled(claimed, cleo)
    delivery.deliver_call(claimed)
    escalate(connect="none")
    officer.expect_ring(within=8)
    assert not Page.objects.filter(hang_up_wanted=True).exists()


def test_an_undecided_call_of_an_ended_page_is_not_taken_for_the_next_cases(
    cut_off: Network, claimed: Page, officer: Phone, cleo: Person, escalate: Escalate
) -> None:
    """Both answers are lost: whose call is it that rings? The second goes out only when the first is decided."""
    delivery.deliver_call(claimed)
    cancelled(claimed, cleo)
    cut_off.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    case = escalate(connect="none")
    officer.expect_ring(within=0.1).expect_stopped(within=SILENT_WITHIN)
    second = officer.expect_ring(within=8)
    cut_off.advance(4)
    page = case.pages.get()
    assert (page.status, page.sid) == (PageStatus.RINGING, second.call.sid)
    assert max(taken(cut_off).values()) == 1


def test_while_twilio_cannot_say_the_phone_is_held_back_for_minutes_and_not_for_ever(
    network: Network, claimed: Page, officer: Phone, cleo: Person, escalate: Escalate, advance: Advance
) -> None:
    """Twilio takes calls but lists none: after three minutes no call rings any more, whatever became of it."""
    network.faults.add(Fault(on="POST Calls", do="reset_before", times=1))
    network.faults.add(Fault(on="GET Calls", do="status", status=500))
    cancelled(claimed, cleo)
    delivery.deliver_call(claimed)
    escalate(connect="none")
    officer.expect_no_call(during=120)
    officer.expect_ring(within=90)


def test_the_customers_phone_falls_silent_when_the_officer_ended_the_connection(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    customer: Phone,
    ana: Person,
    settings: Settings,
) -> None:
    """The same for the phones of a bridge: its leg was ended while it was being called."""
    settings.TWILIO_CALLS_PER_SECOND = 0
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    paging.accept(escalation=case, by=ana, how="on the page")
    bridging.start(escalation=case, by=ana)
    Leg.objects.filter(role=LegRole.OFFICER).update(status=LegStatus.JOINED, joined_at=clock.now())
    leg = _claimed_leg(case)
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    network.faults.add(Fault(on="callback:status", do="lose"))
    bridging.drop(escalation=case, by=ana)
    delivery.deliver_call(leg)
    customer.expect_ring(within=0.1).expect_stopped(within=SILENT_WITHIN)
    leg.refresh_from_db()
    assert (leg.status, leg.hang_up_wanted) == (LegStatus.CANCELLED, False)
    officer.expect_text("record the outcome")


def _claimed_leg(case: Escalation) -> Leg:
    bridge = case.bridges.get()
    bridging._queue(bridge, LegRole.CUSTOMER, case.contact_phone)
    leg = claims.claim_call()
    assert isinstance(leg, Leg)
    return leg


def test_a_killed_pager_leaves_no_phone_ringing_for_a_cancelled_case(
    plant: Plant, next_programme: Callable[[], int]
) -> None:
    """In real processes: Twilio has taken the call, its answer is held back, and the pager dies waiting for it."""
    programme = next_programme()
    with plant.fault(on="POST Calls", do="hold", times=1):
        plant.simulator("POST", "faults", {"on": "callback:status", "do": "lose"})
        doomed = plant.pager()
        case = plant.escalate(programme, connect="none")
        plant.wait_until(lambda: plant.rings(plant.officer(programme)), "the call was taken")
        doomed.kill()
        doomed.wait()
        plant.api("POST", f"escalations/{case['id']}/cancel/", {"reason": "solved by itself"})
        assert plant.rings(plant.officer(programme))
        plant.pager()
        plant.wait_until(lambda: not plant.rings(plant.officer(programme)), "the phone falls silent", 12)
    plant.assert_once()
