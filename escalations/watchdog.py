"""What should have moved and has not, moved; and the heartbeat by which our own silence is noticed."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q, QuerySet

from escalations import bridging, delivery, paging, settling, watch_reports
from escalations.models import (
    Bridge,
    Channel,
    Escalation,
    Heartbeat,
    Leg,
    LegStatus,
    Message,
    MessageStatus,
    Page,
    PageStatus,
)
from escalations.watch_reports import Why
from telephony import client, clock
from telephony.errors import TelephonyError
from telephony.events import is_final

logger = logging.getLogger(__name__)

# A page's call lasts at most its ring, the menu and the brief; after that a report about it was lost.
LONGEST_PAGE_SECONDS = 180
LONGEST_RING_SECONDS = 90
BRIDGE_LOOK_MINUTES = 10
TEXT_REPORT = timedelta(minutes=10)
TEXT_GIVEN_UP = timedelta(days=1)
# What moves later than this did not move by itself: no pager was at work, or none came to it.
LATE = timedelta(seconds=30)
# So many calls a look: Twilio is asked about each.
CALLS_A_LOOK = 50

_Call = TypeVar("_Call", Page, Leg)


def beat(name: str, detail: dict[str, object]) -> None:
    """Say that this process is alive and did its work just now."""
    now = clock.now()
    updated = Heartbeat.objects.filter(name=name).update(at=now, detail=detail)
    if not updated:
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now, "detail": detail})


def look() -> int:
    """Find what is stuck and move it. Returns how many things were moved."""
    settling.release_dead_claims()
    # Each restart of a pager beats under a new name; the old ones tell nothing after a day.
    Heartbeat.objects.filter(name__startswith="pager ", at__lt=clock.now() - timedelta(days=1)).delete()
    _overdue_cases()
    moved = _lost_pages() + _lost_legs() + _left_bridges() + _lost_hang_ups() + _lost_texts()
    watch_reports.mail_gathered()
    return moved


# --- Cases: moved by the pager's next turn, which says here how that went ------------------------------------


def _overdue_cases() -> None:
    late = Escalation.objects.due(clock.now() - LATE).count()
    if late:
        logger.warning("%s cases are more than 30 s past their due time", late)


def came_late(escalation: Escalation, due: datetime) -> None:
    """A case moves now that was due then: where that is long ago, it is said. The caller holds the case's lock."""
    late = clock.now() - due
    if late > LATE:
        words = f"This comes {_lasting(late)} late: no pager was at work, or it had too much to do."
        logger.warning("Case %s moves %s late", escalation.number, _lasting(late))
        watch_reports.report(escalation, Why.LATE, words)


def cannot_move(escalation_id: int, error: Exception) -> None:
    """A case could not be moved for an error of ours and is tried again and again: said once for each such time."""
    words = f"This case could not be moved on ({type(error).__name__}). It is tried again each minute."
    try:
        with transaction.atomic():
            case = paging.locked(escalation_id)
            last = case.events.order_by("-pk").first()
            if last is None or last.data.get("why") != Why.FAILED:
                watch_reports.report(case, Why.FAILED, words)
    except DatabaseError:
        logger.exception("That case %s cannot be moved could not be noted", 1000 + escalation_id)


