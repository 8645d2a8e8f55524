"""Twilio's reports doubled, lost, reordered, late, early, forged and foreign: the story stays the same."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from escalations import delivery, watchdog
from escalations.models import Page, PageStatus, Status
from people.models import Person
from telephony import clock
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of
from tests.stories import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.django_db(transaction=True)


def the_usual_story(officer: Phone, backup: Phone, customer: Phone, *, within: float = 4.0) -> None:
    """Ana passes it on, Ben takes it and talks to the customer."""
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("2").expect_heard("Passed on").expect_ended()
    backup.expect_text("urgent case", within=within)
    call = backup.expect_call("Officer of the Day", within=within).press("1").expect_heard("You have it")
    customer.expect_call("Ben Okafor is on the line", within=within)
    call.expect_in_conference_with(customer)


@pytest.mark.parametrize("what", ["status", "gather", "amd", "conference", "text-status", "voice"])
def test_doubled(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, what: str
) -> None:
    network.faults.add(Fault(on=f"callback:{what}", do="double"))
    case = escalate()
    the_usual_story(officer, backup, customer)
    kinds = events_of(case)
    for once in ("accepted", "passed", "connected"):
        assert kinds.count(once) == 1, once
    assert kinds.count("page_ringing") == 2
    assert case.bridges.count() == 1
    case.refresh_from_db()
    assert (case.status, case.owner.name) == (Status.CONNECTED, "Ben Okafor")


@pytest.mark.parametrize("deed", ["lose", "reorder", "delay"])
@pytest.mark.parametrize("what", ["status", "amd", "conference"])
def test_lost_reordered_and_late(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, what: str, deed: str
) -> None:
    network.faults.add(Fault(on=f"callback:{what}", do=deed, seconds=15 if deed == "delay" else 0))
    case = escalate()
    the_usual_story(officer, backup, customer)
    network.advance(20)
    case.refresh_from_db()
    assert (case.status, case.owner.name) == (Status.CONNECTED, "Ben Okafor")


def test_with_every_report_lost_our_own_clock_climbs(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, advance: Advance
) -> None:
    network.faults.add(Fault(on="callback:status", do="lose"))
    escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    advance(26)
    officer.expect_ring()
    advance(25)
    backup.expect_ring()
    backup.expect_text("urgent case")


def test_a_report_of_the_end_that_comes_late_does_not_end_the_next_ring(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, advance: Advance
) -> None:
    network.faults.add(Fault(on="callback:status", do="delay", seconds=30, to=officer.number))
    escalate()
    officer.expect_text("urgent case")
    officer.expect_ring().decline()
    advance(25)
    officer.expect_ring().decline()
    advance(24)
    backup.expect_text("urgent case", within=8)
    ring = backup.expect_ring(within=8)
    advance(15)
    assert not ring.call.ended_at


def test_a_page_whose_end_was_never_reported_does_not_block_the_phone_for_ever(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, advance: Advance
) -> None:
    """Ana is asked, her "no answer" is lost: the watchdog asks Twilio and frees her phone."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    network.advance(2)
    network.faults.add(Fault(on="callback:status", do="lose"))
    advance(600)
    officer.expect_ring().decline()
    officer.expect_text("are you on case")
    page = Page.objects.get(escalation=case, purpose="ask", channel="call")
    assert page.status in (PageStatus.RINGING, PageStatus.SENDING)
    officer.texts[-1].expected = True
    network.faults.clear()
    # She says by text that she is on it, and nobody knows that her call is over.
    advance(170)
    watchdog.look()
    page.refresh_from_db()
    assert page.status == PageStatus.RINGING
    advance(9)
    for thing in (*backup.rings, *backup.texts):
        thing.expected = True
    advance(10)
    watchdog.look()
    page.refresh_from_db()
    assert page.status not in ("queued", "sending", "ringing", "answered")
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_the_watchdog_says_why_it_moved_something(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, dora: Person
) -> None:
    case = escalate()
    ring = officer.expect_ring()
    officer.expect_text("urgent case")
    network.faults.add(Fault(on="callback:status", do="lose"))
    ring.decline()
    network.faults.clear()
    page = case.pages.get(channel="call")
    assert page.status == PageStatus.RINGING
    long_ago = clock.now() - timedelta(seconds=watchdog.LONGEST_PAGE_SECONDS + 1)
    Page.objects.filter(pk=page.pk).update(sent_at=long_ago)
    assert watchdog.look() == 1
    page.refresh_from_db()
    assert page.status == PageStatus.UNANSWERED
    assert "watchdog" in events_of(case)
    assert case.messages.get(key__startswith="watchdog:").address == dora.email
    officer.expect_ring()  # the ladder's second rung


