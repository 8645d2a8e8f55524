"""The ladder as it is climbed: who rings when, what is said when nobody answers, and how it goes on."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core import mail

from customers.models import Account, Contact
from escalations.models import Page, PageStatus, Status
from escalations.paging import accept
from people.models import Person
from rota.models import Programme
from telephony import consent
from telephony.simulator import Network, Phone
from telephony.simulator.story import Ringing
from tests.conftest import make_person, publish_days
from tests.escalations.conftest import Advance, Escalate, events_of, story_of
from tests.stories import START


def seconds(phone: Phone) -> list[int]:
    """When the phone rang, in whole seconds since the case was raised."""
    return [round((ring.at - START).total_seconds()) for ring in phone.rings]


def expect_everything(*phones: Phone) -> None:
    """These phones ring and are texted; the story is about when."""
    for phone in phones:
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_primary_twice_backup_fallback_administrators_each_for_the_ring_time(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(110)
    assert seconds(officer) == [0, 20]
    assert seconds(backup) == [40]
    assert seconds(fallback) == [60, 80]
    assert [len(phone.texts) for phone in (officer, backup, fallback)] == [1, 1, 2]
    case.refresh_from_db()
    assert case.status == Status.UNREACHED
    expect_everything(officer, backup, fallback)
    customer.expect_text("Acme Industries", "You will be called by 11:01 EDT")
    desk.expect_text("Nobody has answered", str(case.number))
    mails = [message for message in mail.outbox if message.to == ["dora@example.com"]]
    assert "Acme Industries" in mails[0].subject
    assert "needs an officer" in mails[0].subject
    assert case.promised_until == START + timedelta(minutes=61, seconds=20)
    assert "The customer is told to expect a call by 11:01 EDT" in story_of(case)


def test_it_goes_on_ever_slower_until_a_human_takes_it(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(3600)
    firsts = seconds(officer)[::2]
    pauses = [round((later - earlier) / 60, 1) for earlier, later in pairwise(firsts)]
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(4.7, abs=0.2)
    assert pauses[-1] > 20
    customer.expect_text("You will be called by")
    desk.expect_text("nobody has answered")
    customer.expect_no_text()
    expect_everything(officer, backup, fallback)
    case.refresh_from_db()
    advance((case.next_action_at - datetime.now(UTC)).total_seconds())
    call = officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    officer.expect_text("urgent case")
    call.expect_heard("Acme Industries")
    customer.expect_ring()
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED


def test_an_administrator_takes_it_at_the_end_of_the_ladder(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(82)
    expect_everything(officer, backup, fallback)
    ringing = next(ring.call for ring in fallback.rings if not ring.ended)
    Ringing(fallback, ringing).answer().press("1").expect_heard("You have it")
    customer.expect_text("You will be called by")
    customer.expect_ring()
    desk.expect_text("nobody has answered")
    case.refresh_from_db()
    assert (case.status, case.owner.name) == (Status.ACCEPTED, "Dora Lindt")


@pytest.mark.parametrize(
    ("trouble", "status", "word"),
    [
        ("be_busy", PageStatus.BUSY, "busy"),
        ("be_declining", PageStatus.BUSY, "busy"),
        ("be_unallocated", PageStatus.FAILED, "could not be reached"),
    ],
)
def test_a_phone_that_cannot_ring_hands_on_at_once(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, trouble: str, status: str, word: str
) -> None:
    getattr(officer, trouble)()
    case = escalate()
    backup.expect_ring(within=3.0)
    expect_everything(officer)
    backup.expect_text("urgent case")
    pages = case.pages.filter(channel="call", person__name="Ana Ruiz")
    assert [page.status for page in pages] == [status, status]
    assert word in story_of(case)


def test_a_number_that_twilio_refuses_hands_on_at_once_and_says_why(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, ana: Person
) -> None:
    """112 is never dialled; the timeline names the reason and shows no number."""
    Person.objects.filter(pk=ana.pk).update(phone="+112")
    case = escalate()
    backup.expect_ring(within=3.0)
    backup.expect_text("urgent case")
    failed = case.pages.filter(channel="call", person=ana)
    assert [page.status for page in failed] == [PageStatus.FAILED, PageStatus.FAILED]
    assert "never dialled" in failed[0].error_detail
    assert "+112" not in story_of(case)


def test_a_phone_that_is_off_is_given_up_when_the_network_gives_it_up(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, advance: Advance
) -> None:
    officer.be_off()
    escalate()
    advance(11)
    backup.expect_ring()
    backup.expect_text("urgent case")


def test_an_officer_without_a_verified_number_is_stepped_over_and_administrators_are_told(
    network: Network, escalate: Escalate, ana: Person, officer: Phone, backup: Phone
) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    case = escalate()
    backup.expect_ring(within=1.0)
    backup.expect_text("urgent case")
    officer.expect_no_call()
    officer.expect_no_text()
    assert "no_number" in events_of(case)
    told = [message for message in mail.outbox if message.to == ["dora@example.com"]]
    assert len(told) == 1
    assert "Ana Ruiz has no verified phone number" in told[0].subject


def test_a_number_that_asked_for_no_texts_is_still_called(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    officer.text("STOP")
    case = escalate()
    officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    officer.expect_no_text()
    text = Page.objects.get(escalation=case, channel="text")
    assert text.status == PageStatus.FAILED
    assert "STOP" in text.error_detail
    assert [stop.number for stop in consent.stopped_numbers()] == [officer.number]
    assert "page_failed" in events_of(case)


def test_a_landline_takes_no_text_and_is_called(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    officer.be_landline()
    case = escalate()
    officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    assert Page.objects.get(escalation=case, channel="text").status in (
        PageStatus.FAILED,
        PageStatus.CANCELLED,
    )


@pytest.mark.parametrize(
    ("severity", "risk", "expected"), [("high", False, 17), ("critical", False, 14), ("normal", True, 14)]
)
def test_graver_cases_wait_less(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    advance: Advance,
    severity: str,
    risk: bool,
    expected: int,
) -> None:
    escalate(severity=severity, public_risk=risk)
    advance(expected + 2)
    assert seconds(officer)[:2] == [0, expected]
    expect_everything(officer)


def test_the_customer_without_a_mobile_gets_the_promise_by_mail(
    network: Network,
    escalate: Escalate,
    acme: Account,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    advance: Advance,
) -> None:
    Contact.objects.filter(account=acme).update(phone="")
    escalate()
    advance(85)
    promises = [message for message in mail.outbox if message.to == ["grace@acme.example.com"]]
    assert len(promises) == 1
    assert "You will be called by 11:01 EDT" in promises[0].body
    expect_everything(officer, backup, fallback, desk)


def test_a_customer_whose_text_fails_gets_the_promise_by_mail_instead(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    customer.be_landline()
    case = escalate()
    advance(90)
    promises = [message for message in mail.outbox if message.to == ["grace@acme.example.com"]]
    assert len(promises) == 1
    assert "You will be called by" in promises[0].body
    assert "message_failed" in events_of(case)
    expect_everything(officer, backup, fallback, desk)


def test_backups_ring_in_their_order(
    network: Network,
    escalate: Escalate,
    programme: Programme,
    ana: Person,
    ben: Person,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    advance: Advance,
) -> None:
    carl = make_person("carl@example.com", "Carl Weiss", phone="+15550100009", is_executive=True)
    programme.duties.all().delete()
    publish_days(programme, [[ana, ben, carl], [ben, ana, carl]])
    escalate()
    advance(70)
    second = network.phone(carl.phone, name="Carl, second backup")
    assert (seconds(backup), seconds(second)) == ([40], [60])
    expect_everything(officer, backup, second, fallback)


def test_a_rung_may_ring_its_people_at_once(
    network: Network,
    escalate: Escalate,
    programme: Programme,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    customer: Phone,
    ben: Person,
    dora: Person,
    advance: Advance,
) -> None:
    carl = make_person("carl@example.com", "Carl Weiss", phone="+15550100009", is_executive=True)
    programme.fallback_places.create(person=carl, position=2)
    programme.rungs = [{"who": "fallback", "by": ["call"], "at_once": True, "ring_seconds": 30}]
    programme.save()
    case = escalate()
    first, second = fallback.expect_ring(), network.phone(carl.phone).expect_ring()
    first.answer().press("1").expect_heard("You have it")
    second.expect_stopped(within=3)
    customer.expect_ring()
    statuses = {page.person.name: page.status for page in case.pages.all()}
    assert statuses == {"Dora Lindt": PageStatus.ACCEPTED, "Carl Weiss": PageStatus.CANCELLED}


def test_taken_on_the_page_every_phone_stops_ringing(
    network: Network, escalate: Escalate, ana: Person, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    ring = officer.expect_ring()
    accept(escalation=case, by=ana, how="on the page")
    ring.expect_stopped(within=3)
    advance(300)
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED


def test_a_phone_picked_up_after_our_ladder_went_on_can_still_take_it(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, advance: Advance
) -> None:
    """Twilio may ring five seconds longer than told: who picks up then is not sent away."""
    network.extra_ring_seconds = 5
    case = escalate()
    officer.expect_text("urgent case")
    ring = officer.expect_ring()
    advance(19.9)
    call = ring.answer()
    advance(1)
    call.press("1").expect_heard("You have it")
    customer.expect_ring()
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"


def test_our_own_due_time_rules_where_twilio_rings_longer(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    network.extra_ring_seconds = 5
    escalate()
    advance(24)
    first, second = officer.rings
    assert first.ended == "canceled"
    assert (second.at - first.at).total_seconds() < 21
    expect_everything(officer)
