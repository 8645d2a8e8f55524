"""Drawing a live call for an executive: at random among all that may be listened to, and nothing else decides.

Also says of any call why nobody may listen to it.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from listening import country_rules, sessions, visits
from listening.agents import has_signed
from listening.consent import MOST_LISTENERS, CallFacts, Why, why_not
from listening.country_rules import STRICTEST, Rule, all_rules
from listening.models import (
    LIVE_VISIT,
    AgentDesk,
    CallSource,
    LiveCall,
    LiveCallState,
    Place,
    Session,
    SessionStatus,
    Visit,
)
from people.models import Person
from telephony import clock
from telephony import consent as texts
from telephony.sentences import main_language


def draw(session_id: int) -> Visit | None:
    """Find a call for an executive who waits, and have its agent asked. None where there is none.

    Candidates are read without a lock; the one drawn is locked before the session and looked at again.
    """
    row = Session.objects.select_related("person", "programme", "hold__window").get(pk=session_id)
    now = clock.now()
    if not _waits(row, None):
        return None
    countries = countries_now()
    found = [call for call in candidates(row) if refusal(call, row, countries) is None]
    if not found:
        return None
    drawn = secrets.choice(found)
    with transaction.atomic():
        live = LiveCall.objects.select_for_update(of=("self",), no_key=True).get(pk=drawn.pk)
        row = sessions.locked(session_id)
        listeners = Visit.objects.filter(live_call=live, status__in=LIVE_VISIT).count()
        if (
            live.state != LiveCallState.LIVE
            or listeners >= MOST_LISTENERS
            or not _waits(row, visits.current(row))
        ):
            return None
        try:
            with transaction.atomic():
                visit = visits.offer(session=row, live_call=live)
        except IntegrityError:  # another process drew for this session
            return None
        Session.objects.filter(pk=row.pk).update(next_at=now)
        return visit


def candidates(session: Session) -> QuerySet[LiveCall]:
    """Calls that run now, of the session's programme or of none, each with its agent's desk and `listeners`."""
    live = LiveCall.objects.running().filter(state=LiveCallState.LIVE)
    ours = live.filter(Q(programme=session.programme_id) | Q(programme=None))
    return with_listeners(ours.exclude(source=CallSource.EXTENSION).exclude(pk__in=session.passed_over))


def with_listeners(calls: QuerySet[LiveCall]) -> QuerySet[LiveCall]:
    """Each with `listeners`, how many listen to it or are about to."""
    counted = Count("visits", filter=Q(visits__status__in=LIVE_VISIT))
    return calls.select_related("agent__desk").annotate(listeners=counted)


def refusal(call: LiveCall, session: Session | None, countries: Mapping[str, Rule]) -> Why | None:
    """Why this call is not listened to (in this session); None where it may be. No query for `with_listeners` rows."""
    rule = countries.get(call.customer_country) or Rule(
        country=call.customer_country, mode=STRICTEST, source="no rule is on record, so the strictest holds."
    )
    desk = desk_of(call.agent)
    window = session.hold.window if session is not None and session.hold is not None else None
    return why_not(
        CallFacts(
            state=call.state,
            country_why=country_rules.why_not(call, rule),
            reachable=bool(call.conference_name and call.conference_sid),
            agent_known=call.source != CallSource.EXTENSION,
            agent_is_listener=session is not None and call.agent_id == session.person_id,
            policy_signed=desk is not None and has_signed(desk),
            can_be_told=desk is not None and can_be_told(call, desk),
            listeners=getattr(call, "listeners", 0),
            passed_over=session is not None and call.pk in session.passed_over,
            queue_fits=window is None or not window.queue or window.queue == call.queue,
            language_fits=window is None or not window.language or _speaks(call, window.language),
        )
    )


def countries_now() -> dict[str, Rule]:
    """The table of countries, by country. One query."""
    return {rule.country: rule for rule in all_rules()}


def desk_of(agent: Person | None) -> AgentDesk | None:
    """The agent's desk; None where there is none."""
    return getattr(agent, "desk", None) if agent is not None else None


def can_be_told(call: LiveCall, desk: AgentDesk) -> bool:
    """On the page always; by text on a verified number; by voice only before a call that we bring to them."""
    if desk.told_by == AgentDesk.ToldBy.PAGE:
        return True
    if desk.told_by == AgentDesk.ToldBy.WHISPER and call.source == CallSource.OWN:
        return False  # asked before the call, by `answering`, or not at all
    return desk.person.can_be_rung


def may_be_texted(agent: Person) -> bool:
    """Whether a text to the agent would arrive as far as we know."""
    return agent.can_be_rung and texts.may_text(agent.phone)


def _speaks(call: LiveCall, language: str) -> bool:
    return main_language(call.language) == main_language(language)


def _waits(row: Session, visit: Visit | None) -> bool:
    now: datetime = clock.now()
    return (
        row.status == SessionStatus.RUNNING
        and row.place == Place.WAITING
        and bool(row.call_sid)
        and visit is None
        and now < row.planned_end
    )
