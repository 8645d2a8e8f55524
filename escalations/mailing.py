"""Mail about cases: rows that the queue's workers send; a schedule sweeps what a lost task left behind.

A worker that dies between the mail server's yes and our record sends that one mail again: at least once, never lost.
"""

import logging
import smtplib
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db.models import F

from escalations import confirming, paging, telling
from escalations.briefs import written
from escalations.claims import PROCESS
from escalations.delivery import RETRY_SECONDS
from escalations.models import Channel, Message, MessageStatus, Page, PageStatus
from telephony import clock

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60
# After a day of a mail server's silence a mail has failed; the rows show it to administrators.
MOST_TRIES = 40
LONGEST_WAIT_SECONDS = 3600


def send_due() -> int:
    """Send every mail that is due, one by one. Returns how many went out."""
    sent = 0
    while (row := _claim()) is not None:
        sent += try_send_one(row)
    return sent


def _claim() -> Page | Message | None:
    now = clock.now()
    for model in (Page, Message):
        stale = model.objects.filter(channel=Channel.EMAIL, status="sending", lease_until__lte=now)
        stale.update(status="queued")
        waiting = model.objects.filter(channel=Channel.EMAIL, status="queued", due_at__lte=now)
        for row in waiting.order_by("due_at")[:5]:
            taken = model.objects.filter(pk=row.pk, status="queued").update(
                status="sending",
                claim=PROCESS,
                claimed_at=now,
                lease_until=now + timedelta(seconds=LEASE_SECONDS),
                tries=F("tries") + 1,
            )
            if taken:
                row.refresh_from_db()
                return row
    return None


def try_send_one(row: Page | Message) -> bool:
    """Send one claimed mail; False where the mail server did not take it (it is tried again, ever slower)."""
    try:
        _compose(row).send()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("Mail %s did not go out: %s", row, error)
        _again(row, str(error))
        return False
    now = clock.now()
    if isinstance(row, Page):
        row.sent_at = now
        row.save(update_fields=["sent_at"])
        Page.objects.filter(pk=row.pk, status=PageStatus.SENDING).update(status=PageStatus.RINGING)
    else:
        Message.objects.filter(pk=row.pk).update(status=MessageStatus.SENT, sent_at=now)
    return True


def _again(row: Page | Message, why: str) -> None:
    if row.tries >= MOST_TRIES:
        if isinstance(row, Page):
            paging.refused(page_id=row.pk, code=None, why=why)
        else:
            by_hand = confirming.question_by_hand(row)
            telling.not_delivered(message=row, code=None, why=why, by_hand=by_hand)
        return
    wait = min(RETRY_SECONDS * 2**row.tries, LONGEST_WAIT_SECONDS)
    type(row).objects.filter(pk=row.pk, status="sending").update(
        status="queued", due_at=clock.now() + timedelta(seconds=wait), error_detail=why[:400]
    )


def _compose(row: Page | Message) -> EmailMessage:
    if isinstance(row, Message):
        return EmailMessage(row.subject, row.body, to=[row.address])
    case = row.escalation
    subject = f"Case {case.number} of {case.account.name} needs an officer"
    if case.is_drill:
        subject = telling.marked(case, f"case {case.number} needs an officer", row.person)
    body = f"{written(case)}\n\nNobody has taken it yet. Take it here:\n{telling.case_url(case)}"
    return EmailMessage(subject, body, to=[row.address])
