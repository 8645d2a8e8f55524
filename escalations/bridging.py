"""Officer, agent and customer in one conference. The only writer of the status of legs.

A bridge begins on the officer's own call (a key was pressed) or by ringing the officer first (from the page, by
text). Then the customer is rung from the company's number, or first the agent, who introduces them. Nobody sees
another's private number, and the conference's name says nothing.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction

from escalations import holding, paging, telling, wakeup
from escalations.access import may_act_as_officer
from escalations.errors import NotAllowed, NotNow
from escalations.models import (
    IN_HAND,
    LIVE_LEG,
    Bridge,
    Channel,
    Connect,
    Escalation,
    Leg,
    LegRole,
    LegStatus,
)
from escalations.prompts import prompt
from escalations.timeline import RINGING_CUSTOMER, TWILIO, note
from people.models import Person
from telephony import clock

_ROLE_NAMES = {LegRole.OFFICER: "The officer", LegRole.AGENT: "The agent", LegRole.CUSTOMER: "The customer"}


def start_on_call(*, escalation: Escalation, officer: Person, call_sid: str, number: str) -> Bridge | None:
    """Begin a bridge on a call that the officer is on. None where nobody is to be connected.

    A repeated webhook of the same call finds its own bridge again.
    """
    if escalation.connect == Connect.NONE or not _first_to_ring(escalation):
        return None
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        running = case.bridges.filter(ended_at__isnull=True).first()
        if running is not None:
            if running.legs.filter(role=LegRole.OFFICER, sid=call_sid).exists():
                return running
            _end(running, "A new connection begins.", actor=officer)
        bridge = _open(case, officer)
        now = clock.now()
        Leg.objects.create(
            bridge=bridge,
            role=LegRole.OFFICER,
            channel=Channel.CALL,
            address=number,
            status=LegStatus.JOINED,
            sid=call_sid,
            created_at=now,
            due_at=now,
            sent_at=now,
            joined_at=now,
        )
        _ring_next(bridge)
        holding.touch(case)
        return bridge


def start(*, escalation: Escalation, by: Person) -> Bridge:
    """Ring the officer, then connect: from the case page, or by text. Raises `NotAllowed`, `NotNow`."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.status not in IN_HAND:
            raise NotNow("Take the case first: then you can be connected.")
        if case.owner_id != by.pk:
            raise NotAllowed(f"{case.owner.name} has the case: only its owner is connected.")
        if not by.can_be_rung:
            raise NotNow("Your phone number is not verified yet: verify it on your profile.")
        if case.connect == Connect.NONE or not _first_to_ring(case):
            raise NotNow("There is no number to connect to: nobody was named when the case was raised.")
        if case.bridges.filter(ended_at__isnull=True).exists():
            raise NotNow("A connection is under way already: end it first.")
        bridge = _open(case, by)
        _queue(bridge, LegRole.OFFICER, by.phone)
        note(case, "bridge_started", f"Ringing {by.name} to connect.", actor=by)
        holding.touch(case)
        return bridge


