"""From the offer to the last word: agents are told and may decline, executives pass over, agents ask them to speak.

**Silence means yes**, for an agent who signed the policy and was told who would like to listen; the decline stays open
while they listen, and costs nothing: nobody sees who declined. Of the offer no row is left, only one more in the
programme's total of the month.
"""

import logging

from django.db import transaction
from django.db.models import F

from listening import live_calls, moving, sessions, visits
from listening.drawing import desk_of, may_be_texted
from listening.errors import NotAllowed, NotNow
from listening.models import (
    LIVE_VISIT,
    AgentDesk,
    DeclinedOffers,
    LiveCall,
    LiveCallState,
    Session,
    Visit,
    VisitStatus,
)
from listening.prompts import prompt
from listening.rules import rules_of
from people import letters
from people.models import Person
from rota.models import Programme
from telephony import chores, client, clock
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.texts import fold

logger = logging.getLogger(__name__)


def wake() -> None:
    """Somebody waits for a call."""
    chores.wake()


# --- The agent is told ----------------------------------------------------------------------------------------


def offers_to(agent: Person) -> list[Visit]:
    """Who would like to listen, or listens, to the agent's call now: for the agent's page."""
    rows = Visit.objects.filter(live_call__agent=agent, status__in=LIVE_VISIT)
    return list(rows.select_related("session__person", "live_call").order_by("offered_at"))


def shown(*, agent: Person) -> None:
    """The agent's page shows the offers: from now on they may think about them."""
    for visit in offers_to(agent):
        if visit.told_at is None:
            _told(visit.session_id, visit.pk)


def tell(session_id: int, visit: Visit) -> None:
    """Text the agent who would like to listen. One who cannot be told is not listened to: another call is drawn.

    Nobody knows whether a text went out that Twilio did not answer for: then it did not, and another call is drawn.
    """
    agent = visit.live_call.agent
    if agent is None or not may_be_texted(agent):
        _not_told(session_id, visit.pk)
        return
    listener = Session.objects.select_related("person").get(pk=session_id).person
    body = fold(prompt("agent.offer_text", agent.language, listener=listener.name), language=agent.language)
    try:
        client.send_text(to=agent.phone, body=body)
    except (OutcomeUnknown, TelephonyError) as error:
        logger.warning("An agent could not be told of a listener: %s", error)
        _not_told(session_id, visit.pk)
        return
    _told(session_id, visit.pk)


def _told(session_id: int, visit_id: int) -> None:
    with transaction.atomic():
        sessions.lock_call_of(session_id)
        row = sessions.locked(session_id)
        visit = visits.current(row)
        if visit is not None and visit.pk == visit_id and visit.told_at is None:
            visits.told(visit, answer_seconds=rules_of(row.programme).answer_seconds)
            moving.plan(row, visit, clock.now())


def _not_told(session_id: int, visit_id: int) -> None:
    with transaction.atomic():
        sessions.lock_call_of(session_id)
        row = sessions.locked(session_id)
        visit = visits.current(row)
        if visit is not None and visit.pk == visit_id:
            _pass_over(row, visit)


# --- The agent declines ---------------------------------------------------------------------------------------


def decline(*, visit: Visit, by: Person) -> None:
    """The agent would rather not, before or while somebody listens. Raises NotAllowed, NotNow (nobody does any more).

    The executive is brought to another call with neutral words, in this very request where they listen already.
    """
    with transaction.atomic():
        live = live_calls.locked(visit.live_call_id)
        if live.agent_id != by.pk:
            raise NotAllowed("Only the call's agent declines.")
        row = sessions.locked(visit.session_id)
        current = visits.current(row)
        if current is None or current.pk != visit.pk:
            raise NotNow("Nobody listens any more.", code="over")
        count_declined(row.programme)
        _pass_over(row, current)
        transaction.on_commit(lambda: moving.send_all([row.pk]), robust=True)


