"""Customers' calls that may be listened to, while they run: the only writer of their state.

WAITING → LIVE ⇄ PAYMENT → ENDED. Whoever changes a call locks it first; its listeners' sessions come after it.
"""

import logging
import re
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, transaction

from listening import evidence, moving, visits
from listening.errors import BadInput, NotAllowed, NotNow
from listening.models import (
    LIVE_VISIT,
    OPEN_STATES,
    CallAction,
    CallSource,
    EvidenceKind,
    EvidenceStrength,
    LiveCall,
    LiveCallState,
    Session,
    SessionStatus,
    Visit,
)
from people.models import Person
from people.regional import read_country
from rota.models import Programme
from telephony import chores, client, clock
from telephony.errors import TelephonyError

logger = logging.getLogger(__name__)

BY_ITSELF = timedelta(seconds=2)
"""So soon Twilio asks what comes next, after a conference ended."""

_CONFERENCE = re.compile(r"CF[0-9a-f]{32}")
_CALL = re.compile(r"CA[0-9a-f]{32}")


def register(
    *,
    conference_sid: str,
    agent: Person,
    agent_call_sid: str,
    customer_country: str,
    announced: bool,
    opted_in: bool = False,
    customer_call_sid: str = "",
    programme: Programme | None = None,
    queue: str = "",
    language: str = "",
    by: Person,
) -> LiveCall:
    """A contact centre's call that runs on the same Twilio account. Registered again it is the same call.

    `conference_sid` is looked up at Twilio at once, but not here: until it is found nobody is brought in, and one that
    is not there ends. Of a call that was announced and, registered again, was not, the stricter word counts: it ends
    for listeners, who leave at once. Raises BadInput (the field), NotNow (it runs already, with another agent).
    """
    _check_sid("conference_sid", conference_sid, _CONFERENCE, "CF")
    _check_sid("agent_call_sid", agent_call_sid, _CALL, "CA")
    if customer_call_sid:
        _check_sid("customer_call_sid", customer_call_sid, _CALL, "CA")
    if not agent.is_active:
        raise BadInput("This agent is not active.", field="agent", code="inactive")
    now = clock.now()
    row = LiveCall(
        source=CallSource.REGISTERED,
        conference_sid=conference_sid,
        conference_name="",
        agent=agent,
        agent_call_sid=agent_call_sid,
        customer_call_sid=customer_call_sid,
        customer_country=read_country(customer_country),
        programme=programme,
        queue=queue.strip()[:60],
        language=language.strip()[:12],
        announced=announced,
        opted_in=opted_in,
        state=LiveCallState.LIVE,
        created_by=by,
        started_at=now,
        state_at=now,
        next_action=CallAction.LOOK,
        next_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            chores.wake()
    except IntegrityError:
        known = LiveCall.objects.running().filter(conference_sid=conference_sid).first()
        if known is None or known.agent_id != agent.pk:
            raise NotNow("This conference is registered already, with another agent.", code="known") from None
        return known if announced or not known.announced else _unannounced(known)
    return row


def _unannounced(live_call: LiveCall) -> LiveCall:
    with transaction.atomic():
        row = locked(live_call.pk)
        row.announced = False
        return _end(row, "Registered again: nothing was announced to the customer.", at_once=True)


def set_state(*, live_call: LiveCall, state: str, by: Person | None = None) -> LiveCall:
    """`payment`: every listener leaves at once; `live`: they come back, muted; `ended`: it is over.

    The same state again changes nothing. Listeners are sent out after the commit, in this very request, and by the
    loop where that fails. Raises BadInput, NotNow (it has ended).
    """
    if state not in (LiveCallState.LIVE, LiveCallState.PAYMENT, LiveCallState.ENDED):
        raise BadInput("Say live, payment or ended.", field="state", code="invalid")
    with transaction.atomic():
        row = locked(live_call.pk)
        if row.state == state:
            return row
        if row.state == LiveCallState.ENDED:
            raise NotNow("This call has ended.", code="ended")
        if state == LiveCallState.ENDED:
            return _end(row, "Ended by the centre.", at_once=True)
        return _change(row, LiveCallState(state))


def may_change(live_call: LiveCall, person: Person) -> bool:
    """Whether this person may say how the call goes: its agent, whoever registered it, an administrator."""
    return person.is_admin or person.pk in (live_call.agent_id, live_call.created_by_id)


def check_may_change(live_call: LiveCall, person: Person) -> None:
    """Raises NotAllowed."""
    if not may_change(live_call, person):
        raise NotAllowed("Only the call's agent and whoever registered it change its state.")


def went_live(row: LiveCall) -> None:
    """Customer and agent have met. The caller holds the lock."""
    if row.state == LiveCallState.WAITING:
        row.state, row.state_at = LiveCallState.LIVE, clock.now()
        row.next_action, row.next_at = CallAction.LOOK, row.state_at
        row.save(update_fields=["state", "state_at", "next_action", "next_at"])
        stir_waiting()


def end(*, live_call_id: int, why: str) -> LiveCall:
    """It is over, as Twilio says. Doubled calls change nothing."""
    with transaction.atomic():
        return _end(locked(live_call_id), why)


def locked(live_call_id: int) -> LiveCall:
    """The call, locked."""
    return LiveCall.objects.select_for_update(of=("self",), no_key=True).get(pk=live_call_id)


def stir_waiting() -> None:
    """A call may be listened to now: executives who wait are looked at again."""
    waiting = Session.objects.filter(status=SessionStatus.RUNNING, place="waiting").exclude(
        visits__status__in=LIVE_VISIT
    )
    moving.stir(list(waiting.values_list("pk", flat=True)))
    chores.wake()


def of_agent(agent: Person) -> LiveCall | None:
    """The call that an agent is in now."""
    return LiveCall.objects.running().filter(agent=agent).exclude(state=LiveCallState.WAITING).first()


# --- Below ----------------------------------------------------------------------------------------------------


def _change(row: LiveCall, state: LiveCallState) -> LiveCall:
    now = clock.now()
    paying = state == LiveCallState.PAYMENT
    row.state, row.state_at = state, now
    row.save(update_fields=["state", "state_at"])
    evidence.record(
        kind=EvidenceKind.PAYMENT if paying else EvidenceKind.LIVE,
        at=now,
        live_call=row,
        strength=EvidenceStrength.PERSON,
    )
    visits.take_out(row) if paying else visits.bring_back(row)
    _stir(row, at_once=True)
    if not paying:
        stir_waiting()
    return row


def _end(row: LiveCall, why: str, *, at_once: bool = False) -> LiveCall:
    """Where the conference itself ended, Twilio asks us by itself what its listeners do next."""
    if row.state not in OPEN_STATES:
        return row
    now = clock.now()
    row.state, row.state_at, row.ended_at, row.ended_why = LiveCallState.ENDED, now, now, why[:120]
    row.next_action, row.next_at = "", None
    if row.rung_sid:
        transaction.on_commit(partial(_stop_ringing, row.rung_sid), robust=True)
    row.rung, row.rung_sid, row.hunted = None, "", []
    row.save()
    _stir(row, at_once=at_once)
    inside = Visit.objects.filter(live_call=row, status__in=LIVE_VISIT).select_related("live_call")
    visits.leave_all(inside, why="The call was over.")
    return row


def _stir(row: LiveCall, *, at_once: bool) -> None:
    """Its listeners are sent where they belong: after the commit here, and by the loop in any case."""
    listeners = list(
        Visit.objects.filter(live_call=row, status__in=LIVE_VISIT).values_list("session_id", flat=True)
    )
    moving.stir(listeners, after=timedelta(0) if at_once else BY_ITSELF)
    if at_once:
        transaction.on_commit(partial(moving.send_all, listeners), robust=True)
        chores.wake()


def _stop_ringing(sid: str) -> None:
    """An agent's phone need not ring any more. One that is answered all the same hears that nobody waits."""
    try:
        client.hang_up(sid=sid)
    except TelephonyError as error:
        logger.info("A ringing phone could not be stopped: %s", error)


def _check_sid(field: str, value: str, shape: re.Pattern[str], begins: str) -> None:
    if not shape.fullmatch(value):
        raise BadInput(
            f"A SID is {begins} and 32 characters of 0 to 9 and a to f.", field=field, code="invalid"
        )
