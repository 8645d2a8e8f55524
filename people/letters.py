"""Mail and texts that are about no case. They are rows first, sent after commit by the queue, and each is said once.

Call these inside the transaction that changes what the letter tells of: the row is kept or lost with it. Nothing
here uses the network. A `key` names what is said to whom; the second time it is None that comes back. Build keys
of parts with colons, from the thing that may be called off to the detail, so that `withdraw` finds them:

    letters.write_to(
        person=ana,
        key=f"reminder:duty:{duty.pk}:week",
        kind="reminder",  # a short word by which administrators sort: reminder, invitation, coverage, digest, …
        subject="Your duty on Tuesday 3 March",
        text="The whole mail, plain text.",
        short="Officer of the Day: you are on duty on Tue 3 March from 08:00 EST.",  # where she prefers texts
        useful_until=duty.starts_at,
    )
    letters.invite(person=ana, key=f"invitation:duty:{duty.pk}:{sequence}", subject=…, text=…, calendar=ics,
                   method="REQUEST", from_address="Officer of the Day <rota@example.com>")
    letters.tell_administrators(key="coverage:2026-03-03", kind="coverage", subject=…, text=…)
    letters.withdraw(key_prefix=f"reminder:duty:{duty.pk}")  # what has not gone stays here

Hundreds at once (publishing a rota) go by `write_many` with `letter_to`, `letter_at` and `invitation`, which make the
same letters without keeping them.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from email.utils import parseaddr
from itertools import islice
from typing import Literal, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from people.errors import Refused
from people.models import Letter, LetterChannel, LetterStatus, Person, RemindersBy
from people.plain_words import one_line
from telephony.consent import may_text
from telephony.texts import fold, shorten

By = Literal["preferred", "mail", "text"]

METHODS = frozenset({"REQUEST", "CANCEL", "REPLY", "ADD", "REFRESH", "COUNTER", "DECLINECOUNTER"})
"""The methods of iTIP that are mailed (RFC 5546 section 1.4); PUBLISH has no attendees and is never mailed."""
TEXT_SEGMENTS = 4
_KEPT_AT_ONCE = 500


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


def write_to(
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
    """Write to one of our own, as they prefer or as `by` says; None where the key was said or they have left.

    A text says `short` (or `text`) and goes only to a verified number whose owner did not answer STOP; where it
    cannot go or does not arrive, the mail goes instead. Raises Refused.
    """
    letter = letter_to(
        person=person, key=key, kind=kind, subject=subject, text=text, short=short, by=by, **details
    )
    return _keep(letter) if letter is not None else None


def mail_to(
    *, address: str, key: str, kind: str, subject: str, text: str, **details: Unpack[Details]
) -> Letter | None:
    """Mail an address that belongs to nobody of ours; None where the key was said. Raises Refused."""
    return _keep(letter_at(address=address, key=key, kind=kind, subject=subject, text=text, **details))


def invite(
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
) -> Letter | None:
    """Mail a calendar body (REQUEST, CANCEL, …) to a person or an address; None where the key was said.

    `calendar` is sent as it is, as the last alternative and again as invite.ics; `method` is its METHOD. It goes to
    somebody who has left as well: their calendar must be cleared. Raises Refused.
    """
    return _keep(
        invitation(
            key=key,
            subject=subject,
            text=text,
            calendar=calendar,
            method=method,
            person=person,
            address=address,
            kind=kind,
            **details,
        )
    )


def tell_administrators(
    *, key: str, kind: str, subject: str, text: str, **details: Unpack[Details]
) -> list[Letter]:
    """Mail every administrator, each once for this key. Returns the letters that are new."""
    told = [
        write_to(
            person=admin,
            key=f"{key}:{admin.pk}",
            kind=kind,
            subject=subject,
            text=text,
            by="mail",
            **details,
        )
        for admin in Person.objects.administrators()
    ]
    return [letter for letter in told if letter is not None]


def write_many(letters: Iterable[Letter | None]) -> int:
    """Keep many letters that were made by the functions below; returns how many had not been said before.

    A few statements for each 500. Outside a transaction each 500 are one of their own, so that nobody waits long
    for a database with one writer.
    """
    kept = 0
    rest = (letter for letter in letters if letter is not None)
    while some := list(islice(rest, _KEPT_AT_ONCE)):
        with transaction.atomic():
            known = already_said([letter.key for letter in some])
            fresh = {letter.key: letter for letter in some if letter.key not in known}
            Letter.objects.bulk_create(fresh.values(), ignore_conflicts=True)
            kept += len(fresh)
            if fresh:
                _wake()
    return kept


def withdraw(*, key_prefix: str) -> int:
    """Take back what has not gone: the letter of this key, and all whose key goes on with a colon after it.

    Returns how many. The key is free again: a day that comes back is reminded of again. What is being sent at this
    very moment may arrive once more, but is not tried again.
    """
    mine = Letter.objects.filter(Q(key=key_prefix) | Q(key__startswith=f"{key_prefix}:"), withdrawn_at=None)
    now = timezone.now()
    with transaction.atomic():
        mine.filter(status=LetterStatus.SENDING).update(withdrawn_at=now)
        return mine.filter(status=LetterStatus.QUEUED).update(
            status=LetterStatus.CANCELLED, withdrawn_at=now, error_detail="It was withdrawn before it went."
        )


def already_said(keys: Collection[str]) -> set[str]:
    """Which of these keys were said, or wait to be: one query for each 500."""
    found: set[str] = set()
    rest = iter(keys)
    while some := list(islice(rest, _KEPT_AT_ONCE)):
        said = Letter.objects.filter(key__in=some, withdrawn_at=None)
        found.update(said.values_list("key", flat=True))
    return found


# --- Letters that are not kept yet, for `write_many` ---------------------------------------------------------


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
    """As `write_to`, without keeping it; None where the person has left."""
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
    """As `mail_to`, without keeping it."""
    now = timezone.now()
    if not text.strip():
        raise Refused("A letter says something.", field="text", code="required")
    return Letter(
        key=one_line(key, field="key", most=200, required=True),
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
    """As `invite`, without keeping it."""
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


# --- Below ---------------------------------------------------------------------------------------------------


def _keep(letter: Letter) -> Letter | None:
    if already_said([letter.key]):
        return None
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError:
        if not already_said([letter.key]):
            raise
        return None  # somebody else said it at the same instant
    if letter.due_at <= timezone.now():
        _wake()
    return letter


def _wake() -> None:
    """Once after this transaction. The rows are the truth: where no task comes, a schedule sweeps each minute."""
    waiting = [entry[1] for entry in connection.run_on_commit]
    if _send_soon not in waiting:
        transaction.on_commit(_send_soon, robust=True)


def _send_soon() -> None:
    async_task("people.letters_sending.send_due", group="letters", save=False)


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
    """Header names of RFC 5322 section 2.2, values on one line: nobody slips a header of their own in."""
    for name in given:
        if not name.isascii() or not name.replace("-", "").isalnum():
            raise Refused(f'"{name}" is no header.', field="headers", code="invalid")
    return {name: one_line(value, field="headers", most=2000) for name, value in given.items()}
