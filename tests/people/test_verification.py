"""Proving a number, as a story: a code by text or by call, typed back by whoever asked for it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from people.errors import Refused
from people.models import Person, PhoneVerification
from people.profile import update_profile
from people.verification import NotVerified, confirm_code, send_code, vouch_for_phone
from telephony.simulator import Fault, Network, Phone

Advance = Callable[[float], object]
WRONG = "0000000"


@pytest.fixture
def gil(db: None) -> Person:
    """Somebody who has given a number and not proved it."""
    return Person.objects.create_user("gil@example.com", name="Gil Santos", phone="+15550100009")


@pytest.fixture
def phone(network: Network, gil: Person) -> Phone:
    return network.phone(gil.phone, name="Gil")


def code_in(phone: Phone) -> str:
    """The code in the text that has just come."""
    body = phone.expect_text("Officer of the Day code").body
    match = re.search(r"\b\d{6}\b", body)
    assert match is not None
    return match[0]


def test_a_code_by_text_proves_the_number(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    assert not gil.can_be_rung
    person = confirm_code(person=gil, code=code_in(phone))
    assert person.can_be_rung
    assert person.phone_verified_how == "code by text"
    assert gil.history.first().phone_verified_at is not None


def test_a_code_by_call_is_spoken_twice_digit_by_digit(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="call")
    call = phone.expect_call("proves that this number is yours").expect_heard("Goodbye").expect_ended()
    first, again = re.findall(r"\d(?:, \d){5}", " ".join(heard.text for heard in call.words))
    assert first == again
    person = confirm_code(person=gil, code=first)
    assert person.phone_verified_how == "code by call"


def test_the_call_speaks_the_persons_language(gil: Person, phone: Phone) -> None:
    update_profile(person=gil, by=gil, language="de-AT")
    send_code(person=gil, channel="call")
    phone.expect_call("Guten Tag").expect_heard("Ihr Code lautet").expect_heard("Noch einmal").expect_ended()


def test_blanks_and_hyphens_in_a_typed_code_do_no_harm(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    assert confirm_code(person=gil, code=f" {code[:3]}-{code[3:]} ").can_be_rung


def test_only_a_hash_of_the_code_is_kept(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    row = PhoneVerification.objects.values().get()
    assert not any(code in str(value) for value in row.values())


def test_a_code_holds_for_ten_minutes(gil: Person, phone: Phone, advance: Advance) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    advance(10 * 60)
    with pytest.raises(NotVerified, match="too old"):
        confirm_code(person=gil, code=code)


def test_a_call_answered_too_late_speaks_no_code(
    gil: Person, phone: Phone, client: Client, advance: Advance
) -> None:
    verification = send_code(person=gil, channel="call")
    PhoneVerification.objects.update(expires_at=verification.created_at + timedelta(seconds=1))
    advance(2)
    phone.expect_call("no longer holds").expect_ended()


def test_five_wrong_attempts_end_a_code(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    for left in (4, 3, 2, 1):
        with pytest.raises(NotVerified, match=f"{left} attempts are left"):
            confirm_code(person=gil, code=WRONG)
    with pytest.raises(NotVerified, match="Ask for another code"):
        confirm_code(person=gil, code=WRONG)
    with pytest.raises(NotVerified, match="Too many attempts"):
        confirm_code(person=gil, code=code)


def test_only_the_newest_code_counts_and_only_once(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    old = code_in(phone)
    send_code(person=gil, channel="text")
    new = code_in(phone)
    with pytest.raises(NotVerified, match="not the code"):
        confirm_code(person=gil, code=old)
    confirm_code(person=gil, code=new)
    with pytest.raises(NotVerified, match="No code is awaited"):
        confirm_code(person=gil, code=new)


def test_three_codes_in_a_quarter_of_an_hour(gil: Person, phone: Phone, advance: Advance) -> None:
    for _ in range(3):
        send_code(person=gil, channel="text")
        code_in(phone)
        advance(60)
    with pytest.raises(Refused, match="in 13 minutes") as refusal:
        send_code(person=gil, channel="text")
    assert refusal.value.code == "too_many"
    advance(13 * 60)
    send_code(person=gil, channel="text")
    code_in(phone)


def test_another_person_does_not_get_three_more_for_the_same_number(
    gil: Person, phone: Phone, eve: Person
) -> None:
    for _ in range(3):
        send_code(person=gil, channel="text")
        code_in(phone)
    update_profile(person=gil, by=gil, phone="")
    update_profile(person=eve, by=eve, phone="+15550100009")
    with pytest.raises(Refused, match="3 codes were sent already"):
        send_code(person=eve, channel="text")


def test_a_code_for_the_number_before_does_not_prove_the_number_now(gil: Person, phone: Phone) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    update_profile(person=gil, by=gil, phone="+15550100010")
    with pytest.raises(NotVerified, match="No code is awaited"):
        confirm_code(person=gil, code=code)


def test_somebody_elses_code_is_of_no_use(gil: Person, phone: Phone, ana: Person) -> None:
    send_code(person=gil, channel="text")
    code = code_in(phone)
    with pytest.raises(NotVerified):
        confirm_code(person=ana, code=code)


def test_a_number_that_stopped_texts_has_the_code_by_call(
    gil: Person, phone: Phone, network: Network
) -> None:
    phone.text("STOP")
    network.settle()
    with pytest.raises(Refused, match="STOP") as refusal:
        send_code(person=gil, channel="text")
    assert refusal.value.field == "channel"
    send_code(person=gil, channel="call")
    phone.expect_call("Your code is").expect_ended()


@pytest.mark.parametrize(
    ("number", "channel", "field"),
    [("", "text", "phone"), ("+15550100009", "fax", "channel"), ("+15550100009", "email", "channel")],
)
def test_what_cannot_be_sent(gil: Person, number: str, channel: str, field: str) -> None:
    Person.objects.update(phone=number)
    with pytest.raises(Refused) as refusal:
        send_code(person=gil, channel=channel)
    assert refusal.value.field == field
    assert not PhoneVerification.objects.exists()


def test_a_refusal_of_the_telephone_is_told_and_does_not_count(
    gil: Person, phone: Phone, network: Network
) -> None:
    network.faults.add(Fault(on="POST Messages", do="status", status=429))
    with pytest.raises(Refused) as refusal:
        send_code(person=gil, channel="text")
    assert refusal.value.code == "telephone"
    assert not PhoneVerification.objects.exists()


def test_a_code_whose_fate_is_unknown_still_holds(gil: Person, phone: Phone, network: Network) -> None:
    network.faults.add(Fault(on="POST Messages", do="reset_after"))
    send_code(person=gil, channel="text")
    assert confirm_code(person=gil, code=code_in(phone)).can_be_rung


def test_a_forged_request_hears_no_code(gil: Person, phone: Phone, client: Client) -> None:
    verification = send_code(person=gil, channel="call")
    answer = client.post(
        f"/webhooks/twilio/verifications/{verification.call_token}/",
        f"CallSid=CA{'1' * 32}",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 403
    phone.expect_call("Your code is").expect_ended()


def test_an_administrators_word_is_on_record(gil: Person, dora: Person, cleo: Person) -> None:
    with pytest.raises(Refused):
        vouch_for_phone(person=gil, by=cleo)
    assert vouch_for_phone(person=gil, by=dora).can_be_rung
    assert gil.phone_verified_how == "Dora Lindt's word"
