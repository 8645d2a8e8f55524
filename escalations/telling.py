"""Words that go one way: rows of `Message`, each said once, sent by the pager (texts) or the queue (mail)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from escalations import wakeup
from escalations.models import Channel, Escalation, Message, MessageStatus
from escalations.prompts import DEFAULT_LANGUAGE, prompt, spoken_language
from escalations.timeline import TWILIO, note
from people.models import Person
from telephony import clock
from telephony.consent import may_text
from telephony.texts import fold


def case_url(escalation: Escalation) -> str:
    """The case's page as a browser reaches it."""
    return f"{settings.PUBLIC_BASE_URL}/cases/{escalation.pk}/"


def text(
    *, escalation: Escalation, key: str, number: str, subject: str, body: str, person: Person | None = None
) -> Message | None:
    """Queue one text; None where the same `key` was said before or the number asked for no more texts.

    It is in the language of `person`, or of the account where the number is a customer's. `subject` is for the
    mail that goes instead where the text does not arrive.
    """
    if not number or not may_text(number):
        return None
    return _text(escalation, key, number, subject, body, person)


def _text(
    escalation: Escalation, key: str, number: str, subject: str, body: str, person: Person | None
) -> Message | None:
    """As `text`, to a number that is known to take texts."""
    marked_body = marked(escalation, body, person)
    words = fold(marked_body, language=person.language if person else escalation.account.language)
    subject = marked(escalation, subject, person)
    message = _queue(escalation, key, Channel.TEXT, number, words, subject=subject, person=person)
    wakeup.wake()
    return message


def mail(
    *, escalation: Escalation, key: str, address: str, subject: str, body: str, person: Person | None = None
) -> Message | None:
    """Queue one mail; None where the same `key` was said before."""
    subject, body = (marked(escalation, words, person) for words in (subject, body))
    message = _queue(escalation, key, Channel.EMAIL, address, body, subject=subject, person=person)
    # The row is the truth and a schedule sweeps it; the task only makes it go sooner.
    async_task("escalations.mailing.send_due", group="mail")
    return message


def marked(escalation: Escalation, words: str, person: Person | None) -> str:
    """The words as they are; about a drill they begin by saying that it is one, in their reader's language."""
    if not escalation.is_drill:
        return words
    first = prompt("drill.this_is", person.language if person else DEFAULT_LANGUAGE)
    return words if words.startswith(first) else f"{first} {words}"


def _queue(
    escalation: Escalation,
    key: str,
    channel: Channel,
    address: str,
    body: str,
    *,
    subject: str = "",
    person: Person | None = None,
) -> Message | None:
    now = clock.now()
    message, created = Message.objects.get_or_create(
        escalation=escalation,
        key=key[:80],
        defaults={
            "channel": channel,
            "address": address,
            "person": person,
            "subject": subject[:200],
            "body": body,
            "created_at": now,
            "due_at": now,
        },
    )
    return message if created else None


def not_delivered(
    *, message: Message, code: int | None, why: str, mail_body: str = "", by_hand: str = ""
) -> None:
    """A text or mail that never arrived is on record, and the words of a text go by mail where an address is known.

    A customer who cannot be reached either way is told by whoever raised the case: with the words `by_hand`, or
    those of the message.
    """
    with transaction.atomic():
        news = Message.objects.filter(pk=message.pk).exclude(status=MessageStatus.FAILED)
        if not news.update(
            status=MessageStatus.FAILED, error_code=code, error_detail=why[:400], ended_at=clock.now()
        ):
            return
        case, person = message.escalation, message.person
        to = person.email if person else case.contact_email
        whom = person.name if person else "the customer"
        words = f"The {message.get_channel_display().lower()} to {whom} did not arrive: {why}"
        if to and message.channel == Channel.TEXT:
            words = f"{words} It goes by mail instead."
            body = mail_body or message.body
            mail(
                escalation=case,
                key=f"{message.key}:mail",
                address=to,
                subject=message.subject,
                body=body,
                person=person,
            )
        elif person is None:
            words = f"{words} {case.raised_by.name} is asked to tell them."
            tell_person(
                escalation=case,
                person=case.raised_by,
                key=f"{message.key}:by-hand",
                subject=f"Case {case.number}: please tell the customer yourself",
                body=by_hand
                or f"The customer of case {case.number} could not be written to. Please tell them "
                f"yourself: {message.body}",
            )
        note(case, "message_failed", words, actor_name=TWILIO, data={"code": code})


def withdraw(*, escalation: Escalation, key_prefix: str) -> int:
    """Cancel what was queued under keys that begin so and has not gone out; returns how many."""
    waiting = Message.objects.filter(
        escalation=escalation, key__startswith=key_prefix, status=MessageStatus.QUEUED
    )
    return waiting.update(status=MessageStatus.CANCELLED, ended_at=clock.now())


def tell_person(*, escalation: Escalation, person: Person, key: str, subject: str, body: str) -> None:
    """Tell one of our own by text where a verified number allows it, else by mail; always with the link."""
    words = f"{body} {case_url(escalation)}"
    if person.can_be_rung and may_text(person.phone):
        _text(escalation, key, person.phone, subject, words, person)
    else:
        mail(
            escalation=escalation,
            key=key,
            address=person.email,
            subject=subject,
            body=words,
            person=person,
        )


def tell_administrators(*, escalation: Escalation, key: str, subject: str, body: str) -> None:
    """Mail every administrator, once for each `key`."""
    for admin in Person.objects.administrators():
        mail(
            escalation=escalation,
            key=f"{key}:{admin.pk}",
            address=admin.email,
            subject=subject,
            body=f"{body}\n\n{case_url(escalation)}",
            person=admin,
        )


def promise_customer(*, escalation: Escalation, key: str, until: datetime) -> bool:
    """Tell the customer until when somebody will have called; False where no number and no address is known."""
    language = escalation.account.language
    when = local_time(until, escalation.account.time_zone, language)
    body = prompt("customer.promise", language, account=escalation.account.name, when=when)
    subject = prompt("customer.promise_subject", language)
    return to_customer(escalation=escalation, key=key, subject=subject, body=body)


def to_customer(*, escalation: Escalation, key: str, subject: str, body: str) -> bool:
    """One text, or one mail where texts cannot go; False where the customer cannot be written to at all."""
    if escalation.contact_phone and may_text(escalation.contact_phone):
        _text(escalation, key, escalation.contact_phone, subject, body, None)
        return True
    if escalation.contact_email:
        mail(
            escalation=escalation,
            key=key,
            address=escalation.contact_email,
            subject=subject,
            body=body,
        )
        return True
    return False


def local_time(instant: datetime, zone: str, language: str = DEFAULT_LANGUAGE) -> str:
    """ "14:30 EST" today, else "Tue 14:30 EST" or "3 Mar 14:30 EST", as the reader's clock and language have it."""
    there = instant.astimezone(ZoneInfo(zone))
    days = (there.date() - clock.now().astimezone(ZoneInfo(zone)).date()).days
    pattern = "HH:mm" if days == 0 else "EEE HH:mm" if days <= 6 else "d MMM HH:mm"
    when = format_datetime(there, pattern, locale=spoken_language(language))
    return f"{when} {there:%Z}"
