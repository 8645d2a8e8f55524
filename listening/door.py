"""What listening answers at our own number: executives who run late, agents, and customers of a hunt group."""

from listening import answering, conversation, joining, live_calls, our_number, ringing, sessions
from listening.agent_words import Wish, read
from listening.errors import NotNow
from listening.models import LiveCall, LiveCallState, Session, SessionStatus, VisitStatus
from listening.prompts import prompt
from people.models import Person
from telephony import clock
from telephony.errors import TelephonyError
from telephony.events import InboundCall, InboundText
from telephony.twiml import Script


class ListeningDoor:
    """See `telephony.doors`."""

    def person_calls(self, call: InboundCall) -> Script | None:
        """An executive with a time to listen now is let in; an agent may take calls from now on, or no more."""
        person = _person(call.from_)
        if person is None:
            return None
        session = ringing.session_of_caller(person)
        if session is None:
            return answering.greet_agent(person)
        if session.status == SessionStatus.RUNNING:
            if session.call_sid and session.call_sid != call.call_sid and session.place:
                return None  # they are on the line with us already: somebody uses their number
            back = sessions.come_back(session=session, call_sid=call.call_sid)
            return (
                conversation.go(back.pk, call_sid=call.call_sid)
                if back is not None
                else conversation.too_late(session)
            )
        return conversation.greet(session, late=clock.now() >= session.planned_start)

    def stranger_calls(self, call: InboundCall) -> Script | None:
        """A customer of the hunt group."""
        return our_number.greet(call)

    def text(self, text: InboundText) -> str | None:
        """An agent's word about the call they are in."""
        wish = read(text.body)
        if wish is None:
            return None
        person = _person(text.from_)
        if person is None or not hasattr(person, "desk"):
            return None
        return _do(person, wish)

    def call_ended(self, call_sid: str) -> None:
        """An executive's or a customer's call to us is over."""
        for session_id in Session.objects.filter(call_sid=call_sid).values_list("pk", flat=True):
            sessions.call_over(session_id=session_id, call_sid=call_sid, detail="The executive hung up.")
        for call_id in (
            LiveCall.objects.running().filter(customer_call_sid=call_sid).values_list("pk", flat=True)
        ):
            live_calls.end(live_call_id=call_id, why="The customer hung up.")

    def knows(self, call_sid: str) -> bool:
        """A session's call, or one of a live call's."""
        return (
            Session.objects.filter(call_sid=call_sid).exists()
            or LiveCall.objects.filter(agent_call_sid=call_sid).exists()
            or LiveCall.objects.filter(rung_sid=call_sid).exists()
        )


def _person(number: str) -> Person | None:
    rows = Person.objects.active().reachable_by_phone().select_related("desk")
    return rows.filter(phone=number).first() if number else None


def _do(agent: Person, wish: Wish) -> str:
    language = agent.language
    call = live_calls.of_agent(agent)
    if wish is Wish.DECLINE:
        sent_away = joining.decline_all(agent=agent)
        return prompt("agent.declined" if sent_away else "agent.nothing_to_decline", language)
    if call is None:
        return prompt("agent.no_call", language)
    if wish in (Wish.PAY, Wish.PAID):
        paying = wish is Wish.PAY
        state = LiveCallState.PAYMENT if paying else LiveCallState.LIVE
        live_calls.set_state(live_call=call, state=state, by=agent)
        return prompt("agent.paying" if paying else "agent.paid", language)
    inside = [visit for visit in joining.offers_to(agent) if visit.status == VisitStatus.IN]
    if not inside:
        return prompt("agent.nothing_to_decline", language)
    if wish is Wish.MUTE:
        for visit in inside:
            joining.let_speak(visit=visit, by=agent, to="silence")
        return prompt("agent.muted", language)
    first = inside[0]
    to, said = ("whisper", "agent.may_whisper") if wish is Wish.WHISPER else ("speak", "agent.may_speak")
    try:
        joining.let_speak(visit=first, by=agent, to=to)
    except (NotNow, TelephonyError):
        return prompt("agent.nothing_to_decline", language)
    return prompt(said, language, listener=first.session.person.name)
