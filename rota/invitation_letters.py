"""What is mailed about entries: asked for, moved or taken back, by iMIP and in words, each revision once.

Due are the rows whose `mailed_sequence` is behind their `sequence` (`to_mail`). A batch is rendered first, and written
in one short transaction, where rows that changed meanwhile are left for the next look. A letter that still waits to go
is withdrawn when a later revision is written: nobody is asked for a day that is off already.
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from calendars.entries import BadEntry, Party
from calendars.invitations import Method, render_invitation
from people import letters, letters_status
from people.errors import Refused
from people.letters_drafting import invitation as calendar_letter
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus
from rota.calendar_entries import entry_of, what
from rota.invitation_words import words_for
from rota.models import Invitation

logger = logging.getLogger(__name__)

AHEAD = timedelta(days=62)
"""Times to listen are invited to when they are so near, which is as far as they may be booked; duties at once. A year
of them that is published as a whole would else be fifty mails to each in one hour, and one mail may not gather them: a
message has one UID (RFC 5546 section 3.2.2). Feeds show all of them from the beginning."""
KIND = "invitation"
BATCH = 250


def mail_due(*, people: Collection[int] | None = None) -> int:
    """Write the letters of every revision that was not mailed yet; returns how many letters are new.

    Of these people only (ids), or of everybody. A fixed number of queries for each 250.
    """
    due = to_mail()
    if people is not None:
        due = due.filter(person__in=people)
    written, last = 0, 0
    while batch := list(
        due.filter(pk__gt=last).select_related("person", "duty", "hold").order_by("pk")[:BATCH]
    ):
        last = batch[-1].pk
        written += _write(batch)
    return written


def to_mail() -> QuerySet[Invitation]:
    """The entries whose present revision is to be mailed now."""
    soon = Q(hold=None) | Q(mailed_sequence__gte=0) | Q(starts_at__lte=timezone.now() + AHEAD)
    return Invitation.objects.filter(soon, mailed_sequence__lt=F("sequence"))


def letter_key(invitation: Invitation, sequence: int) -> str:
    """Names the letter of one revision."""
    return f"{KIND}:{invitation.pk}:{sequence}"


def organizer_address() -> str:
    """The mailbox that invites and that answers go to, without a name."""
    return parseaddr(settings.CALENDAR_ADDRESS)[1]


def _write(batch: list[Invitation]) -> int:
    before = {
        entry.pk: letter_key(entry, entry.mailed_sequence) for entry in batch if entry.mailed_sequence >= 0
    }
    unheard = _waiting([before[entry.pk] for entry in batch if entry.mailed_sequence == 0])
    drafts = {
        entry.pk: _draft(entry, heard=entry.pk in before and before[entry.pk] not in unheard)
        for entry in batch
    }
    with transaction.atomic():
        due = Invitation.objects.select_for_update().filter(pk__in=drafts, mailed_sequence__lt=F("sequence"))
        now_due = dict(due.order_by("pk").values_list("pk", "sequence"))
        if before:
            letters_status.withdraw(Q(key__in=before.values()))
        went = unheard - _withdrawn(unheard)
        # What changed since it was rendered, or was heard of after all, is looked at again the next time.
        ready = [
            entry.pk
            for entry in batch
            if now_due.get(entry.pk) == entry.sequence and before.get(entry.pk) not in went
        ]
        written = letters.write_many(drafts[pk] for pk in ready)
        Invitation.objects.filter(pk__in=ready).update(mailed_sequence=F("sequence"))
    return written


def _waiting(keys: Collection[str]) -> set[str]:
    """Which of these letters have not gone yet: their readers know of nothing."""
    if not keys:
        return set()
    queued = Letter.objects.filter(key__in=keys, status=LetterStatus.QUEUED, withdrawn_at=None)
    return set(queued.values_list("key", flat=True))


def _withdrawn(keys: Collection[str]) -> set[str]:
    if not keys:
        return set()
    taken_back = Letter.objects.filter(
        key__in=keys, status=LetterStatus.CANCELLED, withdrawn_at__isnull=False
    )
    return set(taken_back.values_list("key", flat=True))


def _draft(entry: Invitation, *, heard: bool) -> Letter | None:
    """The letter of the present revision; None where nothing need be said. `heard`: an earlier one may have gone."""
    if entry.cancelled and not heard:
        return None
    words = words_for(entry, heard=heard)
    key, sender = letter_key(entry, entry.sequence), organizer_address()
    try:
        method: Method = "CANCEL" if entry.cancelled else "REQUEST"
        return calendar_letter(
            person=entry.person,
            key=key,
            kind=KIND,
            subject=words.subject,
            text=words.text,
            html=words.html,
            calendar=render_invitation(
                method=method,
                entry=entry_of(entry),
                organizer=Party(email=sender, name=what(entry)),
                attendee=Party(email=entry.person.email, name=entry.person.name),
            ),
            method=method,
            from_address=f'"{_plain(what(entry))}" <{sender}>',
            useful_until=max(entry.ends_at, entry.duty.ends_at if entry.duty else entry.ends_at),
        )
    except (BadEntry, Refused) as error:
        # An address that no calendar takes, such as the programme's own: the words go without one.
        logger.warning("Invitation %s goes without its calendar: %s", entry.pk, error)
        return letter_to(
            person=entry.person, key=key, kind=KIND, subject=words.subject, text=words.text, by="mail"
        )


def _plain(name: str) -> str:
    """The name as it may stand between quotes in a header; Django encodes what is not ASCII."""
    return name.replace("\\", " ").replace('"', "'")
