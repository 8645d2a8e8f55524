"""One inbound mail, wherever it came from: a pipe, a provider's webhook, a mailbox. It acts on calendar replies.

A mail that changes nothing is no error: whatever is in it, one sentence says what was done and why. Only a database
that does not answer raises, so that whoever brought the mail brings it again. Nobody is ever written back to by mail.
"""

import hashlib
from dataclasses import dataclass
from email.message import Message
from email.policy import default as modern

from django.db import transaction

from calendars import inbound_mail
from calendars.content_lines import clean
from calendars.entries import PartStat
from calendars.replies import NoReply, Reply, read_reply
from people import letters
from people.models import Person
from rota.answers import SAYS, answer
from rota.calendar_entries import day_in_words
from rota.errors import CannotAnswer
from rota.models import AnswerStatus, Invitation

_LONGEST_WORDS = 2_000

_ANSWERS = {
    PartStat.ACCEPTED: AnswerStatus.ACCEPTED,
    PartStat.TENTATIVE: AnswerStatus.TENTATIVE,
    PartStat.DECLINED: AnswerStatus.DECLINED,
}


@dataclass(frozen=True)
class Received:
    """What became of a mail: whether it changed anything, and one line that says what was done and why."""

    changed: bool
    line: str


def receive(message: bytes) -> Received:
    """Act on one RFC 5322 message. The same message twice changes nothing the second time."""
    try:
        reply = read_reply(message)
    except NoReply as nothing:
        if nothing.code == "other_sender" and nothing.reply is not None:
            return _take(nothing.reply, sender=nothing.reply.sender)
        if nothing.code == "no_calendar":
            return _pass_on(message, nothing)
        return _unchanged(nothing.sentence)
    return _take(reply, sender=reply.sender)


def _take(reply: Reply, *, sender: str) -> Received:
    known = Invitation.objects.select_related("person__assistant")
    # Ours are written in small letters; programs may not keep them.
    invitation = known.filter(uid=reply.uid.lower()).first()
    if invitation is None:
        return _unchanged("no invitation of ours has this UID.")
    by = _who(invitation.person, reply, sender)
    if by is None:
        return _unchanged(
            f"{reply.sender or 'nobody known'} answers for {reply.attendee}, and the invitation is "
            f"{invitation.person.name}'s."
        )
    if reply.recurrence_id:
        return _unchanged("it answers one day of a series, and ours are none.")
    entry = f"{invitation.summary}, {day_in_words(invitation.starts_at, invitation.person.zone)}"
    says = _ANSWERS.get(reply.partstat)
    if says is None:
        return _unchanged(
            f"{by.name} answered {reply.partstat.value.lower()} to {entry}, which is no answer here."
        )
    before = invitation.answer
    try:
        answer(
            invitation=invitation,
            says=says,
            by=by,
            how="by mail",
            sequence=reply.sequence,
            stamp=reply.stamp,
            comment=reply.comment,
        )
    except CannotAnswer as refused:
        return _unchanged(f"{by.name} {SAYS[says]} {entry}: {refused.message}")
    if before == says:
        return _unchanged(f"{by.name} {SAYS[says]} {entry} once more.")
    return Received(True, f"{by.name} {SAYS[says]} {entry}.{_what_follows(says)}")


def _what_follows(says: AnswerStatus) -> str:
    if says == AnswerStatus.DECLINED:
        return " Cover is looked for and the administrators are told; until then nothing moves."
    return ""


def _who(invited: Person, reply: Reply, sender: str) -> Person | None:
    """The invited, or their assistant answering in their name; None for anybody else."""
    if reply.attendee != invited.email.casefold():
        return None
    if sender == reply.attendee:
        return invited
    assistant = invited.assistant
    if assistant is not None and assistant.is_active and sender == assistant.email.casefold():
        return assistant
    return None


def _pass_on(message: bytes, nothing: NoReply) -> Received:
    """Somebody of ours wrote in words: no program understands them, so the administrators read them."""
    mail = inbound_mail.parse(message)
    sender = Person.objects.active().filter(email__iexact=inbound_mail.sender(mail)).first()
    if sender is None or inbound_mail.is_automatic(mail):
        return _unchanged(nothing.sentence)
    with transaction.atomic():
        letters.tell_administrators(
            key=f"mail-in:{hashlib.sha256(message).hexdigest()[:32]}",
            kind="mail-in",
            subject=f"{sender.name} wrote to the calendar's address",
            text=f"{sender.name} <{sender.email}> wrote this, and no program can act on it:\n\n{_words(mail)}",
        )
    return _unchanged(f"{sender.name} wrote no calendar reply; the administrators got the words.")


def _words(mail: Message) -> str:
    """The subject and the beginning of the plain text, as well as they can be read."""
    subject = str(modern.header_factory("Subject", inbound_mail.header(mail, "Subject")))
    text = ""
    for part in mail.walk():
        content = part.get_payload(decode=True) if part.get_content_type() == "text/plain" else None
        if isinstance(content, bytes):
            text = _decoded(content, part.get_content_charset("utf-8"))
            break
    return clean(f"{subject}\n\n{text}").strip()[:_LONGEST_WORDS] or "(no words)"


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _unchanged(why: str) -> Received:
    return Received(False, f"Nothing changed: {why}")