@pytest.mark.parametrize("number_of_call", [1, 2, 3])
def test_callbacks_that_come_before_the_answer_to_our_request(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, number_of_call: int
) -> None:
    network.faults.add(Fault(on="POST Calls", do="answer_after_callbacks", nth=number_of_call))
    network.faults.add(Fault(on="POST Messages", do="answer_after_callbacks", nth=number_of_call))
    case = escalate()
    the_usual_story(officer, backup, customer)
    assert all(page.sid for page in case.pages.all())


def test_forged_reports_are_refused_and_the_story_goes_on(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, advance: Advance
) -> None:
    network.faults.add(Fault(on="callback:status", do="bad_signature"))
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    advance(26)
    officer.expect_ring()
    refused = [entry for entry in network.requests if entry.kind == "status"]
    assert refused
    assert {entry.status for entry in refused} == {403}
    assert "page_ringing" not in events_of(case)
    network.problems.clear()


def signed(path: str, form: dict[str, str], base: str) -> tuple[int, bytes]:
    """What the product answers to a request with a valid signature, as anybody with the account could send it."""
    url = base + path
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    body, kind = urlencode(form), "application/x-www-form-urlencoded"
    answer = Client().post(path, body, content_type=kind, headers={"X-Twilio-Signature": signature})
    return answer.status_code, answer.content


def test_a_foreign_call_decides_nothing(
    network: Network, escalate: Escalate, officer: Phone, settings: object
) -> None:
    """Another call of the account, or an old one played again, presses 1 for this page."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    page = Page.objects.get(escalation=case, channel="call")
    form = {"CallSid": "CA" + "ab" * 16, "AccountSid": ACCOUNT_SID, "Digits": "1", "From": "+1", "To": "+1"}
    path = delivery.address("page-keys", page.pk, 0).removeprefix(settings.PUBLIC_BASE_URL)
    assert signed(path, form, settings.PUBLIC_BASE_URL)[0] == 403
    status = delivery.address("page-status", page.pk).removeprefix(settings.PUBLIC_BASE_URL)
    over = form | {"CallStatus": "completed", "SequenceNumber": "9"}
    assert signed(status, over, settings.PUBLIC_BASE_URL)[0] == 403
    case.refresh_from_db()
    assert case.status == Status.PAGING
    own = form | {"CallSid": page.sid, "AccountSid": "AC" + "cd" * 16}
    assert signed(path, own, settings.PUBLIC_BASE_URL)[0] == 403
    assert signed(path.replace(str(page.pk), "999999"), form, settings.PUBLIC_BASE_URL)[0] == 404
    case.refresh_from_db()
    assert case.status == Status.PAGING


@pytest.mark.parametrize("digits", ["", "11", "١", "1; DROP TABLE", "👍", "x" * 500])
def test_keys_that_no_phone_has_are_a_wrong_key(
    network: Network, escalate: Escalate, officer: Phone, settings: object, digits: str
) -> None:
    case = escalate()
    officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    page = Page.objects.get(escalation=case, channel="call")
    form = {"CallSid": page.sid, "AccountSid": ACCOUNT_SID, "Digits": digits, "From": "+1", "To": "+1"}
    path = delivery.address("page-keys", page.pk, 0).removeprefix(settings.PUBLIC_BASE_URL)
    code, _ = signed(path, form, settings.PUBLIC_BASE_URL)
    assert code in (200, 400)
    case.refresh_from_db()
    assert case.status == Status.PAGING
