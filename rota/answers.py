"""What people answer to their invitations, by mail, by a link or on a page: kept, told, and never a day set free.

A declined duty stays where it is and its officer's phone rings on; cover is looked for at once, and the
administrators are told. Of several answers the latest counts (RFC 5546 section 2.1.5): one to an earlier revision, or
older than the one that was taken, changes nothing.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from people import letters
from people.models import Person
from rota.acting_for import acts_for
from rota.calendar_entries import day_in_words, hours_in_words
from rota.errors import CannotAnswer
from rota.hours import Span
from rota.invitation_signals import invitation_answered
from rota.models import AnswerStatus, Duty, Invitation, ListeningHold

logger = logging.getLogger(__name__)

SAYS = {
    AnswerStatus.ACCEPTED: "accepted",
    AnswerStatus.TENTATIVE: "said perhaps to",
    AnswerStatus.DECLINED: "declined",
}
"""The answers that somebody can give, as they are told."""


def answer(
    *,
    invitation: Invitation,
    says: AnswerStatus,
    by: Person,
    how: str,
    sequence: int,
    stamp: datetime | None = None,
    comment: str = "",
) -> Invitation:
    """Take one answer to the revision `sequence`, given at `stamp` (None: now) by the invited or their assistant.

    `how` tells the way, as in "by mail". Saying the same again changes nothing and does no harm. Raises CannotAnswer
    with a code: "not_allowed", "cancelled", "over", "changed" (it answers an earlier revision), "older".
    """
    if says not in SAYS:
        raise CannotAnswer("Say yes, perhaps or no.", field="says", code="invalid")
    now = timezone.now()
    # A clock that runs ahead would shut out every later answer.
    said_at = min(stamp or now, now)
    with transaction.atomic():
        held = _locked(invitation)
        _check(held, by, sequence, said_at, now)
        before, held.answer = held.answer, says
        held.answer_sequence, held.answer_stamp = held.sequence, said_at
        if before != says:
            held.answered_at = now
        held.save(update_fields=["answer", "answer_sequence", "answer_stamp", "answered_at"])
        if before != says:
            _put_on_record(held, by, how)
            _tell_administrators(held, AnswerStatus(before), by, how, comment)
            transaction.on_commit(lambda: _tell_rooms(held, by, comment), robust=True)
    return held


def answers_for(duties: Collection[Duty]) -> dict[int, AnswerStatus]:
    """What the officer of each duty answered, by the duty's key; one without an invitation is not in it. One query."""
    officers = {duty.pk: duty.person_id for duty in duties}
    rows = Invitation.objects.filter(duty__in=officers, cancelled=False)
    return {
        duty: AnswerStatus(says)
        for duty, person, says in rows.values_list("duty", "person", "answer")
        if duty is not None and officers[duty] == person
    }


def _locked(invitation: Invitation) -> Invitation:
    # The duty or the time before its entry, as everywhere; and first without a join, so that PostgreSQL looks again.
    if invitation.duty_id is not None:
        list(Duty.objects.select_for_update(no_key=True).filter(pk=invitation.duty_id).values_list("pk"))
    if invitation.hold_id is not None:
        list(
            ListeningHold.objects.select_for_update(no_key=True)
            .filter(pk=invitation.hold_id)
            .values_list("pk")
        )
    list(Invitation.objects.select_for_update().filter(pk=invitation.pk).values_list("pk"))
    return Invitation.objects.select_related("person", "duty__programme", "hold").get(pk=invitation.pk)


def _check(held: Invitation, by: Person, sequence: int, said_at: datetime, now: datetime) -> None:
    if not acts_for(by, held.person):
        raise CannotAnswer(
            f"Only {held.person.name} or their assistant answers this.", field="by", code="not_allowed"
        )
    if held.cancelled:
        raise CannotAnswer("This was taken back: there is nothing to answer any more.", code="cancelled")
    if max(held.ends_at, held.duty.ends_at if held.duty else held.ends_at) <= now:
        raise CannotAnswer("This is over.", code="over")
    if sequence < held.sequence:
        raise CannotAnswer("This was changed since. Look at it and answer again.", code="changed")
    newest = held.answer_stamp if held.answer_sequence == held.sequence else None
    if newest is not None and said_at <= newest:
        raise CannotAnswer("A later answer, or this very one, was taken before.", code="older")


def _put_on_record(held: Invitation, by: Person, how: str) -> None:
    """With the duty's or hold's own history, which tells who, when and what."""
    row = held.duty or held.hold
    if row is not None:
        row._history_user = by  # type: ignore[union-attr]  # noqa: SLF001 - where django-simple-history looks for it
        row._change_reason = f"{held.person.name} {SAYS[AnswerStatus(held.answer)]} it {how}"  # type: ignore[union-attr]  # noqa: SLF001 - likewise
        row.save()


def _tell_administrators(held: Invitation, before: AnswerStatus, by: Person, how: str, comment: str) -> None:
    declined = held.answer == AnswerStatus.DECLINED
    if not declined and before != AnswerStatus.DECLINED:
        return
    day = day_in_words(held.starts_at, held.person.zone)
    verb = "declined" if declined else "no longer declines"
    lines = [
        f"{held.person.name} {verb} {how}: {held.summary},",
        f"{hours_in_words(Span(held.starts_at, held.ends_at), held.person.zone)}.",
    ]
    if by.pk != held.person_id:
        lines.append(f"({by.name} answered for them.)")
    if comment:
        lines.append(f"“{comment}”")
    if declined and held.duty is not None:
        lines.append(
            "\nThe duty stays where it is, and their phone rings, until somebody takes it over. Cover is looked for."
        )
    if held.duty is not None:
        lines.append(f"\n{settings.PUBLIC_BASE_URL}/duties/{held.duty_id}/")
    letters.tell_administrators(
        key=f"answer:{held.pk}:{held.sequence}:{held.answer}:{held.answer_stamp:%Y%m%dT%H%M%S%f}",
        kind="answer",
        subject=f"{held.person.name} {verb}: {held.summary}, {day}",
        text="\n".join(lines),
        useful_until=held.duty.ends_at if held.duty else held.ends_at,
    )


def _tell_rooms(held: Invitation, by: Person, comment: str) -> None:
    invitation_answered.send_robust(sender=Invitation, invitation=held, by=by, comment=comment)
