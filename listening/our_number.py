"""Our own number as a small centre's line: announcement, the customer's yes where it is wanted, an agent or a message.

The customer waits in a conference of ours while agents' phones are rung, one after another, whoever has waited
longest for a call first; an agent presses 1, so that no voicemail takes a customer. Who was rung and did not answer
is forgotten when the call is over: nobody counts it. The conference ends with either of the two.
"""

import logging
import secrets
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customers.models import Account
from listening import conferences, drawing, evidence, joining, links, live_calls, sessions, visits
from listening.agents import has_signed
from listening.country_rules import rule_for
from listening.models import (
    LIVE_VISIT,
    AgentDesk,
    CallAction,
    CallSource,
    EvidenceKind,
    HuntGroup,
    ListeningMode,
    LiveCall,
    LiveCallState,
    Place,
    Session,
    SessionStatus,
    Voicemail,
)
from listening.prompts import prompt, speaking
from people import letters
from people.models import Person
from telephony import chores, client
from telephony.chores import MayCall
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.events import CallEvent, InboundCall, RecordingDone
from telephony.numbers import region_of
from telephony.sentences import main_language
from telephony.twiml import Pause, Script

logger = logging.getLogger(__name__)

KEY_SECONDS = 6
MESSAGE_SECONDS = 120
WAIT_SECONDS = 10
SETUP = timedelta(seconds=10)
"""Twilio may ring 5 s longer, and dialling takes its time."""
NOBODY_FREE = timedelta(seconds=3)
NOT_NOW = timedelta(milliseconds=500)
FIRST_LOOK = timedelta(seconds=60)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# --- The customer ---------------------------------------------------------------------------------------------


def greet(call: InboundCall) -> Script | None:
    """The first words to a customer; None where no hunt group is on. Asked again it is the same call."""
    group = group_for(_country(call.from_))
    if group is None:
        return None
    row = _open(call, group)
    language = group.language
    script = speaking(language).say(prompt("customer.hello", language, group=group.name))
    mode = rule_for(row.customer_country).mode
    if not is_open(group, timezone.now()) or mode == ListeningMode.OFF:
        return script.redirect(links.webhook("call-queue", row.pk))
    if mode == ListeningMode.OPT_IN:
        script.gather(
            prompts=[prompt("customer.opt_in", language)],
            action=links.webhook("call-opt-in", row.pk),
            timeout=KEY_SECONDS,
            digits=1,
        )
        return script.redirect(links.webhook("call-announced", row.pk))
    # That Twilio asks for what follows proves that the words before it were said.
    return script.say(prompt("customer.announcement", language)).redirect(
        links.webhook("call-announced", row.pk)
    )


def _country(number: str) -> str:
    return (region_of(number) or "") if number else ""


def group_for(country: str) -> HuntGroup | None:
    """The hunt group that takes calls from a country: its own programme's, else the first that is on. One query."""
    groups = list(HuntGroup.objects.filter(is_on=True).select_related("programme").order_by("pk"))
    theirs = [group for group in groups if country and country in group.programme.countries]
    return next(iter([*theirs, *groups]), None)


def is_open(group: HuntGroup, now: datetime) -> bool:
    """Whether the group's hours run, on the programme's wall clock."""
    wall = now.astimezone(group.programme.zone)
    return WEEKDAYS[wall.weekday()] in group.days and group.opens <= wall.time() < group.closes


def _open(call: InboundCall, group: HuntGroup) -> LiveCall:
    with transaction.atomic():
        known = LiveCall.objects.filter(customer_call_sid=call.call_sid).first()
        if known is not None:
            return known
        now = timezone.now()
        account = Account.objects.filter(contacts__phone=call.from_).first() if call.from_ else None
        return LiveCall.objects.create(
            source=CallSource.OWN,
            customer_call_sid=call.call_sid,
            customer_phone=call.from_,
            customer_country=_country(call.from_),
            account=account,
            programme=group.programme,
            queue=group.queue,
            language=group.language,
            state=LiveCallState.WAITING,
            started_at=now,
            state_at=now,
            next_action=CallAction.LOOK,
            next_at=now + FIRST_LOOK,
        )


