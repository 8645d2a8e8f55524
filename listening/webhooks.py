"""Twilio's questions and reports about listening: each view reads one value, does one verb, answers TwiML.

Doubled, lost and reordered reports do no harm: verbs look at the row, and the call that a row knows is the only one
that may change it. Whoever learns a call's SID first records it.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from listening import answering, conferences, conversation, extension, our_number, ringing, sessions
from listening.models import LiveCall, Session, SessionStatus
from people.models import Person
from telephony import clock
from telephony.events import CallEvent, ConferenceEvent, DialDone, Keys, RecordingDone
from telephony.twiml import twiml_response
from telephony.webhooks import twilio_webhook

logger = logging.getLogger(__name__)


def nothing() -> HttpResponse:
    """Heard; nothing to say."""
    return HttpResponse(status=204)


def _session(session_id: int) -> Session:
    return get_object_or_404(Session.objects.select_related("person", "programme"), pk=session_id)


def _foreign(request: HttpRequest, call_sid: str) -> HttpResponse:
    """An old call played again, or another product on the same account."""
    logger.warning("refused %s: call %s is not the one of this row", request.path, call_sid)
    return HttpResponse("This call is not the one of this session.", status=403, content_type="text/plain")


def _ours(session: Session, call_sid: str) -> bool:
    """Whether this is the session's call; one that rings and is not known yet is adopted."""
    if session.call_sid:
        return session.call_sid == call_sid
    if session.status == SessionStatus.RINGING:
        sessions.placed(session_id=session.pk, sid=call_sid, silent_at=clock.now() + ringing.SILENT)
        session.call_sid = call_sid
        return True
    return False


# --- The executive's call -------------------------------------------------------------------------------------


@twilio_webhook(CallEvent)
def session_answer(request: HttpRequest, event: CallEvent, session_id: int) -> HttpResponse:
    """Somebody picked up: the first words."""
    session = _session(session_id)
    if not _ours(session, event.call_sid):
        return _foreign(request, event.call_sid)
    return twiml_response(conversation.greet(session))


@twilio_webhook(Keys)
def session_begin(request: HttpRequest, keys: Keys, session_id: int, misses: int) -> HttpResponse:
    """A key to the first words, on our call or on the executive's own."""
    script = conversation.begin(_session(session_id), keys.digits, call_sid=keys.call_sid, misses=misses)
    return twiml_response(script)


@twilio_webhook(CallEvent)
def session_status(request: HttpRequest, event: CallEvent, session_id: int) -> HttpResponse:
    """How the call goes; its end is what matters. The report of another call is heard, and changes nothing."""
    session = _session(session_id)
    if _ours(session, event.call_sid) and event.ended:
        sessions.call_over(session_id=session.pk, call_sid=event.call_sid, detail="The executive hung up.")
    return nothing()


@twilio_webhook(CallEvent)
def session_go(request: HttpRequest, event: CallEvent, session_id: int, turn: int) -> HttpResponse:
    """What the call does now."""
    _session(session_id)
    return twiml_response(conversation.go(session_id, call_sid=event.call_sid, turn=turn))


@twilio_webhook(Keys)
def session_keys(request: HttpRequest, keys: Keys, session_id: int) -> HttpResponse:
    """A key while waiting."""
    script = conversation.waiting_key(_session(session_id), keys.digits, call_sid=keys.call_sid)
    return twiml_response(script)


@twilio_webhook(Keys)
def session_present(request: HttpRequest, keys: Keys, session_id: int) -> HttpResponse:
    """Somebody still listens."""
    return twiml_response(conversation.present(_session(session_id), keys.digits, call_sid=keys.call_sid))


@twilio_webhook(CallEvent)
def session_absent(request: HttpRequest, event: CallEvent, session_id: int) -> HttpResponse:
    """Nobody pressed a key when asked."""
    return twiml_response(conversation.absent(_session(session_id), call_sid=event.call_sid))


@twilio_webhook(DialDone)
def visit_left(request: HttpRequest, done: DialDone, session_id: int, visit_id: int) -> HttpResponse:
    """The executive is out of the conference: by the star, or because it ended."""
    return twiml_response(conversation.left(_session(session_id), visit_id, call_sid=done.call_sid))


@twilio_webhook(Keys)
def visit_menu(request: HttpRequest, keys: Keys, session_id: int, visit_id: int, star: int) -> HttpResponse:
    """The key after the star."""
    script = conversation.menu_key(
        _session(session_id), visit_id, keys.digits, call_sid=keys.call_sid, star=star
    )
    return twiml_response(script)


# --- Conferences ----------------------------------------------------------------------------------------------


