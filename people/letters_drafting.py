"""A letter as it is written and not kept yet: its channel chosen, and everything bad in it refused at the door.

`people.letters` keeps letters, and says how to use them; `letters.write_many` takes what is made here.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Literal, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from people.errors import Refused
from people.models import Letter, LetterChannel, Person, RemindersBy
from people.plain_words import one_line
from telephony.consent import may_text
from telephony.texts import fold, shorten

By = Literal["preferred", "mail", "text"]

METHODS = frozenset({"REQUEST", "CANCEL", "REPLY", "ADD", "REFRESH", "COUNTER", "DECLINECOUNTER"})
"""The methods of iTIP that are mailed (RFC 5546 section 1.4); PUBLISH has no attendees and is never mailed."""
KEY_LENGTH = 180  # leaves room for ":mail", the letter that goes instead of a text
TEXT_SEGMENTS = 4
_OWN_HEADERS = frozenset(
    {"bcc", "cc", "content-type", "date", "from", "message-id", "mime-version", "reply-to", "subject", "to"}
)


class Details(TypedDict, total=False):
    """What a letter may have besides; all of it may be left out.

    `due_at`: not before then (default: now). `useful_until`: not after then, for a reminder of yesterday is worse than
    none. `html`: the same words, beside the plain ones. `headers`: more mail headers, such as List-Unsubscribe.
    `from_address` (default: DEFAULT_FROM_EMAIL) and `reply_to` are addresses, with a name or without.
    """

    due_at: datetime | None
    useful_until: datetime | None
    html: str
    headers: Mapping[str, str]
    from_address: str
    reply_to: str


def letter_to(
    *,
    person: Person,
    key: str,
    kind: str,
    subject: str,
    text: str,
    short: str = "",
    by: By = "preferred",
    **details: Unpack[Details],
) -> Letter | None:
    """To one of our own, by the channel that they prefer or that `by` says; None where they have left."""
    if not person.is_active:
        return None
    wants_text = by == "text" or (by == "preferred" and person.reminders_by == RemindersBy.TEXT)
    letter = letter_at(address=person.email, key=key, kind=kind, subject=subject, text=text, **details)
    letter.person = person
    if wants_text and person.can_be_rung and may_text(person.phone):
        letter.channel, letter.address = LetterChannel.TEXT, person.phone
        letter.short = shorten(fold(short or text, language=person.language), TEXT_SEGMENTS)
    return letter


def letter_at(
    *, address: str, key: str, kind: str, subject: str, text: str, **details: Unpack[Details]
) -> Letter:
    """To an e-mail address."""
    now = timezone.now()
    if not text.strip():
        raise Refused("A letter says something.", field="text", code="required")
    return Letter(
        key=one_line(key, field="key", most=KEY_LENGTH, required=True),
        kind=one_line(kind, field="kind", most=24, required=True),
        channel=LetterChannel.MAIL,
        address=_address(address, field="address"),
        subject=_subject(subject),
        text=text,
        html=details.get("html", ""),
        headers=_headers(details.get("headers") or {}),
        from_address=_named_address(details.get("from_address", ""), field="from_address"),
        reply_to=_named_address(details.get("reply_to", ""), field="reply_to"),
        created_at=now,
        due_at=details.get("due_at") or now,
        useful_until=details.get("useful_until"),
    )


def invitation(
    *,
    key: str,
    subject: str,
    text: str,
    calendar: str,
    method: str,
    person: Person | None = None,
    address: str = "",
    kind: str = "invitation",
    **details: Unpack[Details],
) -> Letter:
    """A mail with a calendar body, to a person or an address."""
    if method not in METHODS or f"METHOD:{method}" not in calendar.splitlines():
        raise Refused(
            "The method is one that is mailed, and the calendar body's own METHOD.",
            field="method",
            code="invalid",
        )
    to = address or (person.email if person else "")
    letter = letter_at(address=to, key=key, kind=kind, subject=subject, text=text, **details)
    letter.person, letter.calendar, letter.calendar_method = person, calendar, method
    return letter


# --- At the door ---------------------------------------------------------------------------------------------


def _subject(raw: str) -> str:
    words = one_line(raw, field="subject", most=2000, required=True)
    return words if len(words) <= 200 else f"{words[:199]}…"


def _address(raw: str, *, field: str) -> str:
    address = raw.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("This is no e-mail address.", field=field, code="invalid") from None
    return address


def _named_address(raw: str, *, field: str) -> str:
    named = one_line(raw, field=field, most=254)
    if named:
        _address(parseaddr(named)[1], field=field)
    return named


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """Names of RFC 5322 section 2.2 that are not the letter's own, each with one line."""
    for name in given:
        if not name.isascii() or not name.replace("-", "").isalnum() or name.lower() in _OWN_HEADERS:
            raise Refused(f'"{name}" is no header that may be added.', field="headers", code="invalid")
    return {name: one_line(value, field="headers", most=2000) for name, value in given.items()}