def announced(live_call: LiveCall, *, digits: str = "") -> Script:
    """The announcement was heard, and perhaps a key was pressed: 1 agrees."""
    with transaction.atomic():
        row = live_calls.locked(live_call.pk)
        agrees = digits == "1"
        if not row.announced:
            evidence.record(kind=EvidenceKind.ANNOUNCED, live_call=row, call_sid=row.customer_call_sid)
        if agrees and not row.opted_in:
            evidence.record(kind=EvidenceKind.OPTED_IN, live_call=row, call_sid=row.customer_call_sid)
        row.announced, row.opted_in = True, row.opted_in or agrees
        row.save(update_fields=["announced", "opted_in"])
    script = speaking(row.language)
    if digits:
        script.say(prompt("customer.thanks", row.language))
    return _into_the_queue(script, row)


def queue(live_call: LiveCall) -> Script:
    """Without an announcement: nobody listens to this call."""
    return _into_the_queue(speaking(live_call.language), live_call)


def _into_the_queue(script: Script, row: LiveCall) -> Script:
    group = _group_of(row)
    if group is None or not is_open(group, timezone.now()):
        live_calls.end(live_call_id=row.pk, why="Outside of the hours.")
        return _message(script, row, "customer.closed")
    waits = LiveCall.objects.filter(pk=row.pk, state=LiveCallState.WAITING, turn=0)
    if waits.update(next_action=CallAction.HUNT, next_at=timezone.now()):
        chores.wake()
    return script.conference(
        name=row.conference_name,
        status_callback=links.webhook("conferences"),
        wait_url=links.webhook("call-wait", row.pk, 0),
        end_on_exit=True,
        label=conferences.CUSTOMER,
        action=links.webhook("call-over", row.pk),
    )


def wait(live_call: LiveCall, turn: int) -> Script:
    """What a customer hears until an agent takes the call."""
    language = live_call.language
    words = prompt("customer.wait" if turn == 0 else "customer.wait_more", language)
    script = speaking(language).say(words).pause(WAIT_SECONDS)
    return script.redirect(links.webhook("call-wait", live_call.pk, turn + 1))


def over(live_call: LiveCall) -> Script:
    """The customer's part in the conference is over, though the customer is still on the line."""
    live_calls.end(live_call_id=live_call.pk, why="The call was over.")
    return speaking(live_call.language).say(prompt("customer.over", live_call.language)).hang_up()


def leave_message(live_call: LiveCall) -> Script:
    """Nobody was free: a message after the tone."""
    return _message(speaking(live_call.language), live_call, "customer.nobody")


def _message(script: Script, row: LiveCall, words: str) -> Script:
    return (
        script.say(prompt(words, row.language))
        .record(action=links.webhook("call-message", row.pk), max_seconds=MESSAGE_SECONDS)
        .say(prompt("customer.no_message", row.language))
        .hang_up()
    )


def message_left(live_call: LiveCall, done: RecordingDone) -> Script:
    """The message is kept once, however often Twilio tells of it, and administrators hear of it."""
    language = live_call.language
    if done.seconds <= 0 or live_call.programme is None:
        return speaking(language).say(prompt("customer.no_message", language)).hang_up()
    with transaction.atomic():
        row, new = Voicemail.objects.get_or_create(
            recording_sid=done.sid,
            defaults={
                "programme": live_call.programme,
                "live_call": live_call,
                "account": live_call.account,
                "customer_phone": live_call.customer_phone,
                "url": done.url,
                "seconds": done.seconds,
                "left_at": timezone.now(),
            },
        )
        if new:
            _tell_of(row, live_call)
    return speaking(language).say(prompt("customer.message_saved", language)).hang_up()


def _tell_of(message: Voicemail, live_call: LiveCall) -> None:
    group = _group_of(live_call)
    letters.tell_administrators(
        key=f"voicemail:{message.pk}",
        kind="voicemail",
        subject=prompt("text.voicemail_subject", "en"),
        text=prompt(
            "text.voicemail_mail",
            "en",
            group=group.name if group is not None else "us",
            seconds=message.seconds,
            phone=message.customer_phone or "withheld",
            url=message.url,
        ),
    )


