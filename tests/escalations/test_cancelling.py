"""Support takes a case back."""

import pytest

from escalations.errors import NotAllowed, NotNow
from escalations.holding import cancel
from escalations.models import PageStatus, Status
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of


def test_a_cancelled_case_stops_ringing_and_ends(
    network: Network, escalate: Escalate, cleo: Person, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    ring = officer.expect_ring()
    officer.expect_text("urgent case")
    cancel(escalation=case, by=cleo, reason="The customer found it.")
    ring.expect_stopped(within=3)
    advance(3600)
    case.refresh_from_db()
    assert (case.status, case.next_action, case.next_action_at) == (Status.CANCELLED, "", None)
    assert "Cleo Martin cancelled the case: The customer found it." in story_of(case)
    assert set(case.pages.values_list("status", flat=True)) == {PageStatus.CANCELLED}
    cancel(escalation=case, by=cleo, reason="again")
    assert events_of(case).count("cancelled") == 1


def test_an_officer_on_the_line_is_told(
    network: Network, escalate: Escalate, cleo: Person, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    offered = officer.expect_text("urgent case")
    cancel(escalation=case, by=cleo, reason="")
    call.press("1").expect_heard("This case needs nobody any more").expect_ended()
    offered.reply("1")
    officer.expect_text("needs nobody any more")


def test_a_cancelled_case_in_hand_bothers_nobody_again(
    network: Network, escalate: Escalate, cleo: Person, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    cancel(escalation=case, by=cleo, reason="")
    advance(7200)
    officer.expect_no_call()


def test_who_may_and_when(
    network: Network, escalate: Escalate, ana: Person, cleo: Person, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    with pytest.raises(NotAllowed):
        cancel(escalation=case, by=ana, reason="")
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    with pytest.raises(NotNow, match="end the connection first"):
        cancel(escalation=case, by=cleo, reason="")
