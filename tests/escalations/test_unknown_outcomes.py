"""What nobody knows of a request to Twilio only Twilio can say: no page is lost, and none rings twice."""

import os
import subprocess
import sys

import pytest

from escalations import claims, delivery, settling, telling
from escalations.models import Message, MessageStatus, Page, PageStatus, Status
from telephony import client
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of


def dead_process() -> str:
    """The claim of a process of this machine that is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return f"{claims.PROCESS.split(':')[0]}:{gone.pid}:abc123"


def test_a_reset_after_the_call_was_taken_is_adopted(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    network.faults.add(Fault(on="POST Calls", do="reset_after", nth=1))
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    assert len(officer.rings) == 1
    page = Page.objects.get(escalation=case, channel="call")
    assert page.sid == officer.rings[0].call.sid


def test_an_unanswered_ring_of_which_we_never_heard_is_found_at_twilio(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    """The answer and every report are lost, and Twilio's lists lag behind by some seconds."""
    network.faults.add(Fault(on="POST Calls", do="reset_after", nth=1))
    network.faults.add(Fault(on="POST Calls", do="stale", nth=1, seconds=3))
    network.faults.add(Fault(on="callback:status", do="lose"))
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    advance(10)
    assert len(officer.rings) == 1
    page = Page.objects.get(escalation=case, channel="call")
    assert (page.status, page.sid) == (PageStatus.RINGING, officer.rings[0].call.sid)


@pytest.mark.parametrize(
    "deed", [{"do": "reset_before"}, {"do": "status", "status": 500}, {"do": "status", "status": 503}]
)
def test_what_was_not_taken_is_sent_again_and_rings_once(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance, deed: dict[str, object]
) -> None:
    network.faults.add(Fault(on="POST Calls", nth=1, **deed))
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring(within=10)
    advance(5)
    assert len(officer.rings) == 1
    assert Page.objects.get(escalation=case, channel="call").tries == 2


def test_a_slow_answer_is_not_waited_for_and_its_call_is_adopted(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, settings: object
) -> None:
    settings.TWILIO_READ_TIMEOUT = 0.2
    network.faults.add(Fault(on="POST Calls", do="delay_after", nth=1, seconds=0.6))
    escalate()
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day")
    settings.TWILIO_READ_TIMEOUT = 8.0
    call.press("1").expect_heard("You have it")
    customer.expect_ring()
    assert len(officer.rings) == 1


def test_too_many_requests_are_asked_again_when_twilio_says(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone
) -> None:
    network.faults.add(Fault(on="POST Calls", do="status", status=429, retry_after=5, times=2))
    escalate()
    officer.expect_text("urgent case")
    officer.expect_no_call(during=9)
    officer.expect_ring(within=5)
    backup.expect_no_call()


def test_twilio_down_for_a_minute(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, settings: object, advance: Advance
) -> None:
    """Nobody is climbed over meanwhile; when it is back, the first phone rings, once."""
    there, settings.TWILIO_API_BASE_URL = settings.TWILIO_API_BASE_URL, "http://127.0.0.1:9"
    case = escalate()
    advance(60)
    case.refresh_from_db()
    assert case.status == Status.PAGING
    waiting = Page.objects.get(escalation=case, channel="call")
    assert waiting.status == PageStatus.QUEUED
    assert waiting.error_detail
    settings.TWILIO_API_BASE_URL = there
    officer.expect_ring(within=4)
    officer.expect_text("urgent case")
    advance(10)
    assert len(officer.rings) == 1
    backup.expect_no_call()


def test_a_lost_answer_to_a_text_is_not_texted_twice(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_after", nth=1))
    network.faults.add(Fault(on="callback:text-status", do="lose"))
    case = escalate()
    officer.expect_ring()
    advance(10)
    officer.expect_text("urgent case")
    officer.expect_no_text()
    assert Page.objects.get(escalation=case, channel="text").sid


@pytest.mark.parametrize("placed", [True, False])
def test_a_pager_that_died_while_it_dialled(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance, placed: bool
) -> None:
    """Killed after Twilio took the call, or before: the next one adopts it, or sends it; it rings once."""
    case = escalate()
    page = claims.claim_call()
    assert isinstance(page, Page)
    Page.objects.filter(pk=page.pk).update(claim=dead_process())
    if placed:
        client.place_call(
            to=page.address,
            answer_url=delivery.address("page-answer", page.pk),
            status_callback=delivery.address("page-status", page.pk),
            ring_seconds=20,
        )
    assert settling.release_dead_claims() == 1
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day", within=10).press("1").expect_heard("You have it")
    customer.expect_ring()
    assert len(officer.rings) == 1
    assert Page.objects.get(pk=page.pk).sid == call.call.sid
    assert events_of(case).count("accepted") == 1


def test_a_claim_of_a_process_that_lives_is_left_alone(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    escalate()
    page = claims.claim_call()
    host = claims.PROCESS.split(":")[0]
    Page.objects.filter(pk=page.pk).update(claim=f"{host}:{os.getppid()}:zzz")
    assert settling.release_dead_claims() == 0
    officer.expect_text("urgent case")
    officer.expect_no_call(during=5)


def test_a_promise_that_was_being_texted_when_the_pager_died_is_texted_once(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    telling.to_customer(escalation=case, key="promise:x", subject="s", body="You will be called.")
    (message,) = claims.claim_texts(1)
    assert isinstance(message, Message)
    client.send_text(
        to=message.address,
        body=message.body,
        status_callback=delivery.address("message-status", message.pk),
    )
    Message.objects.filter(pk=message.pk).update(claim=dead_process())
    settling.release_dead_claims()
    advance(10)
    customer.expect_text("You will be called.")
    customer.expect_no_text()
    message.refresh_from_db()
    assert message.status in (MessageStatus.SENT, MessageStatus.DELIVERED)