def called_back(*, message: Voicemail, by: Person) -> Voicemail:
    """Somebody has called the customer back."""
    with transaction.atomic():
        row = Voicemail.objects.select_for_update().get(pk=message.pk)
        if row.called_back_at is None:
            row.called_back_by, row.called_back_at = by, timezone.now()
            row.save(update_fields=["called_back_by", "called_back_at"])
        return row


# --- The hunt -------------------------------------------------------------------------------------------------


def ring_next(live_call: LiveCall, may_call: MayCall) -> None:
    """Ring the next agent for a customer who waits; a message where nobody is there, or not in time."""
    group = _group_of(live_call)
    now = timezone.now()
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
        row.next_action, row.next_at = CallAction.HUNT, timezone.now()
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
    LiveCall.objects.filter(pk=live_call.pk, ended_at=None).update(next_at=timezone.now() + after)


def _stop(sid: str) -> None:
    try:
        client.hang_up(sid=sid)
    except TelephonyError as error:
        logger.info("A ringing phone could not be stopped: %s", error)


# --- The agent ------------------------------------------------------------------------------------------------


def agent_answers(live_call: LiveCall, *, turn: int, call_sid: str) -> Script:
    """An agent picked up: who calls, who would like to listen, and the keys. Without a key nobody takes the call."""
    rings = LiveCall.objects.filter(pk=live_call.pk, turn=turn, rung__isnull=False, rung_sid="")
    rings.update(rung_sid=call_sid)
    if live_call.turn != turn or live_call.rung is None:
        return _gone(live_call)
    agent = live_call.rung
    language = agent.language
    group = _group_of(live_call)
    listener = listener_for(live_call, agent)
    words = [prompt("agent.hello", language, group=group.name if group is not None else "")]
    if listener is not None:
        words += [
            prompt("agent.listener", language, listener=listener.person.name),
            prompt("agent.press_listener", language),
        ]
    else:
        words.append(prompt("agent.press", language))
    script = speaking(language)
    for _ in range(2):
        script.gather(
            prompts=words,
            action=links.webhook(
                "agent-keys", live_call.pk, turn, listener.pk if listener is not None else 0
            ),
            timeout=KEY_SECONDS,
            digits=1,
        )
    return script.hang_up()


def agent_key(live_call: LiveCall, digits: str, *, turn: int, session_id: int, call_sid: str) -> Script:
    """1 takes the call, 3 without a listener, 2 passes it on; another key is asked again."""
    if digits == "2":
        language = live_call.rung.language if live_call.rung is not None else "en"
        pass_on(live_call.pk, turn=turn)
        return speaking(language).say(prompt("agent.passed", language)).hang_up()
    if digits not in ("1", "3"):
        return agent_answers(live_call, turn=turn, call_sid=call_sid)
    row = _take(live_call.pk, turn=turn, call_sid=call_sid)
    if row is None or row.agent is None:
        return _gone(live_call)
    if session_id and digits == "1":
        _bring(row, session_id)
    elif session_id:
        _declined_before(row, session_id)
    language = row.agent.language
    return (
        speaking(language)
        .say(prompt("agent.taken", language))
        .conference(
            name=row.conference_name,
            status_callback=links.webhook("conferences"),
            wait_url="",
            end_on_exit=True,
            label=conferences.AGENT,
        )
    )


def _take(live_call_id: int, *, turn: int, call_sid: str) -> LiveCall | None:
    with transaction.atomic():
        row = live_calls.locked(live_call_id)
        if row.agent_id is not None and row.agent_call_sid == call_sid:
            return row  # the same key, told twice
        if row.state != LiveCallState.WAITING or row.turn != turn or row.rung is None:
            return None
        now = timezone.now()
        row.agent, row.agent_call_sid = row.rung, call_sid
        row.rung, row.rung_sid, row.hunted = None, "", []
        row.next_action, row.next_at = CallAction.LOOK, now + FIRST_LOOK
        row.save()
        AgentDesk.objects.filter(person=row.agent).update(last_call_at=now)
        return row


def agent_over(live_call: LiveCall, event: CallEvent, *, turn: int) -> None:
    """An agent's call is over: where it brought nothing, the next phone rings."""
    if event.ended:
        pass_on(live_call.pk, turn=turn)


