"""The test ring of a morning: a real call that offers nothing, and its result on record."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client

from escalations.models import Page
from escalations.morning_rings import ring_due
from people.models import Letter, Person
from rota.duty_wishes import ring_at, set_test_ring
from rota.errors import Refused
from rota.gaps import gaps
from rota.models import Duty, MorningRing, Programme, RingStatus, RingWish
from rota.reassigning import reassign
from telephony.simulator import Fault, Network, Phone
from tests.conftest import make_person, publish_days
from tests.escalations.conftest import Advance, Escalate, Settle

Clock = time_machine.Traveller
BEFORE_EIGHT = datetime(2026, 6, 17, 11, 59, tzinfo=UTC)  # in New York

starts_before_eight = pytest.mark.starts_at(BEFORE_EIGHT)


@pytest.fixture
def duty(programme: Programme, ana: Person, ben: Person) -> Duty:
    """Ana is primary from 08:00 on today, and wants a test ring then; she lives in New York."""
    Programme.objects.update(hours_from=time(8), hours_to=time(20))
    programme.refresh_from_db()
    Person.objects.filter(pk=ana.pk).update(time_zone="America/New_York")
    ana.refresh_from_db()
    Duty.objects.all().delete()
    set_test_ring(person=ana, wish=RingWish.OPENING, by=ana)
    return publish_days(programme, [[ben], [ana, ben]], first=date(2026, 6, 16))[1]


def ring() -> MorningRing:
    return MorningRing.objects.get()


@starts_before_eight
def test_it_rings_when_the_duty_begins_and_is_heard(
    network: Network, officer: Phone, duty: Duty, advance: Advance, settle: Settle
) -> None:
    assert ring_due() == 0
    advance(60)
    assert ring_due() == 1
    assert ring_due() == 0
    officer.expect_call("This is your test ring").press("1").expect_heard("Thank you, it is noted")
    advance(30)
    assert (ring().status, ring().detail) == (RingStatus.HEARD, "1 was pressed.")
    assert not Letter.objects.filter(kind="test-ring").exists()
    assert not Page.objects.exists(), "it is no page"


@starts_before_eight
@pytest.mark.parametrize("habit", ["ignored", "voicemail", "silence", "busy", "off"])
def test_without_the_key_the_officer_and_administrators_hear_of_it(
    network: Network,
    officer: Phone,
    duty: Duty,
    programme: Programme,
    ana: Person,
    dora: Person,
    advance: Advance,
    habit: str,
) -> None:
    if habit == "voicemail":
        officer.has_voicemail()
    elif habit == "busy":
        officer.be_busy()
    elif habit == "off":
        officer.be_off()
    advance(60)
    ring_due()
    if habit == "silence":
        officer.expect_ring().answer()
    elif habit in ("ignored", "voicemail"):
        officer.expect_ring().ignore()
    advance(120)
    assert ring().status in (RingStatus.UNANSWERED, RingStatus.FAILED)
    mine, admins = Letter.objects.filter(kind="test-ring").order_by("pk")
    assert (mine.person, mine.channel, admins.person) == (ana, "text", dora)
    assert "08:00 EDT" in mine.text
    (gap,) = gaps(programme=programme, now=datetime.now(UTC), days=0)
    assert gap.why == "Ana Ruiz did not answer the test ring"


@starts_before_eight
def test_a_wrong_key_is_asked_again_and_not_for_ever(
    network: Network, officer: Phone, duty: Duty, advance: Advance
) -> None:
    advance(60)
    ring_due()
    call = officer.expect_ring().answer()
    for _ in range(3):
        call.press("5").expect_heard("1 if you hear this")
    call.press("5").expect_heard("That did not work")
    advance(30)
    assert ring().status == RingStatus.UNANSWERED


@starts_before_eight
def test_a_phone_that_is_engaged_for_a_case_is_left_alone(
    network: Network, officer: Phone, duty: Duty, escalate: Escalate, advance: Advance, settle: Settle
) -> None:
    advance(59)
    Programme.objects.update(after_hours="all")
    Duty.objects.filter(pk=duty.pk).update(starts_at=datetime.now(UTC))
    escalate(connect="none")
    settle()
    call = officer.expect_ring()
    officer.expect_text("is offered to you")
    advance(1)
    assert ring_due() == 0
    assert ring().status == RingStatus.DUE
    call.answer().press("1").expect_heard("You have it")
    officer.expect_text("record the outcome", within=20)
    advance(60)
    assert ring_due() == 1
    officer.expect_ring().answer().press("1").expect_heard("Thank you")


@starts_before_eight
def test_a_case_goes_before_a_test_that_rings(
    network: Network, officer: Phone, duty: Duty, escalate: Escalate, advance: Advance, settle: Settle
) -> None:
    advance(60)
    ring_due()
    settle()
    officer.expect_ring()
    case = escalate(connect="none")
    settle()
    officer.expect_call("urgent customer escalation").press("1").expect_heard("You have it")
    officer.expect_text("is offered to you")
    officer.expect_text("record the outcome", within=20)
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"
    assert (ring().status, ring().detail) == (RingStatus.SKIPPED, "A case rang this phone instead.")
    assert not Letter.objects.filter(kind="test-ring").exists()


@starts_before_eight
def test_an_answer_that_was_lost_is_looked_up_and_never_rung_twice(
    network: Network, officer: Phone, duty: Duty, advance: Advance
) -> None:
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    advance(60)
    ring_due()
    officer.expect_ring().ignore()
    advance(60)
    ring_due()
    assert ring().sid
    advance(240)
    ring_due()
    assert ring().status == RingStatus.UNANSWERED
    officer.expect_no_call()


@starts_before_eight
def test_who_gave_the_duty_away_is_not_rung(
    network: Network, officer: Phone, duty: Duty, ana: Person, dora: Person, advance: Advance
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    set_test_ring(person=carl, wish=RingWish.OPENING, by=carl)
    network.phone(carl.phone, name="Carl")
    reassign(duty=duty, to=carl, by=dora, reason="Ana is ill")
    advance(60)
    assert ring_due() == 1
    officer.expect_no_call()
    network.phone(carl.phone).expect_call("test ring").press("1").expect_heard("Thank you")
    assert ring().person == carl


@starts_before_eight
def test_a_forged_report_changes_nothing(
    network: Network, officer: Phone, duty: Duty, advance: Advance, client: Client
) -> None:
    advance(60)
    ring_due()
    officer.expect_ring().ignore()
    path = f"/webhooks/twilio/rings/{ring().pk}/status"
    forged = client.post(
        path,
        f"CallSid=CA{'0' * 32}&CallStatus=completed",
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": "bm8="},
    )
    assert forged.status_code == 403
    assert ring().status == RingStatus.RINGING
    advance(60)


@starts_before_eight
def test_it_is_not_made_up_for_hours_later(
    network: Network, officer: Phone, duty: Duty, advance: Advance
) -> None:
    advance(60 + 3600)
    assert ring_due() == 0
    assert not MorningRing.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wish", "opens", "zone", "rings"),
    [
        ("opening", time(8), "America/New_York", "08:00"),
        ("before", time(8), "America/New_York", "07:30"),
        pytest.param("opening", time(0), "America/New_York", "07:00", id="midnight is no time to ring"),
        pytest.param("before", time(7), "America/New_York", "07:00", id="half past six neither"),
        pytest.param("opening", time(8), "America/Los_Angeles", "07:00", id="five in the morning out west"),
        pytest.param("opening", time(8), "Pacific/Auckland", "07:00", id="midnight over the date line"),
        pytest.param("opening", time(8), "Europe/Berlin", "14:00", id="already the afternoon"),
        pytest.param("opening", time(17), "Europe/Berlin", "07:00", id="late at night"),
    ],
)
def test_when_it_rings(
    programme: Programme, ana: Person, clock: Clock, wish: str, opens: time, zone: str, rings: str
) -> None:
    Duty.objects.all().delete()
    Programme.objects.update(hours_from=opens, hours_to=time(23))
    programme.refresh_from_db()
    Person.objects.filter(pk=ana.pk).update(time_zone=zone)
    ana.refresh_from_db()
    (duty,) = publish_days(programme, [[ana]], first=date(2026, 6, 17))
    at = ring_at(duty, wish)
    assert f"{at.astimezone(ana.zone):%H:%M}" == rings
    assert duty.starts_at - timedelta(minutes=30) <= at < duty.starts_at + timedelta(hours=10)


@pytest.mark.django_db
def test_who_may_choose_it(
    programme: Programme, ana: Person, asha: Person, ben: Person, dora: Person
) -> None:
    for by in (ana, asha, dora):
        assert set_test_ring(person=ana, wish=RingWish.BEFORE, by=by).test_ring == RingWish.BEFORE
    with pytest.raises(Refused):
        set_test_ring(person=ana, wish=RingWish.NEVER, by=ben)
    with pytest.raises(Refused) as refusal:
        set_test_ring(person=ana, wish="noon", by=ana)
    assert refusal.value.field == "test_ring"
