"""Letters by text reach their phone once, through lost answers and dead workers; what cannot be texted is mailed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from people import letters, letters_mail, letters_status, letters_texts
from people.models import Letter, LetterStatus, Person
from telephony import client, consent
from telephony.simulator import Fault, Network
from tests.mail_server import MailServer
from tests.people.letter_box import remind

pytestmark = pytest.mark.django_db(transaction=True)

Settle = Callable[[], object]
Clock = time_machine.Traveller


def text(person: Person, **more: object) -> Letter:
    letter = remind(person, by="text", **more)
    assert letter is not None
    return letter


def only(status: str) -> Letter:
    """The one text, which has this status."""
    letter = Letter.objects.by_text().get()
    assert letter.status == status, letter.error_detail
    return letter


def mailed_instead() -> Letter:
    """The mail that goes in place of the one text, which has failed."""
    failed = only("failed")
    assert "It goes by mail instead." in failed.error_detail
    mail = Letter.objects.by_mail().get()
    assert mail.key == f"{failed.key}:mail"
    assert (mail.text, mail.status) == ("You are Officer of the Day on Tuesday.", LetterStatus.QUEUED)
    return mail


def test_a_text_arrives_once(network: Network, ana: Person, settle: Settle) -> None:
    text(ana)
    assert letters_texts.send_due() == 1
    settle()
    network.phone(ana.phone).expect_text("On duty on Tuesday.")
    assert only("sent").sid.startswith("SM")
    assert letters_texts.send_due() == 0


def test_texts_go_a_few_a_second(
    network: Network, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters_texts, "RUN_SECONDS", 1.0)
    for n in range(6):
        text(ana, key=f"reminder:{n}")
    assert 2 <= letters_texts.send_due() <= 4
    assert Letter.objects.filter(status=LetterStatus.QUEUED, tries=0).count() >= 2
    for _ in Letter.objects.filter(status=LetterStatus.SENT):
        network.phone(ana.phone).expect_text("On duty")


def test_stop_is_learnt_from_twilio_and_the_mail_goes(
    network: Network, ana: Person, mail_server: MailServer
) -> None:
    text(ana)
    network.phone(ana.phone).text("STOP")
    consent.note_start(number=ana.phone, at=Letter.objects.get().created_at)  # we did not hear of it
    assert letters_texts.send_due() == 0
    assert only("failed").error_code == 21610
    assert mailed_instead()
    assert letters_mail.send_due() == 1
    assert len(mail_server.to(ana.email)) == 1
    assert not consent.may_text(ana.phone)


def test_stop_since_it_was_written_is_heeded(network: Network, ana: Person) -> None:
    text(ana)
    network.phone(ana.phone).text("STOP")
    letters_texts.send_due()
    assert mailed_instead()
    assert not [one for one in network.requests if (one.direction, one.kind) == ("in", "Messages")]


def test_another_number_since_it_was_written_gets_nothing(network: Network, ana: Person) -> None:
    text(ana)
    Person.objects.filter(pk=ana.pk).update(phone="+15550100099")
    letters_texts.send_due()
    assert "not theirs any more" in only("failed").error_detail
    assert mailed_instead()


def test_a_text_that_does_not_arrive_is_mailed(network: Network, ana: Person, settle: Settle) -> None:
    network.phone(ana.phone).be_landline(known=False)
    text(ana)
    assert letters_texts.send_due() == 1
    assert only("sent")
    settle()
    assert only("failed").error_code == 30006
    assert mailed_instead()


def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(
    network: Network, ana: Person, clock: Clock
) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_after", nth=1))
    network.faults.add(Fault(on="POST Messages", do="stale", nth=1, seconds=25))
    text(ana)
    assert letters_texts.send_due() == 0
    assert only("sending").sid == ""
    for _ in range(3):
        clock.shift(21)
        assert letters_texts.send_due() == 0
    assert only("sent").sid
    network.phone(ana.phone).expect_text("On duty")
    network.phone(ana.phone).expect_no_text()


def test_what_twilio_never_took_is_sent_again(network: Network, ana: Person, clock: Clock) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_before", nth=1))
    text(ana)
    sent = [letters_texts.send_due()]
    for _ in range(letters_texts.LOOKS):
        clock.shift(21)
        sent.append(letters_texts.send_due())
    assert sent == [0, 0, 0, 1]
    network.phone(ana.phone).expect_text("On duty")
    assert only("sent").tries == 2


def test_two_texts_of_the_same_words_are_told_apart(
    network: Network, ana: Person, clock: Clock, settle: Settle
) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_after", nth=1))
    text(ana, key="reminder:1")
    text(ana, key="reminder:2")
    assert letters_texts.send_due() == 1
    clock.shift(21)
    letters_texts.send_due()
    settle()
    sids = set(Letter.objects.filter(status=LetterStatus.SENT).values_list("sid", flat=True))
    assert len(sids) == 2
    for _ in sids:
        network.phone(ana.phone).expect_text("On duty")


def test_a_report_that_is_quicker_than_the_answer_is_believed(
    network: Network, ana: Person, settle: Settle
) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_after", nth=1))
    text(ana)
    letters_texts.send_due()
    settle()  # the report comes, the answer never did
    network.phone(ana.phone).expect_text("On duty")
    assert only("sent").sid


@pytest.mark.parametrize("placed", [True, False])
def test_a_worker_killed_while_it_sends_loses_and_doubles_nothing(
    placed: bool, network: Network, ana: Person, clock: Clock
) -> None:
    """Killed after Twilio took the text, or before: it is adopted, or sent; it arrives once."""
    text(ana)
    [claimed] = letters_status.claim("text", 1)
    if placed:
        client.send_text(to=claimed.address, body=claimed.short)
    clock.shift(60)
    assert letters_texts.send_due() == 0  # the lease still holds
    for _ in range(letters_texts.LOOKS + 2):
        clock.shift(letters_status.LEASE.total_seconds())
        letters_texts.send_due()
    assert only("sent")
    network.phone(ana.phone).expect_text("On duty")
    network.phone(ana.phone).expect_no_text()


def test_twilio_down_for_a_while_costs_that_while(
    network: Network, ana: Person, ben: Person, settings: object, clock: Clock, settle: Settle
) -> None:
    there, settings.TWILIO_API_BASE_URL = settings.TWILIO_API_BASE_URL, "http://127.0.0.1:9"  # type: ignore[attr-defined]
    text(ana)
    text(ben, key="reminder:ben")
    letters_texts.send_due()
    waiting = Letter.objects.by_text().filter(status=LetterStatus.QUEUED)
    assert sorted(letter.tries for letter in waiting) == [0, 0]
    assert all(letter.error_detail for letter in waiting)
    settings.TWILIO_API_BASE_URL = there  # type: ignore[attr-defined]
    clock.shift(61)
    assert letters_texts.send_due() == 2
    settle()
    for person in (ana, ben):
        network.phone(person.phone).expect_text("On duty")


def test_what_cannot_be_texted_for_a_quarter_of_an_hour_is_mailed(
    network: Network, ana: Person, ben: Person, dora: Person, settings: object, clock: Clock
) -> None:
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    text(ana)
    text(ben, key="reminder:ben")
    letters_texts.send_due()
    clock.shift(14 * 60)
    text(dora, key="reminder:dora")
    letters_texts.send_due()
    assert Letter.objects.by_text().filter(status=LetterStatus.QUEUED).count() == 3
    clock.shift(60)
    letters_texts.send_due()
    assert Letter.objects.by_text().get(status=LetterStatus.QUEUED).person == dora
    assert Letter.objects.by_text().filter(status=LetterStatus.FAILED).count() == 2
    assert Letter.objects.by_mail().filter(status=LetterStatus.QUEUED).count() == 2


def test_too_many_requests_wait_as_long_as_twilio_says(network: Network, ana: Person, clock: Clock) -> None:
    network.faults.add(Fault(on="POST Messages", do="status", status=429, retry_after=5, nth=1))
    text(ana)
    assert letters_texts.send_due() == 0
    waiting = only("queued")
    assert waiting.due_at - waiting.claimed_at == timedelta(seconds=5)
    clock.shift(5)
    assert letters_texts.send_due() == 1
    network.phone(ana.phone).expect_text("On duty")


def test_a_withdrawn_text_that_fails_is_not_mailed(network: Network, ana: Person) -> None:
    text(ana)
    [claimed] = letters_status.claim("text", 1)
    letters.withdraw(key_prefix="reminder:duty:1")
    letters_texts.instead(claimed, why="It cannot be texted.")
    assert only("failed")
    assert not Letter.objects.by_mail().exists()


def test_a_long_text_is_cut_and_typography_made_cheap(network: Network, ana: Person) -> None:
    letter = text(ana, short="You’re on duty – “really”. " + "Word " * 400)
    assert letter.short.startswith('You\'re on duty - "really".')
    assert letter.short.endswith("...")
    assert len(letter.short) <= 4 * 153