def _gone(live_call: LiveCall) -> Script:
    language = live_call.rung.language if live_call.rung is not None else "en"
    return speaking(language).say(prompt("agent.gone", language)).hang_up()


def listener_for(live_call: LiveCall, agent: Person) -> Session | None:
    """Who waits to listen, drawn at random, for an agent who is told by a voice before the call; None for others."""
    desk = drawing.desk_of(agent)
    if desk is None or desk.told_by != AgentDesk.ToldBy.WHISPER or not has_signed(desk):
        return None
    waiting = Session.objects.filter(
        status=SessionStatus.RUNNING, place=Place.WAITING, programme=live_call.programme
    ).exclude(visits__status__in=LIVE_VISIT)
    found = [
        row for row in waiting.select_related("person", "hold__window") if _may_hear(live_call, agent, row)
    ]
    return secrets.choice(found) if found else None


def _may_hear(live_call: LiveCall, agent: Person, row: Session) -> bool:
    """As if the call were live already; that the agent cannot be told later is no hindrance: they are told now."""
    then = LiveCall(
        pk=live_call.pk,
        source=CallSource.REGISTERED,
        state=LiveCallState.LIVE,
        agent=agent,
        customer_country=live_call.customer_country,
        announced=live_call.announced,
        opted_in=live_call.opted_in,
        conference_name=live_call.conference_name,
        conference_sid="CF",
        queue=live_call.queue,
        language=live_call.language,
    )
    return drawing.refusal(then, row, drawing.countries_now()) is None


def _bring(row: LiveCall, session_id: int) -> None:
    """The agent was told by the voice and took the call: the listener comes in as soon as the two have met."""
    with transaction.atomic():
        live_calls.locked(row.pk)
        session = sessions.locked(session_id)
        if session.status == SessionStatus.RUNNING and visits.current(session) is None:
            visits.offer(session=session, live_call=row, told_at=timezone.now())
            Session.objects.filter(pk=session.pk).update(next_at=timezone.now())
            transaction.on_commit(partial(chores.wake), robust=True)


def _declined_before(row: LiveCall, session_id: int) -> None:
    with transaction.atomic():
        session = sessions.locked(session_id)
        joining.count_declined(session.programme)
        session.passed_over = [*session.passed_over, row.pk]
        Session.objects.filter(pk=session.pk).update(passed_over=session.passed_over)


def _group_of(row: LiveCall) -> HuntGroup | None:
    return HuntGroup.objects.filter(programme=row.programme_id).select_related("programme").first()


# --- An agent who calls us ------------------------------------------------------------------------------------


def greet_agent(person: Person) -> Script | None:
    """An agent calls our number: to take calls from now on, or no more. None for others, or where no group is on."""
    desk = AgentDesk.objects.filter(person=person).first()
    if desk is None or not HuntGroup.objects.filter(is_on=True).exists():
        return None
    language = person.language
    words = prompt(
        "agent.takes_calls" if desk.takes_calls else "agent.takes_no_calls", language, name=person.name
    )
    return (
        speaking(language)
        .gather(
            prompts=[words, Pause(1)],
            action=links.webhook("desk-key", person.pk),
            timeout=KEY_SECONDS,
            digits=1,
        )
        .hang_up()
    )


def desk_key(person: Person, digits: str) -> Script:
    """1 turns it round."""
    if digits != "1":
        return greet_agent(person) or speaking(person.language).hang_up()
    desk = take_calls(agent=person, takes=not AgentDesk.objects.get(person=person).takes_calls)
    words = "agent.takes_now" if desk.takes_calls else "agent.takes_no_more"
    return speaking(person.language).say(prompt(words, person.language)).hang_up()


def take_calls(*, agent: Person, takes: bool) -> AgentDesk:
    """Whether customers' calls come to this agent's phone."""
    with transaction.atomic():
        desk, _ = AgentDesk.objects.select_for_update().get_or_create(person=agent)
        if desk.takes_calls != takes:
            desk.takes_calls = takes
            desk._history_user = agent  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
            desk.save(update_fields=["takes_calls"])
        return desk