@twilio_webhook(ConferenceEvent)
def conference_events(request: HttpRequest, event: ConferenceEvent) -> HttpResponse:
    """Joins, leaves and holds, of our own conferences and of centres' that name this address."""
    conferences.heed(event)
    return nothing()


# --- Our own number -------------------------------------------------------------------------------------------


def _call(call_id: int) -> LiveCall:
    rows = LiveCall.objects.select_related("programme", "agent__desk", "rung__desk", "account")
    return get_object_or_404(rows, pk=call_id)


def _of_customer(
    request: HttpRequest, call_id: int, call_sid: str, answer: Callable[[LiveCall], HttpResponse]
) -> HttpResponse:
    row = _call(call_id)
    return answer(row) if row.customer_call_sid == call_sid else _foreign(request, call_sid)


@twilio_webhook(CallEvent)
def call_announced(request: HttpRequest, event: CallEvent, call_id: int) -> HttpResponse:
    """The announcement was heard to its end."""
    return _of_customer(
        request, call_id, event.call_sid, lambda row: twiml_response(our_number.announced(row))
    )


@twilio_webhook(Keys)
def call_opt_in(request: HttpRequest, keys: Keys, call_id: int) -> HttpResponse:
    """The customer agrees by a key, or not."""
    return _of_customer(
        request,
        call_id,
        keys.call_sid,
        lambda row: twiml_response(our_number.announced(row, digits=keys.digits)),
    )


@twilio_webhook(CallEvent)
def call_queue(request: HttpRequest, event: CallEvent, call_id: int) -> HttpResponse:
    """On to an agent."""
    return _of_customer(request, call_id, event.call_sid, lambda row: twiml_response(our_number.queue(row)))


@twilio_webhook(CallEvent, allow_get=True)
def call_wait(request: HttpRequest, event: CallEvent, call_id: int, turn: int) -> HttpResponse:
    """What the customer hears meanwhile."""
    return twiml_response(our_number.wait(_call(call_id), turn))


@twilio_webhook(DialDone)
def call_over(request: HttpRequest, done: DialDone, call_id: int) -> HttpResponse:
    """The customer is out of the conference."""
    return _of_customer(request, call_id, done.call_sid, lambda row: twiml_response(our_number.over(row)))


@twilio_webhook(CallEvent)
def call_voicemail(request: HttpRequest, event: CallEvent, call_id: int) -> HttpResponse:
    """Nobody was free."""
    return _of_customer(
        request, call_id, event.call_sid, lambda row: twiml_response(our_number.leave_message(row))
    )


@twilio_webhook(RecordingDone)
def call_message(request: HttpRequest, done: RecordingDone, call_id: int) -> HttpResponse:
    """The customer left a message."""
    return _of_customer(
        request, call_id, done.call_sid, lambda row: twiml_response(our_number.message_left(row, done))
    )


@twilio_webhook(CallEvent)
def agent_answer(request: HttpRequest, event: CallEvent, call_id: int, turn: int) -> HttpResponse:
    """An agent picked up."""
    script = answering.agent_answers(_call(call_id), turn=turn, call_sid=event.call_sid)
    return twiml_response(script)


@twilio_webhook(Keys)
def agent_keys(request: HttpRequest, keys: Keys, call_id: int, turn: int, session_id: int) -> HttpResponse:
    """An agent takes the call, or passes it on."""
    script = answering.agent_key(
        _call(call_id), keys.digits, turn=turn, session_id=session_id, call_sid=keys.call_sid
    )
    return twiml_response(script)


@twilio_webhook(CallEvent)
def agent_status(request: HttpRequest, event: CallEvent, call_id: int, turn: int) -> HttpResponse:
    """How an agent's call goes."""
    answering.agent_over(_call(call_id), event, turn=turn)
    return nothing()


@twilio_webhook(Keys)
def desk_key(request: HttpRequest, keys: Keys, person_id: int) -> HttpResponse:
    """An agent who called us takes calls, or no more."""
    person = get_object_or_404(Person.objects.active().reachable_by_phone(), pk=person_id, desk__isnull=False)
    if person.phone != keys.from_:
        return _foreign(request, keys.call_sid)
    return twiml_response(answering.desk_key(person, keys.digits))


# --- The monitor extension ------------------------------------------------------------------------------------


@twilio_webhook(CallEvent)
def extension_answer(request: HttpRequest, event: CallEvent, call_id: int) -> HttpResponse:
    """The other exchange has answered."""
    return twiml_response(extension.answered(_call(call_id), call_sid=event.call_sid))


@twilio_webhook(CallEvent)
def extension_status(request: HttpRequest, event: CallEvent, call_id: int) -> HttpResponse:
    """How the leg to the other exchange goes."""
    extension.over(_call(call_id), event)
    return nothing()
