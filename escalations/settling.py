"""What only Twilio knows: rows whose sending broke off are looked up there, adopted, or sent again.

A page whose POST was lost half-way may ring or not. Twilio is asked for its calls to that number since the claim,
several times over some seconds, and ours is adopted; only then does it count as never placed. One that was ended
meanwhile (the case cancelled, another officer faster) is looked for as well: its call is hung up.
"""

import logging
import os
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from escalations import claims, degraded, delivery
from escalations.models import Channel, Leg, LegStatus, Message, MessageStatus, Page, PageStatus
from telephony import client, clock, doors
from telephony.errors import TelephonyError

logger = logging.getLogger(__name__)

LOOKS = 3  # how often Twilio is asked for a call before it counts as never placed: its lists lag behind
# How far Twilio's clock may be from ours: a call of ours that seems older than its claim is still ours.
CLOCKS_APART = timedelta(seconds=60)
MOST_TRIES = 5  # Twilio answers, but takes this one never: the next phone rings
# Longer than any phone rings: a call that nobody wants any more needs no looking for after this.
RINGS_NO_MORE = timedelta(minutes=3)
_NEVER_TAKEN = "Twilio never took it, and its turn is over."

_MODELS: tuple[type[Page] | type[Leg] | type[Message], ...] = (Page, Leg, Message)


def release_dead_claims() -> int:
    """Claims of processes of this machine that are gone need not wait for their lease. Returns how many."""
    host = claims.PROCESS.split(":", maxsplit=1)[0]
    released = 0
    now = clock.now()
    for model in _MODELS:
        for undecided in _undecided(model):
            held = undecided.filter(claim__startswith=f"{host}:", lease_until__gt=now)
            for claim in set(held.values_list("claim", flat=True)):
                pid = int(claim.split(":")[1])
                # A container that is started again has the same numbers: ours may have been a dead one's.
                if claim != claims.PROCESS and (pid == os.getpid() or not _runs(pid)):
                    released += held.filter(claim=claim).update(lease_until=now)
    return released


def _undecided(model: type[Page] | type[Leg] | type[Message]) -> list[QuerySet[Any]]:
    """What is being sent, and calls that were ended while they were: nobody knows whether these ring."""
    rows: list[QuerySet[Any]] = [model.objects.filter(status="sending")]
    if not issubclass(model, Message):
        rows.append(model.objects.filter(hang_up_wanted=True, sid=""))
    return rows


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def settle_undecided() -> int:
    """Decide each row that is undecided past its lease, by asking Twilio. Returns how many were looked at."""
    now = clock.now()
    looked_at = 0
    lease = now + timedelta(seconds=claims.LEASE_SECONDS)
    for model in _MODELS:
        for undecided in _undecided(model):
            # One that was put back into the queue in the instant it was ended has no lease.
            stale = undecided.exclude(lease_until__gt=now).exclude(channel=Channel.EMAIL)
            for row in stale.order_by("lease_until")[:20]:
                # Only one process asks about it: the lease moves on before the question is put.
                mine = undecided.filter(pk=row.pk, lease_until=row.lease_until)
                if mine.update(lease_until=lease, claim=claims.PROCESS):
                    looked_at += 1
                    _settle(row)
    return looked_at


def _settle(row: Page | Leg | Message) -> None:
    if row.sid:
        _known_after_all(row)
        return
    since = (row.claimed_at or row.created_at) - CLOCKS_APART
    try:
        seen = _seen_texts(row, since) if row.channel == Channel.TEXT else _seen_calls(row, since)
    except TelephonyError as error:
        logger.warning("Twilio cannot say yet whether %s went out: %s", row, error)
        degraded.note_failure(error, row)
        if _is_unwanted(row) and clock.now() - RINGS_NO_MORE > since:
            delivery.refused(row, None, _NEVER_TAKEN)
        else:
            delivery.lease(row, delivery.LOOK_SECONDS)
        return
    degraded.note_success()
    ours = next((sid for sid in seen if not _is_known(sid)), None)
    if ours is not None:
        logger.info("%s went out after all, as %s", row, ours)
        delivery.placed(row, ours)
    elif row.looks + 1 < LOOKS:
        delivery.lease(row, delivery.LOOK_SECONDS, looks=F("looks") + 1)
    elif _is_unwanted(row) or (isinstance(row, Page) and row.channel == Channel.CALL and _is_stale(row)):
        delivery.refused(row, None, _NEVER_TAKEN)
    elif row.tries >= MOST_TRIES:
        delivery.refused(row, None, f"Twilio answers, but did not take it in {row.tries} tries.")
    else:
        again = TelephonyError(
            "Twilio never took it.", remedy="It is sent again.", permanent=False, code=None
        )
        delivery.again(row, 0, again)


def _seen_calls(row: Page | Leg | Message, since: datetime) -> list[str]:
    """Calls that may be ours: no other call to this number is undecided (`claims`)."""
    return [call.sid for call in client.find_calls(to=row.address, since=since)]


def _seen_texts(row: Page | Leg | Message, since: datetime) -> list[str]:
    """Texts with our very words: several may be undecided at once. A trial account puts words before ours."""
    words = delivery.words_of(row)
    return [text.sid for text in client.find_texts(to=row.address, since=since) if text.body.endswith(words)]


def _is_unwanted(row: Page | Leg | Message) -> bool:
    """It was ended while it was sent: it is only looked for to be hung up."""
    return row.status != "sending"


def _is_stale(page: Page) -> bool:
    """The ladder has gone on meanwhile: ringing this phone now would only come between."""
    later = Page.objects.calls().filter(escalation=page.escalation_id, pk__gt=page.pk)
    return later.exclude(address="").exists()


def _known_after_all(row: Page | Leg | Message) -> None:
    """The SID was learnt by a callback while the sender died: the row is simply out."""
    status = {Page: PageStatus.RINGING, Leg: LegStatus.RINGING, Message: MessageStatus.SENT}[type(row)]
    type(row).objects.filter(pk=row.pk, status="sending").update(status=status)


def _is_known(sid: str) -> bool:
    return doors.knows(sid)
