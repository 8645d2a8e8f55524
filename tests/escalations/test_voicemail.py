"""A machine that answers for an officer accepts nothing, hears nothing, and holds up nobody."""

from escalations.models import PageStatus, Status
from rota.models import Programme
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of

SECRETS = ("Acme", "Toledo", "plant", "Grace", "Two restarts")


def test_a_detected_voicemail_keeps_a_neutral_word_and_the_next_phone_rings_at_once(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    machine = officer.expect_ring().voicemail()
    advance(4)
    officer.expect_ring(within=1.0)
    machine.expect_ended()
    recorded = " ".join(heard.text for heard in machine.words if heard.recorded)
    assert "Please call this number back" in recorded
    for secret in (*SECRETS, str(case.number)):
        machine.expect_not_heard(secret)
    pages = case.pages.filter(channel="call").values_list("status", flat=True)
    assert list(pages) == [PageStatus.VOICEMAIL, PageStatus.RINGING]
    case.refresh_from_db()
    assert case.status == Status.PAGING
    assert "page_voicemail" in events_of(case)
    assert "accepted" not in events_of(case)


def test_an_undetected_voicemail_accepts_nothing_and_hears_no_customer_detail(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    officer.has_amd_verdict("human")
    machine = officer.expect_ring().voicemail()
    machine.expect_ended(within=60)
    for secret in (*SECRETS, str(case.number)):
        machine.expect_not_heard(secret)
    officer.expect_ring(within=1.0)
    assert case.pages.filter(channel="call").first().status == PageStatus.UNANSWERED
    case.refresh_from_db()
    assert case.status == Status.PAGING


def test_a_silent_machine_of_which_twilio_knows_nothing_accepts_nothing(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    officer.has_amd_verdict("unknown")
    silent = officer.expect_call("Officer of the Day")
    silent.expect_ended(within=60)
    for secret in (*SECRETS, str(case.number)):
        silent.expect_not_heard(secret)
    officer.expect_ring(within=1.0)
    case.refresh_from_db()
    assert case.status == Status.PAGING


def test_a_human_who_pressed_a_key_is_no_machine_whatever_detection_says(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, advance: Advance
) -> None:
    """Detection takes some four seconds and is a hint: a machine presses no keys."""
    case = escalate()
    officer.expect_text("urgent case")
    officer.has_amd_verdict("machine_start")
    call = officer.expect_call("Officer of the Day")
    call.press("3").expect_heard("Acme Industries")
    advance(5)
    call.expect_heard("1 to take it, 2 to pass it on").press("1").expect_heard("You have it")
    customer.expect_ring()
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"
    assert case.status == Status.ACCEPTED


def test_where_the_programme_does_not_detect_machines_silence_is_enough(
    network: Network, escalate: Escalate, programme: Programme, officer: Phone
) -> None:
    Programme.objects.update(detect_voicemail=False)
    case = escalate()
    officer.expect_text("urgent case")
    machine = officer.expect_ring().voicemail()
    machine.expect_ended(within=60)
    for secret in SECRETS:
        machine.expect_not_heard(secret)
    officer.expect_ring(within=1.0)
    assert not [entry for entry in network.requests if entry.kind == "amd"]
    assert case.pages.filter(channel="call").first().status == PageStatus.UNANSWERED


def test_a_verdict_that_comes_late_finds_the_next_phone_ringing_already(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, advance: Advance
) -> None:
    """A mailbox that is silent at first is taken for one after our ladder has moved on."""
    network.faults.add(Fault(on="callback:amd", do="delay", seconds=40))
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring().voicemail()
    advance(35)
    officer.expect_ring().decline()
    backup.expect_text("urgent case")
    backup.expect_ring()
    advance(10)
    assert events_of(case).count("page_ringing") == 3
    backup.expect_no_call()
