"""What should have moved and has not, moved; and the heartbeat by which our own silence is noticed."""

import logging
from datetime import timedelta

from django.db import transaction

from escalations import bridging, clock, inbound, paging, settling, telling
from escalations.models import (
    LIVE_LEG,
    Escalation,
    Heartbeat,
    Leg,
    LegStatus,
    Page,
    PageStatus,
)
from escalations.timeline import note
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
    # Each restart of a pager beats under a new name; the old ones tell nothing after a day.
    Heartbeat.objects.filter(name__startswith="pager ", at__lt=clock.now() - timedelta(days=1)).delete()
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
    for page in stuck.exclude(status=PageStatus.QUEUED).select_related("escalation")[:50]:
        if _is_over(page.sid):
            inbound.call_ended(call_sid=page.sid)
            paging.ended(page_id=page.pk, status=PageStatus.UNANSWERED)
            _say(page.escalation, f"the {page}", key=f"watchdog:page:{page.pk}")
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
    legs = (ringing | joined).filter(status__in=LIVE_LEG).exclude(sid="")
    for leg in legs.select_related("bridge__escalation")[:50]:
        if _is_over(leg.sid):
            bridging.leg_ended(leg_id=leg.pk, status=LegStatus.UNANSWERED)
            _say(leg.bridge.escalation, f"the {leg}", key=f"watchdog:leg:{leg.pk}")
            moved += 1
    return moved


def _say(escalation: Escalation, what: str, *, key: str) -> None:
    """Why the watchdog had to move something: on the timeline, in the log, and to administrators by mail."""
    words = f"Twilio never reported the end of {what}. Asked, it says that the call is over."
    logger.warning("%s", words)
    with transaction.atomic():
        note(escalation, "watchdog", words)
        telling.tell_administrators(
            escalation=escalation,
            key=key,
            subject=f"Case {escalation.number}: a report from Twilio was lost",
            body=f"{words} The case goes on. If this comes often, check that Twilio reaches PUBLIC_BASE_URL.",
        )


def _is_over(sid: str) -> bool:
    try:
        return is_final(client.fetch_call(sid=sid).status)
    except TelephonyError as error:
        return error.code == 20404
