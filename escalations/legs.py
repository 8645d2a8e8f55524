"""What officer, agent and customer hear on their way into a conference, in it while they wait, and after it."""

from datetime import timedelta

from escalations import bridging, briefs, conversation, telling
from escalations.delivery import address
from escalations.models import IN_HAND, Bridge, Connect, Leg, LegRole, LegStatus
from escalations.prompts import prompt, speaking
from telephony import clock
from telephony.twiml import Script

KEY_SECONDS = 6
# How often a waiting officer is told how the ringing goes.
TURN_SECONDS = 5


def answer(leg: Leg) -> Script:
    """Somebody picked up. The officer is asked for a key first: a voicemail must not meet the customer."""
    if leg.bridge.ended_at is not None:
        return _too_late(leg)
    if leg.role == LegRole.OFFICER:
        return _ask_officer(leg)
    bridging.joined(leg_id=leg.pk)
    return _enter(leg)


def key(leg: Leg, digits: str) -> Script:
    """The officer, rung to be connected, pressed a key."""
    if leg.bridge.ended_at is not None:
        return _too_late(leg)
    if digits != "1":
        return _ask_officer(leg, prompt("page.wrong_key", leg.bridge.officer.language, key=digits))
    bridging.joined(leg_id=leg.pk)
    return conversation.enter(speaking(leg.bridge.officer.language), leg.bridge)


def voicemail(leg: Leg) -> Script | None:
    """A machine answered for the customer: it keeps the promise. None where there is nothing to leave."""
    ended = bridging.leg_ended(leg_id=leg.pk, status=LegStatus.VOICEMAIL)
    if ended.status != LegStatus.VOICEMAIL or leg.role != LegRole.CUSTOMER:
        return Script().hang_up() if leg.role == LegRole.OFFICER else None
    return _promise(leg.bridge)


def _promise(bridge: Bridge) -> Script:
    case = bridge.escalation
    language = case.account.language
    return (
        speaking(language)
        .say(
            prompt(
                "bridge.customer_voicemail",
                language,
                programme=case.programme.name,
                account=case.account.name,
                officer=bridge.officer.name,
                when=_when(bridge, case.account.time_zone, language),
            )
        )
        .hang_up()
    )


def _when(bridge: Bridge, zone: str, language: str) -> str:
    case = bridge.escalation
    until = case.promised_until or clock.now() + timedelta(minutes=case.programme.promise_minutes)
    return telling.local_time(until, zone, language)


def _too_late(leg: Leg) -> Script:
    if leg.role == LegRole.CUSTOMER:
        return _promise(leg.bridge)
    language = leg.bridge.officer.language
    return speaking(language).say(prompt("bridge.over", language)).hang_up()


def _ask_officer(leg: Leg, *first_words: str) -> Script:
    officer = leg.bridge.officer
    words = prompt(
        "bridge.officer_call",
        officer.language,
        name=officer.name,
        number=briefs.spoken_number(leg.bridge.escalation),
    )
    script = speaking(officer.language)
    for prompts in ([*first_words, words], [words]):
        # Inside the question: a key that is pressed while anything else is said would be lost.
        script.gather(prompts=prompts, action=address("leg-keys", leg.pk), timeout=KEY_SECONDS, digits=1)
    return script.hang_up()


def _enter(leg: Leg) -> Script:
    bridge, case = leg.bridge, leg.bridge.escalation
    is_customer = leg.role == LegRole.CUSTOMER
    language = case.account.language if is_customer else bridge.officer.language
    greeting = "bridge.customer_greeting" if is_customer else "bridge.agent_greeting"
    words = prompt(greeting, language, programme=case.programme.name, officer=bridge.officer.name)
    return (
        speaking(language)
        .say(words)
        .conference(
            name=bridge.name,
            status_callback=address("bridge-events", bridge.pk),
            end_on_exit=is_customer,
            label=str(leg.role),
        )
        .hang_up()
    )


def while_waiting(bridge: Bridge, turn: int) -> Script:
    """In the officer's ear until somebody joins: first the brief, then how the ringing goes, every few seconds."""
    language = bridge.officer.language
    script = speaking(language)
    if turn == 0:
        for sentence in briefs.spoken(bridge.escalation, language):
            script.say(sentence)
    if _missed(bridge):
        script.say(f"{_no_answer(bridge)} {prompt('bridge.star', language)}")
        return script.pause(10).redirect(address("bridge-wait", bridge.pk, turn + 1))
    if turn % 4 == 0:
        agent_rings = bridge.legs.filter(role=LegRole.AGENT, ended_at__isnull=True).exists()
        script.say(prompt("bridge.ringing_agent" if agent_rings else "bridge.ringing_customer", language))
    return script.pause(TURN_SECONDS).redirect(address("bridge-wait", bridge.pk, turn + 1))


def _missed(bridge: Bridge) -> bool:
    """The customer was rung and did not come."""
    customer = bridge.legs.filter(role=LegRole.CUSTOMER).last()
    return customer is not None and customer.ended_at is not None and customer.status != LegStatus.LEFT


def _no_answer(bridge: Bridge) -> str:
    officer = bridge.officer
    when = _when(bridge, officer.time_zone, officer.language)
    return prompt("bridge.no_answer", officer.language, when=when)


def after(bridge: Bridge) -> Script:
    """The officer is out of the conference: the outcome is asked for, or another try offered."""
    language = bridge.officer.language
    script = speaking(language)
    if _missed(bridge) and bridge.escalation.status in IN_HAND:
        # A voicemail's end takes the officer out of the conference before it could be told there.
        unheard = bridge.legs.filter(role=LegRole.CUSTOMER, status=LegStatus.VOICEMAIL).exists()
        script.gather(
            prompts=[*([_no_answer(bridge)] if unheard else []), prompt("bridge.again", language)],
            action=address("bridge-again", bridge.pk),
            timeout=KEY_SECONDS,
            digits=1,
        )
    else:
        script.say(prompt("bridge.over", language))
    return script.say(prompt("page.record_outcome", language)).hang_up()


def once_more(bridge: Bridge, digits: str, *, call_sid: str) -> Script:
    """Ring the customer again, in a new conference, while the officer stays on the line."""
    case, officer = bridge.escalation, bridge.officer
    script = speaking(officer.language)
    if (
        digits == "1"
        and case.status in IN_HAND
        and case.owner_id == officer.pk
        and case.connect != Connect.NONE
    ):
        fresh = bridging.start_on_call(
            escalation=case, officer=officer, call_sid=call_sid, number=officer.phone
        )
        if fresh is not None:
            return conversation.enter(script, fresh)
    return script.say(prompt("page.record_outcome", officer.language)).hang_up()