def _lasting(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"


# --- Calls: Twilio is asked how they went --------------------------------------------------------------------


def _lost_pages() -> int:
    """Calls whose end was never reported."""
    before = clock.now() - timedelta(seconds=LONGEST_PAGE_SECONDS)
    # An officer's own call to us was never claimed by anybody, and ends unheard where Twilio was not told to say so.
    stuck = Page.objects.live().calls().filter(sent_at__lt=before).exclude(status=PageStatus.QUEUED)
    moved = 0
    for page in _in_turn("pages", stuck.select_related("escalation", "person")):
        if _is_over(page.sid):
            moved += _end_lost(page, page.escalation, Page.objects.live(), _end_page)
            # A bridge may have begun on that very call, for another case even: after this one's lock is gone.
            bridging.call_over(call_sid=page.sid)
    return moved


def _end_page(page: Page) -> None:
    with paging.held(page.pk) as held:
        paging.ended(held, PageStatus.UNANSWERED)


def _lost_legs() -> int:
    """Legs and bridges that nobody told us the end of."""
    now = clock.now()
    before = now - timedelta(seconds=LONGEST_RING_SECONDS)
    ringing = Q(status=LegStatus.RINGING, sent_at__lt=before)
    joined = Q(status=LegStatus.JOINED, joined_at__lt=now - timedelta(minutes=BRIDGE_LOOK_MINUTES))
    legs = Leg.objects.live().filter(ringing | joined, created_at__lt=before)
    return sum(
        _end_lost(leg, leg.bridge.escalation, Leg.objects.live(), _end_leg)
        for leg in _in_turn("legs", legs.select_related("bridge__escalation"))
        if _is_over(leg.sid)
    )


def _end_leg(leg: Leg) -> None:
    bridging.leg_ended(leg_id=leg.pk, status=LegStatus.UNANSWERED)


def _left_bridges() -> int:
    """Connections that are open although nobody is on them nor rung for them: their cases may be connected anew."""
    before = clock.now() - timedelta(seconds=LONGEST_RING_SECONDS)
    is_open = Bridge.objects.filter(ended_at__isnull=True, started_at__lt=before)
    moved = 0
    for bridge in is_open.exclude(legs__in=Leg.objects.live()).select_related("escalation")[:CALLS_A_LOOK]:
        with transaction.atomic():
            paging.lock(pk=bridge.escalation_id)
            if not is_open.filter(pk=bridge.pk).exclude(legs__in=Leg.objects.live()).exists():
                continue
            bridging.end_of(bridge_id=bridge.pk)
            words = "A connection was still open although nobody was on it: it is closed."
            watch_reports.report(bridge.escalation, Why.LEFT_OPEN, words)
            moved += 1
    return moved


def _lost_hang_ups() -> int:
    """Calls that Twilio would not let us hang up, and that are over by themselves: their phones may ring again."""
    before = clock.now() - timedelta(seconds=LONGEST_PAGE_SECONDS)
    moved = 0
    models: tuple[type[Page] | type[Leg], ...] = (Page, Leg)
    for model in models:
        wanted = model.objects.filter(hang_up_wanted=True)
        for row in _in_turn(f"{model.__name__} to hang up", wanted.filter(ended_at__lt=before)):
            if _is_over(row.sid):
                logger.warning("%s could not be hung up and is over by itself", row)
                moved += wanted.filter(pk=row.pk).update(hang_up_wanted=False)
    return moved


# --- Texts: a question that never arrived must not be taken for a customer who keeps silent --------------------


def _lost_texts() -> int:
    """Texts of which nobody has told whether they arrived. Where Twilio says that one did not, it goes by mail."""
    now = clock.now()
    silent = Message.objects.filter(
        channel=Channel.TEXT, status=MessageStatus.SENT, ended_at__isnull=True, sent_at__lt=now - TEXT_REPORT
    )
    # Asked a while ago: networks of some countries never tell, and those texts are not asked about each time.
    unasked = silent.exclude(lease_until__gt=now)
    moved = 0
    for message in _in_turn("texts", unasked.select_related("escalation", "person")):
        if unasked.filter(pk=message.pk).update(lease_until=now + TEXT_REPORT):
            moved += _hear_of(message, silent)
    return moved


def _hear_of(message: Message, silent: QuerySet[Message]) -> bool:
    try:
        seen = client.fetch_text(sid=message.sid)
    except TelephonyError as error:
        if error.code != 20404:
            return False
        status = ""  # Twilio knows nothing of it any more, nor ever will
    else:
        status = seen.status
    if status in ("delivered", "read"):
        silent.filter(pk=message.pk).update(status=MessageStatus.DELIVERED, ended_at=clock.now())
    elif status in ("failed", "undelivered"):
        return _never_arrived(message, seen.error_code, silent)
    elif not status or (message.sent_at and clock.now() - message.sent_at > TEXT_GIVEN_UP):
        silent.filter(pk=message.pk).update(ended_at=clock.now())
    return False


def _never_arrived(message: Message, code: int | None, silent: QuerySet[Message]) -> bool:
    whom = message.person.name if message.person else "the customer"
    words = f"Twilio never reported that a text to {whom} did not arrive. Asked, it says so."
    with transaction.atomic():
        paging.lock(pk=message.escalation_id)
        if not silent.filter(pk=message.pk).exists():
            return False
        delivery.text_failed(message, code)
        watch_reports.report(message.escalation, Why.REPORT_LOST, words)
    logger.warning("%s for case %s", words, message.escalation.number)
    return True


_looked_up_to: dict[str, int] = {}


def _in_turn(name: str, calls: QuerySet[Any]) -> list[Any]:
    """The next few of these: however many talk for long, each is looked at in its turn."""
    known = calls.exclude(sid="")
    # Numbers alone first, and in no order: ordered by number the database would look through years of calls.
    numbers = sorted(known.order_by().values_list("pk", flat=True))
    rest = [pk for pk in numbers if pk > _looked_up_to.get(name, 0)] or numbers
    _looked_up_to[name] = rest[CALLS_A_LOOK - 1] if len(rest) > CALLS_A_LOOK else 0
    return list(known.filter(pk__in=rest[:CALLS_A_LOOK])) if rest else []


def _end_lost(
    call: _Call, escalation: Escalation, live: QuerySet[_Call], end: Callable[[_Call], object]
) -> bool:
    """End what Twilio says is over, and say why. False where somebody else has ended it meanwhile."""
    words = f"Twilio never reported the end of the {call}. Asked, it says that the call is over."
    with transaction.atomic():
        paging.lock(pk=escalation.pk)
        if not live.filter(pk=call.pk).exists():
            return False
        end(call)
        watch_reports.report(escalation, Why.REPORT_LOST, words)
    logger.warning("%s", words)
    return True


def _is_over(sid: str) -> bool:
    try:
        return is_final(client.fetch_call(sid=sid).status)
    except TelephonyError as error:
        return error.code == 20404
