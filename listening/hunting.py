"""Ringing agents for a customer who waits: one phone after another, whoever has waited longest for a call first.

Who was rung and did not answer is forgotten when the call is over: nobody counts it. The row that says "about to call"
is committed before Twilio is called; what Twilio did not answer for is over when the phone rang long enough.
"""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from listening import links, live_calls, our_number
from listening.models import (
    AgentDesk,
    CallAction,
    HuntGroup,
    LiveCall,
    LiveCallState,
)
from telephony import chores, client, clock
from telephony.chores import MayCall
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.sentences import main_language

logger = logging.getLogger(__name__)

SETUP = timedelta(seconds=10)
"""Twilio may ring 5 s longer, and dialling takes its time."""
NOBODY_FREE = timedelta(seconds=3)
NOT_NOW = timedelta(milliseconds=500)


def ring_next(live_call: LiveCall, may_call: MayCall) -> None:
    """Ring the next agent for a customer who waits; a message where nobody is there, or not in time."""
    group = our_number.group_of(live_call)
    now = clock.now()
    everybody = _agents(group) if group is not None else AgentDesk.objects.none()
    late = group is None or now - live_call.started_at >= timedelta(seconds=group.patience_seconds)
    if group is None or late or not everybody.exists():
        _give_up(live_call)
        return
    free = _free(everybody)
    desk = free.exclude(person__in=live_call.hunted).first() or free.first()
    if desk is None:
        _again(live_call, NOBODY_FREE)
        return
    if not may_call():
        _again(live_call, NOT_NOW)
        return
    turn = _rings(live_call.pk, desk, group, now)
    if turn is not None:
        _place(live_call, desk, group, turn)


def _agents(group: HuntGroup) -> QuerySet[AgentDesk]:
    """Who takes this group's calls at all, whoever has waited longest first."""
    rows = AgentDesk.objects.filter(
        takes_calls=True, person__is_active=True, person__phone_verified_at__isnull=False
    ).exclude(person__phone="")
    rows = rows.filter(Q(queue="") | Q(queue=group.queue))
    rows = rows.filter(Q(language="") | Q(language__istartswith=main_language(group.language)))
    return rows.select_related("person").order_by(F("last_call_at").asc(nulls_first=True), "pk")


def _free(rows: QuerySet[AgentDesk]) -> QuerySet[AgentDesk]:
    busy = LiveCall.objects.running()
    return rows.exclude(person__in=busy.filter(agent__isnull=False).values("agent")).exclude(
        person__in=busy.filter(rung__isnull=False).values("rung")
    )


def _rings(live_call_id: int, desk: AgentDesk, group: HuntGroup, now: datetime) -> int | None:
    """The row that says "about to call"; None where it is not wanted any more, or their phone rings elsewhere."""
    with transaction.atomic():
        row = live_calls.locked(live_call_id)
        if row.state != LiveCallState.WAITING or row.agent_id is not None:
            return None
        row.turn += 1
        row.rung, row.rung_sid, row.rung_at = desk.person, "", now
        row.hunted = [*row.hunted, desk.person_id]
        row.next_action = CallAction.RUNG
        row.next_at = now + timedelta(seconds=group.ring_seconds) + SETUP
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            LiveCall.objects.filter(pk=row.pk).update(next_at=now + NOT_NOW)
            return None
        return row.turn


def _place(live_call: LiveCall, desk: AgentDesk, group: HuntGroup, turn: int) -> None:
    try:
        call = client.place_call(
            to=desk.person.phone,
            answer_url=links.webhook("agent-answer", live_call.pk, turn),
            status_callback=links.webhook("agent-status", live_call.pk, turn),
            ring_seconds=group.ring_seconds,
        )
    except OutcomeUnknown:
        logger.warning("Nobody knows yet whether an agent was rung for live call %s", live_call.pk)
    except TelephonyError as error:
        logger.warning("An agent was not rung for live call %s: %s", live_call.pk, error)
        pass_on(live_call.pk, turn=turn)
    else:
        rings = LiveCall.objects.filter(pk=live_call.pk, turn=turn, rung__isnull=False, rung_sid="")
        rings.update(rung_sid=call.sid)


def rang_long_enough(live_call: LiveCall) -> None:
    """Nothing was heard of an agent's phone: it is stopped, and the next one rings."""
    if live_call.rung_sid:
        _stop(live_call.rung_sid)
    pass_on(live_call.pk, turn=live_call.turn)


def pass_on(live_call_id: int, *, turn: int) -> None:
    """This agent does not take it. The report of an earlier turn changes nothing."""
    with transaction.atomic():
        row = live_calls.locked(live_call_id)
        if row.turn != turn or row.agent_id is not None or row.state != LiveCallState.WAITING:
            return
        row.rung, row.rung_sid = None, ""
        row.next_action, row.next_at = CallAction.HUNT, clock.now()
        row.save(update_fields=["rung", "rung_sid", "next_action", "next_at"])
        chores.wake()


def _give_up(live_call: LiveCall) -> None:
    """The customer, who waits in the conference, is asked for a message."""
    live_calls.end(live_call_id=live_call.pk, why="Nobody was free.")
    try:
        client.redirect_call(
            sid=live_call.customer_call_sid, url=links.webhook("call-voicemail", live_call.pk)
        )
    except TelephonyError as error:
        logger.info("The customer of live call %s is gone: %s", live_call.pk, error)


def _again(live_call: LiveCall, after: timedelta) -> None:
    LiveCall.objects.filter(pk=live_call.pk, ended_at=None).update(next_at=clock.now() + after)


def _stop(sid: str) -> None:
    try:
        client.hang_up(sid=sid)
    except TelephonyError as error:
        logger.info("A ringing phone could not be stopped: %s", error)
