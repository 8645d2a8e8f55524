"""Taking what is queued: each call and text goes out by one process only.

A claim is a conditional update with a lease that is longer than any HTTP time-out. The next rung's due time is in the
same commit, so that the ladder goes on whatever becomes of the call.
"""

import contextlib
import hashlib
import os
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from escalations import paging
from escalations.models import (
    Channel,
    Escalation,
    Leg,
    LegStatus,
    Message,
    NextAction,
    Pace,
    Page,
    PageStatus,
    Purpose,
)
from escalations.timeline import Entry, note_all
from telephony import clock

LEASE_SECONDS = 45  # far above the longest HTTP exchange: connecting 2 s, reading 8 s
BUSY_CASE_SECONDS = 0.02  # a verb holds a case's lock for some milliseconds
CLOCK_STEP = timedelta(
    seconds=30
)  # a clock set back by more than this must not keep all phones silent for as long


def _machine() -> str:
    """Twelve characters for the place whose process numbers we see: host, boot and, on Linux, process namespace."""
    place = [socket.gethostname()]
    with contextlib.suppress(OSError):
        place.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with contextlib.suppress(OSError):
        place.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("|".join(place).encode()).hexdigest()[:12]


# What calling a page needs. Everything of its case, person and programme would be 120 columns, and their reading
# half of the time that a claim takes.
_TO_CALL = (
    *(field.name for field in Page._meta.concrete_fields),  # noqa: SLF001 - Django's own name for it
    "person__name",
    "escalation__next_action",
    "escalation__programme__detect_voicemail",
)

# Says which process holds a claim, so that a restarted one need not wait for the leases of a dead one.
# The first part is the machine (or container): process numbers mean something only within one.
PROCESS = f"{_machine()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


@dataclass(frozen=True)
class Paced:
    """Twilio's calls per second are used up until this instant."""

    until: datetime


_Row = TypeVar("_Row", Page, Message, Leg)


def _skip_locked(rows: QuerySet[_Row], case: str) -> QuerySet[_Row]:
    """Rows that nobody is taking or changing at this moment (PostgreSQL; SQLite has one writer anyway).

    The case is locked with its row, as every verb does first, and neither is waited for: so a claim and a yes
    can neither wait for each other nor pass each other.
    """
    return rows.select_for_update(skip_locked=True, of=("self", case), no_key=True)


# What is asked at every turn is put together once: for Django that is more work than to ask it.
_QUEUED_LEGS = Leg.objects.filter(status=LegStatus.QUEUED)
_QUEUED_CALLS = Page.objects.calls().filter(status=PageStatus.QUEUED)
_UNDECIDED_PAGES = Page.objects.calls().filter(status=PageStatus.SENDING)
_UNDECIDED_LEGS = Leg.objects.filter(status=LegStatus.SENDING)
# Ended for us, and their phones may ring: the lost ones ended while they were sent.
_RINGING_PAGES = Page.objects.filter(hang_up_wanted=True)
_LOST_PAGES, _LOST_LEGS = (calls.objects.filter(hang_up_wanted=True, sid="") for calls in (Page, Leg))

# Legs that may be called; not a phone of which another call is undecided: nobody could tell them apart.
_FREE_LEGS = (
    _QUEUED_LEGS.exclude(address__in=_UNDECIDED_PAGES.values("address"))
    .exclude(address__in=_UNDECIDED_LEGS.values("address"))
    .exclude(address__in=_LOST_PAGES.values("address"))
    .exclude(address__in=_LOST_LEGS.values("address"))
)
_NEXT_LEGS = _skip_locked(
    _FREE_LEGS.select_related("bridge__escalation").order_by("due_at"), "bridge__escalation"
)

# Pages that may be called; a phone that still rings for an ended page is hung up first. In the order of `turns`.
_FREE_CALLS = (
    _QUEUED_CALLS.exclude(address__in=_RINGING_PAGES.values("address"))
    .exclude(address__in=_UNDECIDED_LEGS.values("address"))
    .exclude(address__in=_LOST_LEGS.values("address"))
)
_NEXT_CALLS = _skip_locked(
    _FREE_CALLS.select_related("person", "escalation__programme").only(*_TO_CALL).order_by("turn_at", "pk"),
    "escalation",
)


def claim_call() -> Page | Leg | Paced | None:
    """Take the next call that may go out; see `claim_calls`."""
    claimed = claim_calls(1)
    return claimed if isinstance(claimed, Paced) else next(iter(claimed), None)


def claim_calls(most: int) -> "list[Page | Leg] | Paced":
    """Take the next calls that may go out, in one commit: legs of running bridges, then graver and older pages.

    `Paced` where the next one must wait: for Twilio's calls per second, or for a case that is being changed.
    """
    due = {"due_at__lte": clock.now()}
    legs_wait, pages_wait = (calls.filter(**due).exists() for calls in (_QUEUED_LEGS, _QUEUED_CALLS))
    if not (legs_wait or pages_wait):  # asked at every turn: where nothing waits, no writer is held up
        return []
    with transaction.atomic():
        now = clock.now()
        pace = _pace()
        if pace is not None and is_used_up(pace, now):
            return Paced(pace.free_at) if _waits(now) else []
        room = most if pace is None else 1
        legs = _claim(_next_legs(now, room), now) if legs_wait else []
        pages = _claim(_next_pages(now, room - len(legs)), now)
        if not legs and not pages:
            # What could go out, but for another transaction that holds its case.
            return _look_again(now) if connection.features.has_select_for_update and _waits(now) else []
        if pace is not None:
            pace.free_at = now + _one_call()
            pace.save(update_fields=["free_at"])
        _begin_pages(pages, now)
        return [*legs, *pages]


