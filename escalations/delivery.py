"""The only place that sends anything to Twilio for a case: it claims queued rows and sends them.

A claim is a conditional update with a lease that is longer than any HTTP time-out; Twilio is called outside of any
transaction. After the POST there are three answers: placed (the SID is noted), surely refused (the next phone rings
now), and unknown (time-out, reset, crash), which `settling` asks Twilio about.
"""

import contextlib
import hashlib
import logging
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from escalations import bridging, briefs, clock, confirming, degraded, paging, ring_status, telling
from escalations.models import (
    Channel,
    Escalation,
    Leg,
    LegRole,
    LegStatus,
    Message,
    MessageStatus,
    NextAction,
    Pace,
    Page,
    PageStatus,
    Purpose,
)
from escalations.timeline import note
from telephony import client
from telephony.consent import may_text
from telephony.errors import OutcomeUnknown, TelephonyError, Throttled
from telephony.remedies import explain
from telephony.twiml import Script

logger = logging.getLogger(__name__)

LEASE_SECONDS = 45  # far above the longest HTTP exchange: connecting 2 s, reading 8 s
RETRY_SECONDS = 2.0  # while Twilio surely took nothing: throttled, or it cannot be reached at all
LOOK_SECONDS = 2.0
CUSTOMER_RING_SECONDS = 30
BUSY_CASE_SECONDS = 0.02  # a verb holds a case's lock for some milliseconds
CLOCK_STEP = timedelta(
    seconds=30
)  # a clock set back by more than this must not keep all phones silent for as long
OPTED_OUT = 21610


def _machine() -> str:
    """Twelve characters for the place whose process numbers we see: host, boot and, on Linux, process namespace."""
    place = [socket.gethostname()]
    with contextlib.suppress(OSError):
        place.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with contextlib.suppress(OSError):
        place.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("|".join(place).encode()).hexdigest()[:12]


# Says which process holds a claim, so that a restarted one need not wait for the leases of a dead one.
# The first part is the machine (or container): process numbers mean something only within one.
PROCESS = f"{_machine()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True)
class Paced:
    """Twilio's calls per second are used up until this instant."""

    until: datetime


_Row = TypeVar("_Row", Page, Message, Leg)


def claim_call() -> Page | Leg | Paced | None:
    """Take the next call that may go out: legs of a running bridge first, then graver and older pages.

    `Paced` where the next one must wait: for Twilio's calls per second, or for a case that is being changed.
    """
    with transaction.atomic():
        now = clock.now()
        pace = _pace()
        if pace is not None and _is_used_up(pace, now):
            anything = _next_leg(now) or _next_page(now)
            return Paced(pace.free_at) if anything else None
        row: Page | Leg | None = _next_leg(now) or _next_page(now)
        if row is None or not _claim(row, now):
            # What could go out, but for another transaction that holds its case.
            return _look_again(now) if connection.features.has_select_for_update and _waits(now) else None
        if pace is not None:
            pace.free_at = now + _one_call()
            pace.save(update_fields=["free_at"])
        if isinstance(row, Page):
            _begin_page(row, now)
        return row


def may_call_beside_cases() -> bool:
    """One turn of the account's calls per second for a call that is about no case: False while those of cases wait."""
    with transaction.atomic():
        now = clock.now()
        pace = _pace()
        if _waits(now) or (pace is not None and _is_used_up(pace, now)):
            return False
        if pace is not None:
            pace.free_at = now + _one_call()
            pace.save(update_fields=["free_at"])
        return True


def claim_text() -> Page | Message | None:
    """Take the next text that may go out: an officer's page first."""
    with transaction.atomic():
        now = clock.now()
        waiting = Q(channel=Channel.TEXT, status="queued", due_at__lte=now)
        pages = Page.objects.filter(waiting).select_related("person", "escalation")
        row: Page | Message | None = _skip_locked(
            pages.order_by("-gravity", "created_at"), "escalation"
        ).first()
        if row is None:
            messages = Message.objects.filter(waiting).order_by("due_at")
            row = messages.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
        if row is None or not _claim(row, now):
            return None
        if isinstance(row, Page):
            note(row.escalation, "page_sending", f"Texting {row.person.name}.", data={"page": row.pk})
        return row


def _next_leg(now: datetime) -> Leg | None:
    legs = _queued_legs(now).select_related("bridge__escalation").order_by("due_at")
    return _skip_locked(legs, "bridge__escalation").first()


def _next_page(now: datetime) -> Page | None:
    """The gravest, oldest queued call."""
    pages = _queued_calls(now).select_related("person", "escalation__programme")
    return _skip_locked(pages.order_by("-gravity", "created_at", "pk"), "escalation").first()


