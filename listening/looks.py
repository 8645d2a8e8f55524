"""Looking at who is in a conference whose events Twilio tells somebody else, or of which one was lost.

Only the first to join a conference decides where its events go
(https://www.twilio.com/docs/voice/twiml/conference#statuscallback), so a registered one tells us nothing unless its
centre named our webhook. Then we look every few seconds, and what we conclude is marked as the weaker LOOK and
errs on the side of less: who is seen is there from this look on, who is gone or on hold was so from the look
before.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from listening import evidence, live_calls, visits
from listening.models import (
    LIVE_VISIT,
    CallAction,
    CallSource,
    Evidence,
    EvidenceKind,
    EvidenceStrength,
    LiveCall,
    LiveCallState,
    Visit,
)
from telephony import client, clock
from telephony.client import SeenParticipant
from telephony.errors import TelephonyError
from telephony.events import is_final

logger = logging.getLogger(__name__)

EACH = timedelta(seconds=4)
"""Where nobody tells us anything."""
NOW_AND_THEN = timedelta(seconds=60)
"""Where Twilio tells us, in case that an end was lost."""
AGAIN = timedelta(seconds=5)
BLIND_AFTER = timedelta(seconds=30)
"""Between two looks further apart than this nobody knows what was."""
NOT_FOUND = 20404


def look(row: LiveCall) -> None:
    """Look once at a running call. The network is used with no transaction open."""
    if not row.conference_sid:
        _nobody_joined(row)
        return
    try:
        conference = client.fetch_conference(sid=row.conference_sid)
        inside = [] if conference.ended else client.list_participants(conference_sid=row.conference_sid)
    except TelephonyError as error:
        if error.code == NOT_FOUND:
            live_calls.end(live_call_id=row.pk, why="Twilio knows no such conference.")
            return
        logger.warning("Live call %s could not be looked at: %s", row.pk, error)
        _again(row, AGAIN)
        return
    with transaction.atomic():
        call = live_calls.locked(row.pk)
        if call.state == LiveCallState.ENDED:
            return
        now = clock.now()
        found = not call.conference_name
        call.conference_name = call.conference_name or conference.name
        if not call.callbacks_ours and call.source == CallSource.REGISTERED:
            _compare(call, inside, now)
        call.looked_at = now
        if conference.ended:
            call.save(update_fields=["conference_name", "looked_at"])
            live_calls.end(live_call_id=call.pk, why="The conference ended.")
            return
        call.next_action = CallAction.LOOK
        call.next_at = now + (NOW_AND_THEN if call.callbacks_ours else EACH)
        call.save(update_fields=["conference_name", "looked_at", "next_action", "next_at"])
        if found:
            live_calls.stir_waiting()


def _nobody_joined(row: LiveCall) -> None:
    """No event has told of its conference: the customer may have hung up in the first words, or the leg never came."""
    sid = row.customer_call_sid if row.source == CallSource.OWN else row.agent_call_sid
    try:
        status = client.fetch_call(sid=sid).status if sid else "failed"
    except TelephonyError as error:
        if error.code != NOT_FOUND:
            _again(row, AGAIN)
            return
        status = "failed"
    if is_final(status):
        live_calls.end(live_call_id=row.pk, why="The call ended before anybody met.")
    else:
        _again(row, NOW_AND_THEN)


def _again(row: LiveCall, after: timedelta) -> None:
    LiveCall.objects.filter(pk=row.pk, ended_at=None).update(next_at=clock.now() + after)


def _compare(call: LiveCall, inside: list[SeenParticipant], now: datetime) -> None:
    """What changed since the look before becomes evidence."""
    before = call.looked_at or now
    last: dict[str, Evidence] = {}
    holding: dict[str, bool] = {}
    seen = (EvidenceKind.SEEN, EvidenceKind.GONE)
    kinds = (*seen, EvidenceKind.HOLD, EvidenceKind.UNHOLD)
    rows = Evidence.objects.filter(live_call=call, strength=EvidenceStrength.LOOK, kind__in=kinds)
    for row in rows.order_by("id"):
        if row.kind in seen:
            last[row.call_sid] = row
        else:
            holding[row.call_sid] = row.kind == EvidenceKind.HOLD
    was_in = {sid for sid, row in last.items() if row.kind == EvidenceKind.SEEN}
    if now - before > BLIND_AFTER:
        for sid in was_in:
            _note(call, EvidenceKind.GONE, sid, last[sid].participant, before)
        was_in = set()
    by_label = {visit.participant: visit for visit in call.visits.filter(status__in=LIVE_VISIT)}
    for one in inside:
        visit = by_label.get(one.label)
        if one.call_sid not in was_in:
            _note(call, EvidenceKind.SEEN, one.call_sid, one.label, now, visit)
            if visit is not None:
                visits.came_in(visit, now)
        if one.hold != holding.get(one.call_sid, False):
            kind, at = (EvidenceKind.HOLD, before) if one.hold else (EvidenceKind.UNHOLD, now)
            _note(call, kind, one.call_sid, one.label, at, visit)
    for sid in was_in - {one.call_sid for one in inside}:
        _note(call, EvidenceKind.GONE, sid, last[sid].participant, before)


def _note(
    call: LiveCall, kind: EvidenceKind, sid: str, label: str, at: datetime, visit: Visit | None = None
) -> None:
    if visit is None and label.startswith(visits.LABEL):
        visit = Visit.objects.filter(participant=label).first()
    evidence.record(
        kind=kind,
        at=at,
        live_call=call,
        session=visit.session if visit is not None else None,
        strength=EvidenceStrength.LOOK,
        call_sid=sid,
        participant=label,
    )