def may_call_beside_cases() -> bool:
    """One turn of the account's calls per second for a call that is about no case: False while those of cases wait."""
    with transaction.atomic():
        now = clock.now()
        pace = _pace()
        if _waits(now) or (pace is not None and is_used_up(pace, now)):
            return False
        if pace is not None:
            pace.free_at = now + _one_call()
            pace.save(update_fields=["free_at"])
        return True


def claim_texts(most: int) -> list[Page | Message]:
    """Take the next texts that may go out, in one commit: officers' pages first."""
    waiting = Q(channel=Channel.TEXT, status="queued", due_at__lte=clock.now())
    # Asked at every turn: where nothing waits, no writer is held up.
    pages_wait, messages_wait = (model.objects.filter(waiting).exists() for model in (Page, Message))
    if not (pages_wait or messages_wait):
        return []
    with transaction.atomic():
        now = clock.now()
        pages: list[Page] = []
        if pages_wait:
            rows = Page.objects.filter(waiting).select_related("person", "escalation")
            rows = rows.order_by("turn_at", "pk")
            pages = _claim(list(_skip_locked(rows, "escalation")[:most]), now)
            note_all(
                Entry(page.escalation, "page_sending", f"Texting {page.person.name}.", {"page": page.pk})
                for page in pages
            )
        messages: list[Message] = []
        if messages_wait and len(pages) < most:
            queued = Message.objects.filter(waiting).order_by("due_at")
            locked = queued.select_for_update(skip_locked=True, of=("self",), no_key=True)
            messages = _claim(list(locked[: most - len(pages)]), now)
        return [*pages, *messages]


def _next_legs(now: datetime, most: int) -> list[Leg]:
    """The legs that wait the longest, one a phone."""
    by_phone: dict[str, Leg] = {}
    for leg in _NEXT_LEGS.filter(due_at__lte=now)[:most]:
        by_phone.setdefault(leg.address, leg)
    return list(by_phone.values())


def _next_pages(now: datetime, most: int) -> list[Page]:
    """The queued calls whose turn it is; the database has one live page a phone at most."""
    return list(_NEXT_CALLS.filter(due_at__lte=now)[:most]) if most else []


def _waits(now: datetime) -> bool:
    """Whether a call of a case that was due by `now` could go out."""
    return any(calls.filter(due_at__lte=now).exists() for calls in (_FREE_LEGS, _FREE_CALLS))


def _look_again(now: datetime) -> Paced:
    return Paced(now + timedelta(seconds=BUSY_CASE_SECONDS))


def _pace() -> Pace | None:
    if settings.TWILIO_CALLS_PER_SECOND <= 0:
        return None
    pace, _ = Pace.objects.select_for_update().get_or_create(name="calls", defaults={"free_at": clock.now()})
    return pace


def _one_call() -> timedelta:
    return timedelta(seconds=1 / settings.TWILIO_CALLS_PER_SECOND)


def is_used_up(pace: Pace, now: datetime) -> bool:
    """Whether the next call must wait; not for an instant far off, which only a wrong clock can have written."""
    return now < pace.free_at <= now + _one_call() + CLOCK_STEP


def _claim(rows: list[_Row], now: datetime) -> list[_Row]:
    """Those of the rows that are ours now: a row that another process took meanwhile is not."""
    if not rows:
        return []
    until = now + timedelta(seconds=LEASE_SECONDS)
    model, keys = type(rows[0]), [row.pk for row in rows]
    taken = model.objects.filter(pk__in=keys, status="queued").update(
        status="sending", claim=PROCESS, claimed_at=now, lease_until=until, looks=0, tries=F("tries") + 1
    )
    if taken < len(rows):
        ours = set(
            model.objects.filter(pk__in=keys, status="sending", claim=PROCESS, claimed_at=now).values_list(
                "pk", flat=True
            )
        )
        rows = [row for row in rows if row.pk in ours]
    for row in rows:
        row.status, row.claim, row.claimed_at, row.lease_until, row.looks = "sending", PROCESS, now, until, 0
    return rows


def _begin_pages(pages: list[Page], now: datetime) -> None:
    """The next rung's due time goes into the same commit as the claim."""
    note_all(
        Entry(page.escalation, "page_sending", f"Calling {page.person.name}.", {"page": page.pk})
        for page in pages
    )
    offers = sorted(
        (page for page in pages if page.purpose == Purpose.OFFER), key=lambda page: page.ring_seconds
    )
    for seconds, alike in groupby(offers, key=lambda page: page.ring_seconds):
        due = now + timedelta(seconds=seconds + paging.SETUP_SECONDS)
        cases = Escalation.objects.filter(pk__in=[page.escalation_id for page in alike])
        cases.filter(next_action=NextAction.CLIMB).update(next_action_at=due)
