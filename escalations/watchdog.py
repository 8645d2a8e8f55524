"""What should have moved and has not, moved; and the heartbeat by which our own silence is noticed."""

import logging
from datetime import timedelta

from escalations import bridging, clock, inbound, paging, settling
from escalations.models import (
    LIVE_LEG,
    Escalation,
    Heartbeat,
    Leg,
    LegStatus,
    Page,
    PageStatus,
)
from telephony import client
from telephony.errors import TelephonyError
from telephony.events import is_final

logger = logging.getLogger(__name__)

# A page's call lasts at most its ring, the menu and the brief; after that a report about it was lost.
LONGEST_PAGE_SECONDS = 180
LONGEST_RING_SECONDS = 90
BRIDGE_LOOK_MINUTES = 10


def beat(name: str, detail: dict[str, object]) -> None:
    """Say that this process is alive and did its work just now."""
    now = clock.now()
    updated = Heartbeat.objects.filter(name=name).update(at=now, detail=detail)
    if not updated:
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now, "detail": detail})


def look() -> int:
    """Find what is stuck and move it. Returns how many things were moved."""
    settling.release_dead_claims()
    return _overdue_cases() + _lost_pages() + _lost_legs()


def _overdue_cases() -> int:
    """A case far past its due time is only logged here: the pager's next turn moves it."""
    late = Escalation.objects.due(clock.now() - timedelta(seconds=30)).count()
    if late:
        logger.warning("%s cases are more than 30 s past their due time", late)
    return 0


def _lost_pages() -> int:
    """Calls whose end was never reported: Twilio is asked how they went."""
    before = clock.now() - timedelta(seconds=LONGEST_PAGE_SECONDS)
    # An officer's own call to us was never claimed by anybody, and ends unheard where Twilio was not told to say so.
    stuck = Page.objects.live().calls().filter(sent_at__lt=before).exclude(sid="")
    moved = 0
    for page in stuck.exclude(status=PageStatus.QUEUED)[:50]:
        if _is_over(page.sid):
            logger.warning("No report came of the end of %s: it is over", page)
            inbound.call_ended(call_sid=page.sid)
            paging.ended(page_id=page.pk, status=PageStatus.UNANSWERED)
            moved += 1
    return moved


def _lost_legs() -> int:
    """Legs and bridges that nobody told us the end of."""
    now = clock.now()
    ringing = Leg.objects.filter(
        status=LegStatus.RINGING, sent_at__lt=now - timedelta(seconds=LONGEST_RING_SECONDS)
    )
    joined = Leg.objects.filter(
        status=LegStatus.JOINED, joined_at__lt=now - timedelta(minutes=BRIDGE_LOOK_MINUTES)
    )
    moved = 0
    for leg in (ringing | joined).filter(status__in=LIVE_LEG).exclude(sid="")[:50]:
        if _is_over(leg.sid):
            logger.warning("No report came of the end of %s: it is over", leg)
            bridging.leg_ended(leg_id=leg.pk, status=LegStatus.UNANSWERED)
            moved += 1
    return moved


def _is_over(sid: str) -> bool:
    try:
        return is_final(client.fetch_call(sid=sid).status)
    except TelephonyError as error:
        return error.code == 20404