def decline_all(*, agent: Person) -> int:
    """The agent's word by text or key: nobody at this call. Returns how many are sent away."""
    found = offers_to(agent)
    for visit in found:
        decline(visit=visit, by=agent)
    return len(found)


def count_declined(programme: Programme) -> None:
    """One more in the programme's month; nothing else is kept."""
    month = sessions.month_of(programme, clock.now())
    DeclinedOffers.objects.get_or_create(programme=programme, month=month)
    DeclinedOffers.objects.filter(programme=programme, month=month).update(count=F("count") + 1)


# --- The executive passes over, and asks for a word -----------------------------------------------------------


def skip(*, session: Session, visit_id: int) -> None:
    """The executive wants another call. Where they have left this one already nothing changes."""
    with transaction.atomic():
        sessions.lock_call_of(session.pk)
        row = sessions.locked(session.pk)
        visit = visits.current(row)
        if visit is not None and visit.pk == visit_id:
            _pass_over(row, visit)


def _pass_over(row: Session, visit: Visit) -> None:
    """This call is not offered again in this session. How it came to that is not kept."""
    row.passed_over = [*row.passed_over, visit.live_call_id]
    visits.leave(visit, why="Moved on to another call.")
    Session.objects.filter(pk=row.pk).update(passed_over=row.passed_over, next_at=clock.now())
    chores.wake()


def ask_for_a_word(*, session: Session, visit_id: int) -> None:
    """The agent is texted that the executive would like a word after the call; once for a visit."""
    with transaction.atomic():
        sessions.lock_call_of(session.pk)
        row = sessions.locked(session.pk)
        visit = Visit.objects.filter(pk=visit_id, session=row).select_related("live_call__agent").first()
        agent = visit.live_call.agent if visit is not None else None
        if visit is None or agent is None:
            return
        Session.objects.filter(pk=row.pk).update(asked_agent_at=clock.now())
        letters.write_to(
            person=agent,
            key=f"word:{visit.pk}",
            kind="listening",
            subject=prompt("text.word_subject", agent.language),
            text=prompt(
                "agent.wants_a_word", agent.language, listener=row.person.name, email=row.person.email
            ),
            by="text",
        )


# --- The agent asks them to speak -----------------------------------------------------------------------------


def let_speak(*, visit: Visit, by: Person, to: str) -> None:
    """The agent asks the executive for a `whisper` that only the agent hears, to `speak` with both, or for `silence`.

    Only the agent asks, and only while they listen. Twilio is told after the commit: coaching begins before the mute
    ends and ends after it begins, so that at no instant the customer hears what is meant for the agent. Raises
    NotAllowed, NotNow, TelephonyError.
    """
    with transaction.atomic():
        live = live_calls.locked(visit.live_call_id)
        if live.agent_id != by.pk:
            raise NotAllowed("Only the call's agent asks the listener to speak.")
        row = sessions.locked(visit.session_id)
        current = visits.current(row)
        if current is None or current.pk != visit.pk or current.status != VisitStatus.IN:
            raise NotNow("They do not listen just now.", code="not_in")
        if live.state != LiveCallState.LIVE and to != "silence":
            raise NotNow("Nobody listens while the customer pays.", code="payment")
        visits.may_speak(current, coach=to == "whisper", speak=to == "speak")
    _tell_twilio(live, row.call_sid, to)


def _tell_twilio(live: LiveCall, listener: str, to: str) -> None:
    def change(**how: object) -> None:
        client.update_participant(conference_sid=live.conference_sid, call_sid=listener, **how)  # type: ignore[arg-type]

    change(muted=True)
    if to == "whisper":
        change(coach=live.agent_call_sid)
        change(muted=False)
        return
    change(coach="")
    if to == "speak":
        change(muted=False)


def told_on_page(agent: Person | None) -> bool:
    """Whether the agent sees offers on the page first."""
    desk = desk_of(agent)
    return desk is not None and desk.told_by == AgentDesk.ToldBy.PAGE