def _queued_legs(now: datetime) -> QuerySet[Leg]:
    """Legs that may be called; not a phone of which another call is undecided: nobody could tell them apart."""
    legs = Leg.objects.filter(status=LegStatus.QUEUED, due_at__lte=now)
    undecided = Page.objects.calls().filter(status=PageStatus.SENDING).values("address")
    other_legs = Leg.objects.filter(status=LegStatus.SENDING).values("address")
    legs = legs.exclude(address__in=undecided).exclude(address__in=other_legs)
    for calls in (Page, Leg):  # ended while they were sent: they may ring
        legs = legs.exclude(address__in=calls.objects.filter(hang_up_wanted=True, sid="").values("address"))
    return legs


def _queued_calls(now: datetime) -> QuerySet[Page]:
    """Pages that may be called; a phone that still rings for an ended page is hung up first."""
    pages = Page.objects.filter(status=PageStatus.QUEUED, channel=Channel.CALL, due_at__lte=now)
    still_ringing = Page.objects.filter(hang_up_wanted=True).values("address")
    undecided = Leg.objects.filter(status=LegStatus.SENDING).values("address")
    lost_legs = Leg.objects.filter(hang_up_wanted=True, sid="").values("address")
    pages = pages.exclude(address__in=still_ringing)
    return pages.exclude(address__in=undecided).exclude(address__in=lost_legs)


def _waits(now: datetime) -> bool:
    """Whether a call of a case could go out now."""
    return _queued_legs(now).exists() or _queued_calls(now).exists()


def _look_again(now: datetime) -> Paced:
    return Paced(now + timedelta(seconds=BUSY_CASE_SECONDS))


def _skip_locked(rows: QuerySet[_Row], case: str) -> QuerySet[_Row]:
    """Rows that nobody is taking or changing at this moment (PostgreSQL; SQLite has one writer anyway).

    The case is locked with its row, as every verb does first, and neither is waited for: so a claim and a yes
    can neither wait for each other nor pass each other.
    """
    return rows.select_for_update(skip_locked=True, of=("self", case), no_key=True)


def _pace() -> Pace | None:
    if settings.TWILIO_CALLS_PER_SECOND <= 0:
        return None
    pace, _ = Pace.objects.select_for_update().get_or_create(name="calls", defaults={"free_at": clock.now()})
    return pace


def _one_call() -> timedelta:
    return timedelta(seconds=1 / settings.TWILIO_CALLS_PER_SECOND)


def _is_used_up(pace: Pace, now: datetime) -> bool:
    """Whether the next call must wait; not for an instant far off, which only a wrong clock can have written."""
    return now < pace.free_at <= now + _one_call() + CLOCK_STEP


def _claim(row: Page | Leg | Message, now: datetime) -> bool:
    row.claim = PROCESS
    row.claimed_at = now
    row.lease_until = now + timedelta(seconds=LEASE_SECONDS)
    row.looks = 0
    row.status = "sending"
    claimed = type(row).objects.filter(pk=row.pk, status="queued")
    return bool(
        claimed.update(
            status=row.status,
            claim=row.claim,
            claimed_at=row.claimed_at,
            lease_until=row.lease_until,
            looks=0,
            tries=F("tries") + 1,
        )
    )


def _begin_page(page: Page, now: datetime) -> None:
    """The next rung's due time goes into the same commit as the claim."""
    note(page.escalation, "page_sending", f"Calling {page.person.name}.", data={"page": page.pk})
    if page.purpose == Purpose.OFFER:
        due = now + timedelta(seconds=page.ring_seconds + paging.SETUP_SECONDS)
        Escalation.objects.filter(pk=page.escalation_id, next_action=NextAction.CLIMB).update(
            next_action_at=due
        )


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
            Message.objects.filter(pk=row.pk, sid="").update(sid=sid, sent_at=clock.now())
            Message.objects.filter(pk=row.pk, status=MessageStatus.SENDING).update(status=MessageStatus.SENT)


def refused(row: Page | Leg | Message, code: int | None, why: str) -> None:
    """Twilio surely has not taken it and never will."""
    match row:
        case Page():
            paging.refused(page_id=row.pk, code=code, why=why)
        case Leg():
            bridging.refused(leg_id=row.pk, code=code, why=why)
        case Message():
            telling.not_delivered(message=row, code=code, why=why, mail_body=confirming.question_mail(row))


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
    turn = pace.free_at if pace is not None and _is_used_up(pace, clock.now()) else None
    instants += [max(at, turn) if turn else at for at in calls if at is not None]
    return min((instant for instant in instants if instant is not None), default=None)


def _first(rows: QuerySet[_Row], field: str) -> datetime | None:
    return rows.order_by(field).values_list(field, flat=True).first()
