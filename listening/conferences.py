"""What Twilio tells of conferences: kept as evidence, once and in one transaction with what follows from it.

The address is ours for the calls to our number, and every centre on the same account may name it as the
`statusCallback` of its own conferences (with all events but speaker): then the minutes of its
registered calls come from Twilio's events as well.
"""

import logging
from datetime import datetime

from django.db import transaction

from listening import evidence, live_calls, visits
from listening.models import (
    CallSource,
    EvidenceKind,
    EvidenceStrength,
    LiveCall,
    Visit,
)
from telephony import clock
from telephony.events import ConferenceEvent

logger = logging.getLogger(__name__)

KINDS = {
    "conference-start": EvidenceKind.START,
    "conference-end": EvidenceKind.END,
    "participant-join": EvidenceKind.JOIN,
    "participant-leave": EvidenceKind.LEAVE,
    "participant-hold": EvidenceKind.HOLD,
    "participant-unhold": EvidenceKind.UNHOLD,
    "participant-mute": EvidenceKind.MUTE,
    "participant-unmute": EvidenceKind.UNMUTE,
}
AGENT, CUSTOMER, EXTENSION = "agent", "customer", "extension"
"""The labels of those who are no listeners, in our own conferences."""


def heed(event: ConferenceEvent) -> bool:
    """Keep one event and do what follows from it. False for a conference that is none of ours.

    Kinds that mean nothing to us are kept as well: Twilio numbers all of them, and a number that is missing is an
    event that was lost.
    """
    kind = KINDS.get(event.kind, EvidenceKind.OTHER)
    with transaction.atomic():
        call = _call_of(event)
        if call is None:
            logger.info("An event of a conference that nobody registered: %s", event.conference_sid)
            return False
        if call.conference_sid != event.conference_sid:
            _stray(call, event)
            return True
        visit = _visit_of(call, event)
        kept = evidence.record(
            kind=kind,
            at=event.at,
            live_call=call,
            session=visit.session if visit is not None else None,
            strength=_strength(call),
            source_sid=event.conference_sid,
            sequence=event.sequence,
            call_sid=event.call_sid,
            participant=event.label,
            detail=event.reason,
        )
        if kept is not None:
            _act(call, kind, event, visit)
        return True


def _call_of(event: ConferenceEvent) -> LiveCall | None:
    """The call, locked: by the conference's SID, or by its name where the SID is news."""
    rows = LiveCall.objects.select_for_update(of=("self",), no_key=True).order_by("-pk")
    call = rows.filter(conference_sid=event.conference_sid).first()
    if call is None and event.name:
        call = rows.filter(conference_name=event.name).exclude(source=CallSource.REGISTERED).first()
        if call is not None and not call.conference_sid:
            call.conference_sid = event.conference_sid
            call.save(update_fields=["conference_sid"])
    return call


def _visit_of(call: LiveCall, event: ConferenceEvent) -> Visit | None:
    if not event.label.startswith(visits.LABEL):
        return None
    found = Visit.objects.filter(live_call=call, participant=event.label)
    return found.select_related("session", "live_call").first()


def _strength(call: LiveCall) -> EvidenceStrength:
    return EvidenceStrength.WEAK if call.source == CallSource.EXTENSION else EvidenceStrength.CALLBACK


def _act(call: LiveCall, kind: EvidenceKind, event: ConferenceEvent, visit: Visit | None) -> None:
    if not call.callbacks_ours:
        call.callbacks_ours = True
        call.save(update_fields=["callbacks_ours"])
    match kind:
        case EvidenceKind.JOIN if visit is not None:
            visits.came_in(visit, event.at or clock.now())
        case EvidenceKind.JOIN:
            _joined(call, event)
        case EvidenceKind.LEAVE if visit is None:
            _left(call, event)
        case EvidenceKind.END:
            live_calls.end(live_call_id=call.pk, why="The call was over.")


def _joined(call: LiveCall, event: ConferenceEvent) -> None:
    """In our own conferences the labels say who it is."""
    if call.source == CallSource.REGISTERED:
        return
    now: datetime = event.at or clock.now()
    if event.label == CUSTOMER and not call.customer_call_sid:
        LiveCall.objects.filter(pk=call.pk).update(customer_call_sid=event.call_sid)
    elif event.label == AGENT:
        call.agent_call_sid = event.call_sid
        call.save(update_fields=["agent_call_sid"])
        live_calls.went_live(call)
    elif event.label == EXTENSION:
        leg = EvidenceKind.LEG_UP
        evidence.record(
            kind=leg, at=now, live_call=call, strength=EvidenceStrength.WEAK, call_sid=event.call_sid
        )
        live_calls.went_live(call)


def _left(call: LiveCall, event: ConferenceEvent) -> None:
    """With its customer a call is over, whoever is told of the end later. Our own labels say who it is."""
    if call.source == CallSource.REGISTERED:
        return
    if event.label == EXTENSION:
        evidence.record(
            kind=EvidenceKind.LEG_DOWN,
            at=event.at,
            live_call=call,
            strength=EvidenceStrength.WEAK,
            call_sid=event.call_sid,
        )
    if event.label in (CUSTOMER, EXTENSION):
        live_calls.end(live_call_id=call.pk, why="The call was over.")


def _stray(call: LiveCall, event: ConferenceEvent) -> None:
    """A second conference of the same name: a listener came after the end, and waits alone."""
    if event.label.startswith(visits.LABEL):
        live_calls.end(live_call_id=call.pk, why="The call was over.")
