"""Proving that somebody holds a telephone number: a code by text or by call, typed back.

Only the code's hash is kept. A call's code is spoken minutes after it was made, so it is derived from the call's
secret token and SECRET_KEY: neither the database nor Twilio's log of addresses alone tells it.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from people.errors import Refused
from people.models import Person, PhoneVerification
from people.verification_words import words
from telephony import client
from telephony.consent import may_text
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.texts import fold

CODE_DIGITS = 6
LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5
MOST_CODES = 3
CODES_WITHIN = timedelta(minutes=15)
RING_SECONDS = 30

Channel = PhoneVerification.Channel


class NotVerified(Refused):
    """The code was not accepted; the number is as unverified as it was."""


@dataclass(frozen=True)
class _Judged:
    """What became of a typed code: the reason why not, or none."""

    problem: NotVerified | None = None


def send_code(*, person: Person, channel: str) -> PhoneVerification:
    """Sends a new code to the person's number by "text" or "call"; only the newest code counts.

    It holds for 10 minutes. At most 3 codes in 15 minutes go to one person and to one number, whoever asks:
    a call costs money and wakes people. Raises Refused, also with what the telephone says.
    """
    if channel not in Channel.values:
        raise Refused('Choose "text" or "call".', field="channel", code="invalid")
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        asker = Person.objects.select_for_update().get(pk=person.pk)
        _check_may_send(asker, channel, now)
        verification = PhoneVerification.objects.create(
            person=asker,
            phone=asker.phone,
            channel=channel,
            code_hash=make_password(_code(token)),
            call_token=token if channel == Channel.CALL else "",
            created_at=now,
            expires_at=now + LIFETIME,
        )
    try:
        _send(verification, token)
    except OutcomeUnknown:
        pass  # it may well be on its way: the row stays, and counts
    except TelephonyError as error:
        verification.delete()
        raise Refused(str(error), field="phone", code="telephone") from error
    return verification


def confirm_code(*, person: Person, code: str) -> Person:
    """Marks the person's number as verified if this is the newest code that was sent to it.

    Five wrong attempts end a code. Raises NotVerified.
    """
    typed = _digits(code)
    with transaction.atomic():
        holder = Person.objects.select_for_update().get(pk=person.pk)
        judged = _judge(holder, typed, datetime.now(UTC))
    # Raised outside the transaction, which would otherwise forget that an attempt was made.
    if judged.problem is not None:
        raise judged.problem
    person.refresh_from_db()
    return person


def vouch_for_phone(*, person: Person, by: Person) -> Person:
    """Puts an administrator's word on record that the number is this person's. Raises Refused."""
    if not by.is_admin:
        raise Refused("Only administrators vouch for a number.", code="not_allowed")
    with transaction.atomic():
        holder = Person.objects.select_for_update().get(pk=person.pk)
        if not holder.phone:
            raise Refused("There is no number to vouch for.", field="phone", code="required")
        _mark_verified(holder, datetime.now(UTC), how=f"{by.name}'s word")
    person.refresh_from_db()
    return person


def code_of_call(verification: PhoneVerification) -> str:
    """The code that a verification by call speaks."""
    return _code(verification.call_token)


def live_call(token: str, now: datetime) -> PhoneVerification | None:
    """The verification whose call carries this token, while its code still holds."""
    return (
        PhoneVerification.objects.filter(call_token=token, used_at__isnull=True, expires_at__gt=now)
        .exclude(call_token="")
        .select_related("person")
        .first()
    )


def _check_may_send(person: Person, channel: str, now: datetime) -> None:
    if not person.phone:
        raise Refused("Give a telephone number first.", field="phone", code="required")
    if person.phone_verified_at is not None:
        raise Refused("This number is verified already.", field="phone", code="verified")
    if channel == Channel.TEXT and not may_text(person.phone):
        raise Refused(
            "This number has stopped our texts (STOP). Have the code by call, or text START to us first.",
            field="channel",
            code="stopped",
        )
    recent = PhoneVerification.objects.filter(created_at__gt=now - CODES_WITHIN)
    for asked in (recent.filter(person=person), recent.filter(phone=person.phone)):
        times = list(asked.order_by("-created_at").values_list("created_at", flat=True)[:MOST_CODES])
        if len(times) == MOST_CODES:
            minutes = int((times[-1] + CODES_WITHIN - now) / timedelta(minutes=1)) + 1
            raise Refused(
                f"{MOST_CODES} codes were sent already. Ask for another one in {minutes} minutes.",
                field="phone",
                code="too_many",
            )


def _send(verification: PhoneVerification, token: str) -> None:
    """Twilio is spoken to when the row is committed, and never inside a transaction."""
    language = verification.person.language
    if verification.channel == Channel.TEXT:
        minutes = int(LIFETIME / timedelta(minutes=1))
        body = words("text", language, code=_code(token), minutes=minutes)
        client.send_text(to=verification.phone, body=fold(body, language=language))
        return
    client.place_call(
        to=verification.phone,
        answer_url=_address("people:verification_call", token),
        status_callback=_address("people:verification_status", token),
        ring_seconds=RING_SECONDS,
    )


def _address(view: str, token: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse(view, args=[token])}"


def _judge(person: Person, typed: str, now: datetime) -> _Judged:
    newest = (
        PhoneVerification.objects.select_for_update()
        .filter(person=person, phone=person.phone)
        .order_by("-created_at", "-id")
        .first()
    )
    problem: NotVerified | None = None
    if newest is None or newest.used_at is not None:
        problem = NotVerified("No code is awaited. Ask for one.", field="code", code="none")
    elif newest.expires_at <= now:
        problem = NotVerified("This code is too old. Ask for another one.", field="code", code="expired")
    elif newest.attempts >= MOST_ATTEMPTS:
        problem = NotVerified("Too many attempts. Ask for another code.", field="code", code="too_many")
    elif not check_password(typed, newest.code_hash):
        newest.attempts += 1
        newest.save(update_fields=["attempts"])
        left = MOST_ATTEMPTS - newest.attempts
        again = f"Look again: {left} attempts are left." if left else "Ask for another code."
        problem = NotVerified(f"This is not the code. {again}", field="code", code="wrong")
    else:
        newest.used_at = now
        newest.save(update_fields=["used_at"])
        _mark_verified(person, now, how=f"code by {newest.channel}")
    return _Judged(problem)


def _mark_verified(person: Person, now: datetime, *, how: str) -> None:
    person.phone_verified_at = now
    person.phone_verified_how = how[:120]
    person.save(update_fields=["phone_verified_at", "phone_verified_how"])


def _code(token: str) -> str:
    """Six digits that only who knows the token and SECRET_KEY can make."""
    digest = salted_hmac("people.verification", token, algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _digits(typed: str) -> str:
    """The digits of what was typed, in any script, without the blanks and hyphens that people put between."""
    return "".join(str(unicodedata.digit(character)) for character in typed[:40] if character.isdigit())
