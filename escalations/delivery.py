"""The only place that sends anything to Twilio for a case: rows that `claims` has taken.

Twilio is called outside of any transaction. After the POST there are three answers: placed (the SID is noted), surely
refused (the next phone rings now), and unknown (time-out, reset, crash), which `settling` asks Twilio about.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from escalations import bridging, briefs, claims, confirming, degraded, paging, ring_status, telling
from escalations.models import (
    Channel,
    Leg,
    LegRole,
    LegStatus,
    Message,
    MessageStatus,
    Pace,
    Page,
    PageStatus,
)
from telephony import client, clock
from telephony.consent import may_text
from telephony.errors import OutcomeUnknown, TelephonyError, Throttled
from telephony.remedies import explain
from telephony.twiml import Script

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0  # while Twilio surely took nothing: throttled, or it cannot be reached at all
LOOK_SECONDS = 2.0
CUSTOMER_RING_SECONDS = 30
OPTED_OUT = 21610


# --- Sending ------------------------------------------------------------------------------------------


def deliver_call(row: Page | Leg) -> None:
    """Place one claimed call and record what Twilio said. Never raises for anything that Twilio does."""
    ring_status.give_way(address=row.address)
    if not _still_mine(row):
        return
    _send(row, lambda: _place_page(row) if isinstance(row, Page) else _place_leg(row))


def deliver_text(row: Page | Message) -> None:
    """Send one claimed text and record what Twilio said. Never raises for anything that Twilio does."""
    if not _still_mine(row):
        return
    if not may_text(row.address):
        refused(row, OPTED_OUT, "This number asked for no more texts (STOP).")
        return
    _send(row, lambda: _send_text(row))


def _still_mine(row: Page | Leg | Message) -> bool:
    """A process that slept past its lease keeps its hands off: another one is asking Twilio already."""
    if row.lease_until is None or clock.now() + timedelta(seconds=15) > row.lease_until:
        logger.warning("The lease of %s ran out before it was sent", row)
        return False
    return True


def _send(row: Page | Leg | Message, speak: Callable[[], str]) -> None:
    try:
        sid = speak()
    except OutcomeUnknown as unknown:
        logger.warning("Nobody knows whether %s went out: %s", row, unknown)
        degraded.note_failure(unknown, row)
        lease(row, LOOK_SECONDS)
    except Throttled as throttled:
        again(row, throttled.retry_after or RETRY_SECONDS, throttled)
    except TelephonyError as error:
        if error.permanent:
            refused(row, error.code, f"{error.message} {error.remedy}".strip())
        else:
            degraded.note_failure(error, row)
            again(row, RETRY_SECONDS, error)
    else:
        placed(row, sid)
        degraded.note_success()


def _place_page(page: Page) -> str:
    listens = page.escalation.programme.detect_voicemail
    return client.place_call(
        to=page.address,
        answer_url=address("page-answer", page.pk),
        status_callback=address("page-status", page.pk),
        machine_callback=address("page-machine", page.pk) if listens else None,
        ring_seconds=page.ring_seconds,
    ).sid


def _place_leg(leg: Leg) -> str:
    return client.place_call(
        to=leg.address,
        answer_url=address("leg-answer", leg.pk),
        status_callback=address("leg-status", leg.pk),
        machine_callback=address("leg-machine", leg.pk),
        machine_beep=leg.role == LegRole.CUSTOMER,
        ring_seconds=CUSTOMER_RING_SECONDS,
    ).sid


def _send_text(row: Page | Message) -> str:
    view = "page-text-status" if isinstance(row, Page) else "message-status"
    return client.send_text(to=row.address, body=words_of(row), status_callback=address(view, row.pk)).sid


def words_of(row: Page | Leg | Message) -> str:
    """What a text says: the same each time, so that it can be told from others at Twilio."""
    if isinstance(row, Page):
        return briefs.page_text(row)
    return row.body if isinstance(row, Message) else ""


def address(view: str, *args: object) -> str:
    """The public address of a webhook, as Twilio calls and signs it."""
    return settings.PUBLIC_BASE_URL + reverse(f"escalations:{view}", args=args)


def placed(row: Page | Leg | Message, sid: str) -> None:
    """Twilio has it, under this SID."""
    match row:
        case Page():
            paging.placed(page_id=row.pk, sid=sid)
        case Leg():
            bridging.placed(leg_id=row.pk, sid=sid)
        case Message():
            unknown = Message.objects.filter(pk=row.pk, sid="")
            known = {"sid": sid, "sent_at": clock.now()}
            if not unknown.filter(status=MessageStatus.SENDING).update(status=MessageStatus.SENT, **known):
                unknown.update(**known)  # a report was faster
                Message.objects.filter(pk=row.pk, status=MessageStatus.SENDING).update(
                    status=MessageStatus.SENT
                )


def refused(row: Page | Leg | Message, code: int | None, why: str) -> None:
    """Twilio surely has not taken it and never will."""
    match row:
        case Page():
            paging.refused(page_id=row.pk, code=code, why=why)
        case Leg():
            bridging.refused(leg_id=row.pk, code=code, why=why)
        case Message():
            telling.not_delivered(
                message=row,
                code=code,
                why=why,
                mail_body=confirming.question_mail(row),
                by_hand=confirming.question_by_hand(row),
            )


def again(row: Page | Leg | Message, seconds: float, error: TelephonyError) -> None:
    """Surely not taken: back into the queue for a moment. A page that was ended meanwhile stays ended."""
    logger.warning("%s goes back into the queue: %s", row, error)
    back = clock.now() + timedelta(seconds=seconds)
    type(row).objects.filter(pk=row.pk, status="sending", sid="").update(
        status="queued",
        due_at=back,
        lease_until=None,
        error_code=error.code,
        error_detail=f"{error.message} {error.remedy}".strip()[:400],
    )
    if not isinstance(row, Message):
        type(row).objects.filter(pk=row.pk, sid="", hang_up_wanted=True).update(hang_up_wanted=False)


def lease(row: Page | Leg | Message, seconds: float, **changes: object) -> None:
    """Nobody else looks at this row for so long."""
    until = clock.now() + timedelta(seconds=seconds)
    undecided = Q(status="sending")
    if not isinstance(row, Message):
        undecided |= Q(hang_up_wanted=True)  # ended while it was sent
    type(row).objects.filter(undecided, pk=row.pk, sid="").update(lease_until=until, **changes)


# --- While a call is up -------------------------------------------------------------------------------


def leave_word(row: Page | Leg, word: Script) -> None:
    """Say something to a voicemail and hang up; where Twilio cannot be reached the pager hangs up instead."""
    try:
        client.speak_and_hang_up(sid=row.sid, twiml=word.render())
    except TelephonyError as error:
        logger.warning("Could not leave word on %s: %s", row, error)
        type(row).objects.filter(pk=row.pk).update(hang_up_wanted=True)


def text_failed(row: Page | Message, code: int | None) -> None:
    """Twilio reports that a text did not arrive."""
    known = explain(code)
    why = f"{known.words} {known.remedy}" if known else "The text did not arrive."
    if code == OPTED_OUT:
        why = "This number asked for no more texts (STOP)."
    refused(row, code, why)


# --- Hanging up ---------------------------------------------------------------------------------------


def hang_up_due() -> int:
    """Hang up the calls that ring on although they are over for us. Returns how many were tried."""
    tried = 0
    now = clock.now()
    for model in (Page, Leg):
        wanted = model.objects.filter(hang_up_wanted=True).exclude(sid="")
        for row in wanted.filter(due_at__lte=now).order_by("pk")[:20]:
            taken = wanted.filter(pk=row.pk, due_at=row.due_at).update(
                due_at=now + timedelta(seconds=RETRY_SECONDS)
            )
            if taken:
                tried += 1
                _hang_up(row)
    return tried


def _hang_up(row: Page | Leg) -> None:
    try:
        client.hang_up(sid=row.sid)
    except TelephonyError as error:
        logger.warning("Could not hang up %s yet: %s", row, error)
        if not error.permanent:
            return
    type(row).objects.filter(pk=row.pk).update(hang_up_wanted=False)


def next_due() -> datetime | None:
    """When the next queued, undecided or ringing row wants something; None where nothing does."""
    wanted = [calls.objects.filter(hang_up_wanted=True) for calls in (Page, Leg)]
    instants = [_first(rows.exclude(sid=""), "due_at") for rows in wanted]
    instants += [_first(rows.filter(sid=""), "lease_until") for rows in wanted]
    for model in (Page, Leg, Message):
        rows = model.objects.exclude(channel=Channel.EMAIL)
        instants.append(_first(rows.filter(status="queued", channel=Channel.TEXT), "due_at"))
        instants.append(_first(rows.filter(status="sending"), "lease_until"))
    # A call waits for its turn as well, and for the phone that still rings: that one's due time is above.
    still_ringing = Page.objects.filter(hang_up_wanted=True).values("address")
    pages = Page.objects.filter(status=PageStatus.QUEUED, channel=Channel.CALL).exclude(
        address__in=still_ringing
    )
    calls = [_first(pages, "due_at"), _first(Leg.objects.filter(status=LegStatus.QUEUED), "due_at")]
    pace = Pace.objects.first() if settings.TWILIO_CALLS_PER_SECOND > 0 else None
    turn = pace.free_at if pace is not None and claims.is_used_up(pace, clock.now()) else None
    instants += [max(at, turn) if turn else at for at in calls if at is not None]
    return min((instant for instant in instants if instant is not None), default=None)


def _first(rows: QuerySet[Any], field: str) -> datetime | None:
    return rows.order_by(field).values_list(field, flat=True).first()