def drop(*, escalation: Escalation, by: Person) -> None:
    """End the running bridge; the case stays with its owner. Raises `NotAllowed`, `NotNow`."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.owner_id != by.pk and not by.is_admin:
            raise NotAllowed(f"{case.owner.name} has the case: only its owner ends the connection.")
        bridge = case.bridges.filter(ended_at__isnull=True).first()
        if bridge is None:
            raise NotNow("No connection is under way.")
        _end(bridge, f"{by.name} ended the connection.", actor=by)


def _open(escalation: Escalation, officer: Person) -> Bridge:
    return Bridge.objects.create(escalation=escalation, officer=officer, started_at=clock.now())


def _first_to_ring(escalation: Escalation) -> str:
    if escalation.connect == Connect.AGENT and escalation.agent_phone:
        return escalation.agent_phone
    return escalation.contact_phone


def _ring_next(bridge: Bridge) -> None:
    """The officer is there: ring the agent where one introduces, else the customer."""
    case = bridge.escalation
    tried = set(bridge.legs.values_list("role", flat=True))
    agent_first = case.connect == Connect.AGENT and case.agent_phone
    if agent_first and LegRole.AGENT not in tried:
        _queue(bridge, LegRole.AGENT, case.agent_phone)
        note(case, "bridge_ringing", "Ringing the agent, who introduces the customer.")
    elif LegRole.CUSTOMER not in tried and case.contact_phone:
        _queue(bridge, LegRole.CUSTOMER, case.contact_phone)
        note(case, "bridge_ringing", f"{RINGING_CUSTOMER}{_named(case)}.")


def _named(escalation: Escalation) -> str:
    return f", {escalation.contact_name}" if escalation.contact_name else ""


def _queue(bridge: Bridge, role: LegRole, number: str) -> Leg | None:
    now = clock.now()
    try:
        with transaction.atomic():
            leg = Leg.objects.create(
                bridge=bridge,
                role=role,
                channel=Channel.CALL,
                address=number,
                created_at=now,
                due_at=now,
            )
    except IntegrityError:
        return None  # this role has a live leg already: a doubled webhook
    wakeup.wake()
    return leg


# --- What Twilio says of a leg --------------------------------------------------------------------------


def placed(*, leg_id: int, sid: str) -> bool:
    """Twilio has taken the call; whoever learns the SID first records it."""
    with transaction.atomic():
        # The lock keeps an end in the same instant from closing this leg without knowing that it rings.
        paging.lock(bridges__legs=leg_id)
        if not Leg.objects.filter(pk=leg_id, sid="").update(sid=sid, sent_at=clock.now()):
            return False
        Leg.objects.filter(pk=leg_id, status=LegStatus.SENDING).update(status=LegStatus.RINGING)
        over = Leg.objects.filter(pk=leg_id).exclude(status__in=LIVE_LEG)
        if over.update(hang_up_wanted=True):
            wakeup.wake()
        return True


def refused(*, leg_id: int, code: int | None, why: str) -> None:
    """Twilio has surely not taken the call and never will."""
    Leg.objects.filter(pk=leg_id).update(error_code=code, error_detail=why[:400])
    leg_ended(leg_id=leg_id, status=LegStatus.FAILED)


def joined(*, leg_id: int) -> Leg:
    """A human is on the line and enters the conference. Doubled calls of it do no harm."""
    with transaction.atomic():
        leg = _locked_leg(leg_id)
        bridge = leg.bridge
        if leg.status not in (LegStatus.QUEUED, LegStatus.SENDING, LegStatus.RINGING):
            return leg
        leg.status = LegStatus.JOINED
        leg.joined_at = clock.now()
        leg.save(update_fields=["status", "joined_at"])
        name = bridge.officer.name if leg.role == LegRole.OFFICER else _ROLE_NAMES[LegRole(leg.role)]
        note(bridge.escalation, "leg_joined", f"{name} is on the line.", actor_name=TWILIO)
        if leg.role != LegRole.CUSTOMER:
            _ring_next(bridge)
        return leg


def customer_is_there(*, leg_id: int) -> None:
    """A human customer is in the conference with the officer: they talk."""
    with transaction.atomic():
        leg = _locked_leg(leg_id)
        officers = leg.bridge.legs.filter(role=LegRole.OFFICER, status=LegStatus.JOINED)
        if leg.role == LegRole.CUSTOMER and leg.status == LegStatus.JOINED and officers.exists():
            holding.connected(escalation=leg.bridge.escalation)


def call_over(*, call_sid: str) -> None:
    """An officer's own call, on which a bridge may have begun, is over: so is the bridge."""
    for leg in Leg.objects.with_sid(call_sid).live().filter(role=LegRole.OFFICER):
        leg_ended(leg_id=leg.pk, status=LegStatus.LEFT)


def officer_left(*, bridge_id: int) -> Bridge:
    """The officer's part in the conference is over, though the call may go on."""
    leg = Leg.objects.filter(bridge=bridge_id, role=LegRole.OFFICER, status__in=LIVE_LEG).first()
    if leg is not None:
        leg_ended(leg_id=leg.pk, status=LegStatus.LEFT)
    return Bridge.objects.select_related("escalation__account", "escalation__programme", "officer").get(
        pk=bridge_id
    )


