"""Listening through another exchange: its supervisor extension is rung and bridged to the executive.

The extension's leg and the executive, muted from the first packet, meet in a conference of ours: so not a sound of
theirs reaches the exchange, whatever its own monitoring lets through. The keys of the programme's rules are pressed
once the exchange has answered. Who talks there Twilio cannot see: the evidence is this leg and the executive's keys,
and is marked as the weaker kind. Customers' announcement and agents' knowledge are an administrator's word, on record.
"""

import logging
from datetime import timedelta

from django.db import transaction

from listening import conferences, country_rules, links, live_calls, moving, sessions, visits
from listening.consent import CallFacts, Why, why_not
from listening.models import (
    CallAction,
    CallSource,
    ListeningRules,
    LiveCall,
    LiveCallState,
    Place,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from listening.rules import rules_of
from telephony import chores, client, clock
from telephony.chores import MayCall
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.events import CallEvent
from telephony.twiml import Script

logger = logging.getLogger(__name__)

RING_SECONDS = 30
NOT_SO_OFTEN = timedelta(seconds=20)
"""An extension that is busy is tried again after this."""
NOT_NOW = timedelta(seconds=1)
SILENT = timedelta(seconds=60)


def refusal(rules: ListeningRules) -> Why | None:
    """Why nobody may listen through this programme's extension; None where they may."""
    if not rules.monitor_number:
        return Why("no_extension", "The programme has no monitor extension.")
    there = LiveCall(customer_country=rules.monitor_country, announced=rules.monitor_attested)
    return why_not(
        CallFacts(
            state=LiveCallState.LIVE,
            country_why=country_rules.why_not(there),
            reachable=True,
            agent_known=False,
        )
    )


def begin(session_id: int) -> bool:
    """Have the extension dialled for an executive who waits and for whom no live call was found."""
    row = Session.objects.select_related("programme").get(pk=session_id)
    rules = rules_of(row.programme)
    if not rules.monitor_number or refusal(rules) is not None:
        return False
    with transaction.atomic():
        row = sessions.locked(session_id)
        now = clock.now()
        busy = LiveCall.objects.filter(
            source=CallSource.EXTENSION, created_by=row.person, started_at__gt=now - NOT_SO_OFTEN
        )
        waits = row.status == SessionStatus.RUNNING and row.place == Place.WAITING and row.call_sid
        if not waits or visits.current(row) is not None or busy.exists():
            return False
        call = LiveCall.objects.create(
            source=CallSource.EXTENSION,
            programme=row.programme,
            customer_country=rules.monitor_country,
            announced=rules.monitor_attested,
            created_by=row.person,
            state=LiveCallState.WAITING,
            started_at=now,
            state_at=now,
            next_action=CallAction.DIAL,
            next_at=now,
        )
        visits.offer(session=row, live_call=call, told_at=now, waits=True)
        Session.objects.filter(pk=row.pk).update(
            next_at=now, extension_dialled=f"{rules.monitor_number} {rules.monitor_keys}".strip()
        )
    return True


def dial(row: LiveCall, may_call: MayCall) -> None:
    """Ring the extension. What Twilio does not answer for ends when nothing is heard of it."""
    if row.programme is None:
        return
    rules = rules_of(row.programme)
    if not may_call():
        _next(row, NOT_NOW)
        return
    LiveCall.objects.filter(pk=row.pk).update(next_action=CallAction.LOOK, next_at=clock.now() + SILENT)
    try:
        placed = client.place_call(
            to=rules.monitor_number,
            answer_url=links.webhook("extension-answer", row.pk),
            status_callback=links.webhook("extension-status", row.pk),
            ring_seconds=RING_SECONDS,
            send_digits=rules.monitor_keys,
        )
    except OutcomeUnknown:
        logger.warning("Nobody knows yet whether the extension of live call %s was rung", row.pk)
    except TelephonyError as error:
        logger.warning("The extension of live call %s was not rung: %s", row.pk, error)
        live_calls.end(live_call_id=row.pk, why=error.message[:120])
    else:
        LiveCall.objects.filter(pk=row.pk, agent_call_sid="").update(agent_call_sid=placed.sid)


def answered(row: LiveCall, *, call_sid: str) -> Script:
    """The exchange has answered: into the conference, which starts and ends with this leg."""
    LiveCall.objects.filter(pk=row.pk, source=CallSource.EXTENSION, agent_call_sid="").update(
        agent_call_sid=call_sid
    )
    row.refresh_from_db(fields=["agent_call_sid"])
    script = Script()
    if row.state == LiveCallState.ENDED or row.agent_call_sid != call_sid:
        return script.hang_up()
    _bring_in(row)
    return script.conference(
        name=row.conference_name,
        status_callback=links.webhook("conferences"),
        wait_url="",
        end_on_exit=True,
        label=conferences.EXTENSION,
    )


def _bring_in(row: LiveCall) -> None:
    """The one for whom it was rung."""
    with transaction.atomic():
        live_calls.locked(row.pk)
        visit = (
            Visit.objects.filter(live_call=row, status=VisitStatus.OFFERED)
            .select_related("live_call")
            .first()
        )
        if visit is not None:
            visits.come(visit)
            moving.stir([visit.session_id])
            chores.wake()


def drop(row: LiveCall) -> None:
    """Its listener is gone: so is the leg to the exchange."""
    if row.agent_call_sid:
        try:
            client.hang_up(sid=row.agent_call_sid)
        except TelephonyError as error:
            logger.warning("The leg to an exchange does not end yet: %s", error)
            _next(row, NOT_NOW)
            return
    live_calls.end(live_call_id=row.pk, why="The listener left.")


def over(row: LiveCall, event: CallEvent) -> None:
    """The leg to the extension is over, or never came about."""
    if event.ended and row.agent_call_sid in ("", event.call_sid) and row.source == CallSource.EXTENSION:
        live_calls.end(live_call_id=row.pk, why="The monitor extension is not on the line.")


def _next(row: LiveCall, after: timedelta) -> None:
    LiveCall.objects.filter(pk=row.pk, ended_at=None).update(next_at=clock.now() + after)
