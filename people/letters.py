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

Hundreds at once (publishing a rota) go by `write_many`, with letters that `people.letters_drafting` makes.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import islice
from typing import Unpack

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from people import letters_status
from people.letters_drafting import By, Details, invitation, letter_at, letter_to
from people.models import Letter, LetterChannel, Person

_KEPT_AT_ONCE = 500


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
    """Keep many letters made by `people.letters_drafting`; returns how many had not been said before.

    Many go into one statement. Outside a transaction each 500 are one of their own, so that nobody waits long
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
            for channel in {letter.channel for letter in fresh.values()}:
                _wake(channel)
    return kept


def withdraw(*, key_prefix: str) -> int:
    """Take back what has not gone: the letter of this key, and all whose key goes on with a colon after it.

    Returns how many. The key is free again: a day that comes back is reminded of again. What is being sent at this
    very moment may arrive once more, but is not tried again.
    """
    return letters_status.withdraw(Q(key=key_prefix) | Q(key__startswith=f"{key_prefix}:"))


def mail_instead(*, of: Letter) -> Letter | None:
    """The mail in place of a text that does not arrive; None where it went already or would be of no use."""
    text = Letter.objects.select_related("person").get(pk=of.pk)
    late = text.useful_until is not None and text.useful_until <= timezone.now()
    if text.person is None or not text.person.is_active or text.withdrawn_at is not None or late:
        return None
    now = timezone.now()
    mail = Letter(
        key=f"{text.key}:mail",
        person=text.person,
        channel=LetterChannel.MAIL,
        kind=text.kind,
        address=text.person.email,
        subject=text.subject,
        text=text.text,
        html=text.html,
        headers=text.headers,
        from_address=text.from_address,
        reply_to=text.reply_to,
        created_at=now,
        due_at=now,
        useful_until=text.useful_until,
    )
    return _keep(mail)


def already_said(keys: Collection[str]) -> set[str]:
    """Which of these keys were said, or wait to be: one query for each 500."""
    found: set[str] = set()
    rest = iter(keys)
    while some := list(islice(rest, _KEPT_AT_ONCE)):
        said = Letter.objects.filter(key__in=some, withdrawn_at=None)
        found.update(said.values_list("key", flat=True))
    return found


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
        _wake(letter.channel)
    return letter


def _wake(channel: str) -> None:
    """Once after this transaction, however many letters it keeps. A broken queue loses no letter, only time."""
    task = _WAKE[LetterChannel(channel)]
    if all(hook is not task for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(task, robust=True)


_WAKE: dict[LetterChannel, Callable[[], None]] = {
    channel: partial(letters_status.wake, channel) for channel in LetterChannel
}
