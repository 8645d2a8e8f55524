"""An agent picks up: who calls, who would like to listen, and one key that takes the customer, or passes them on.

A voicemail presses no key, so that it takes nobody. Agents who are told by a voice hear here who would like to listen,
before the call begins; and by calling our number they take calls, or no more.
"""

import secrets
from datetime import timedelta
from functools import partial

from django.db import transaction

from listening import (
    conferences,
    drawing,
    hunting,
    joining,
    links,
    live_calls,
    our_number,
    sessions,
    visits,
)
from listening.agents import has_signed
from listening.models import (
    LIVE_VISIT,
    AgentDesk,
    CallAction,
    CallSource,
    HuntGroup,
    LiveCall,
    LiveCallState,
    Place,
    Session,
    SessionStatus,
)
from listening.prompts import prompt, speaking
from people.models import Person
from telephony import chores, clock
from telephony.events import CallEvent
from telephony.twiml import Pause, Script

KEY_SECONDS = 6
FIRST_LOOK = timedelta(seconds=60)


def agent_answers(live_call: LiveCall, *, turn: int, call_sid: str) -> Script:
    """An agent picked up: who calls, who would like to listen, and the keys. Without a key nobody takes the call."""
    rings = LiveCall.objects.filter(pk=live_call.pk, turn=turn, rung__isnull=False, rung_sid="")
    rings.update(rung_sid=call_sid)
    if live_call.turn != turn or live_call.rung is None:
        return _gone(live_call)
    agent = live_call.rung
    language = agent.language
    group = our_number.group_of(live_call)
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
        hunting.pass_on(live_call.pk, turn=turn)
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
        if row.rung_sid not in ("", call_sid):
            return None
        now = clock.now()
        row.agent, row.agent_call_sid = row.rung, call_sid
        row.rung, row.rung_sid, row.hunted = None, "", []
        row.next_action, row.next_at = CallAction.LOOK, now + FIRST_LOOK
        row.save()
        AgentDesk.objects.filter(person=row.agent).update(last_call_at=now)
        return row


def agent_over(live_call: LiveCall, event: CallEvent, *, turn: int) -> None:
    """An agent's call is over: where it brought nothing, the next phone rings."""
    if event.ended and live_call.rung_sid in ("", event.call_sid):
        hunting.pass_on(live_call.pk, turn=turn)


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
            visits.offer(session=session, live_call=row, told_at=clock.now())
            Session.objects.filter(pk=session.pk).update(next_at=clock.now())
            transaction.on_commit(partial(chores.wake), robust=True)


def _declined_before(row: LiveCall, session_id: int) -> None:
    with transaction.atomic():
        session = sessions.locked(session_id)
        joining.count_declined(session.programme)
        session.passed_over = [*session.passed_over, row.pk]
        Session.objects.filter(pk=session.pk).update(passed_over=session.passed_over)


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