def leg_ended(*, leg_id: int, status: LegStatus) -> Leg:
    """The call of a leg is over, or never came about. The bridge ends with its officer or its customer."""
    with transaction.atomic():
        leg = _locked_leg(leg_id)
        Leg.objects.filter(pk=leg_id).update(hang_up_wanted=False)
        leg.hang_up_wanted = False
        if leg.status not in LIVE_LEG:
            return leg
        was_there = leg.status == LegStatus.JOINED
        leg.status = LegStatus.LEFT if was_there and status != LegStatus.VOICEMAIL else status
        leg.ended_at = clock.now()
        leg.save(update_fields=["status", "ended_at"])
        bridge = leg.bridge
        case = bridge.escalation
        role = _ROLE_NAMES[LegRole(leg.role)]
        words = {
            LegStatus.LEFT: f"{role} hung up.",
            LegStatus.BUSY: f"{role}'s phone is busy.",
            LegStatus.VOICEMAIL: f"{role}'s voicemail answered: word was left with the promise.",
            LegStatus.FAILED: f"{role}'s phone could not be reached. {leg.error_detail}".strip(),
        }.get(LegStatus(leg.status), f"{role} did not answer.")
        note(case, f"leg_{leg.status}", words, actor_name=TWILIO)
        if leg.role == LegRole.AGENT:
            _ring_next(bridge)
        elif leg.role == LegRole.OFFICER or leg.status == LegStatus.LEFT:
            _end(bridge, "The connection is over.")
        elif bridge.ended_at is None:
            holding.not_connected(case)
            _customer_missed(bridge, leg)
        return leg


def _customer_missed(bridge: Bridge, leg: Leg) -> None:
    """The officer waits in the conference, and is told; the customer gets the promise in writing too."""
    case = bridge.escalation
    until = clock.now() + timedelta(minutes=case.programme.promise_minutes)
    case.promised_until = until
    case.save(update_fields=["promised_until"])
    language = case.account.language
    body = prompt(
        "bridge.customer_missed_text",
        language,
        officer=bridge.officer.name,
        programme=case.programme.name,
        when=telling.local_time(until, case.account.time_zone, language),
    )
    subject = prompt("customer.promise_subject", language)
    telling.to_customer(escalation=case, key=f"missed:{leg.pk}", subject=subject, body=body)


def end_of(*, bridge_id: int) -> None:
    """The conference is over. A repeated event finds it ended."""
    with transaction.atomic():
        bridge = Bridge.objects.select_related("escalation", "officer").get(pk=bridge_id)
        paging.locked(bridge.escalation_id)
        bridge.refresh_from_db(fields=["ended_at"])
        if bridge.ended_at is None:
            _end(bridge, "The connection is over.")


def end_all(escalation: Escalation, *, why: str) -> None:
    """End the running bridge of a case whose officer is gone. The caller holds the lock."""
    for bridge in escalation.bridges.filter(ended_at__isnull=True):
        _end(bridge, why, actor=bridge.officer)


def _end(bridge: Bridge, why: str, *, actor: Person | None = None) -> None:
    """Close the bridge and hang up its calls; an officer left alone hears the end and hangs up in peace."""
    if bridge.ended_at is not None:
        return
    now = clock.now()
    bridge.ended_at = now
    bridge.save(update_fields=["ended_at"])
    for leg in bridge.legs.filter(status__in=LIVE_LEG):
        alone = leg.role == LegRole.OFFICER and leg.status == LegStatus.JOINED and actor is None
        leg.hang_up_wanted = not alone and (bool(leg.sid) or leg.status == LegStatus.SENDING)
        leg.status = LegStatus.LEFT if leg.status == LegStatus.JOINED else LegStatus.CANCELLED
        leg.ended_at = now
        leg.due_at = now
        leg.save(update_fields=["status", "ended_at", "hang_up_wanted", "due_at"])
    note(bridge.escalation, "bridge_ended", why, actor=actor)
    case = paging.locked(bridge.escalation_id)
    if case.status in IN_HAND:
        holding.touch(case)
        body = prompt("text.outcome", bridge.officer.language, number=case.number)
        telling.tell_person(
            escalation=case,
            person=bridge.officer,
            key=f"outcome:{bridge.pk}",
            subject=body,
            body=body,
        )
    wakeup.wake()


def _locked_leg(leg_id: int) -> Leg:
    """The leg with its case locked, so that events of one bridge come one after another."""
    escalation_id = Leg.objects.values_list("bridge__escalation_id", flat=True).get(pk=leg_id)
    case = paging.locked(escalation_id)
    leg = Leg.objects.select_related("bridge", "bridge__officer").get(pk=leg_id)
    leg.bridge.escalation = case
    return leg


def may_connect(escalation: Escalation, person: Person) -> bool:
    """Whether the page offers this person to be connected now."""
    return (
        escalation.status in IN_HAND
        and escalation.owner_id == person.pk
        and may_act_as_officer(person, escalation)
        and escalation.connect != Connect.NONE
        and bool(_first_to_ring(escalation))
        and not escalation.bridges.filter(ended_at__isnull=True).exists()
    )
