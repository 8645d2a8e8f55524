"""Twilio's questions and reports about our calls and texts: each view reads one value, does one verb, answers TwiML.

Doubled, lost and reordered reports do no harm: verbs look at the row's status, call reports carry a number that
only grows, and whoever learns a call's SID first records it.
"""

import logging

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from escalations import bridging, conversation, delivery, inbound, legs, paging, texting
from escalations.models import (
    Bridge,
    Escalation,
    Leg,
    LegStatus,
    Message,
    MessageStatus,
    Page,
    PageQuerySet,
    PageStatus,
)
from telephony import clock
from telephony.events import (
    CallEvent,
    ConferenceEvent,
    DialDone,
    InboundCall,
    InboundText,
    Keys,
    MachineVerdict,
    RecordingDone,
    TextEvent,
)
from telephony.twiml import empty, reply, twiml_response
from telephony.webhooks import twilio_webhook

logger = logging.getLogger(__name__)

_PAGE_ENDS = {
    "busy": PageStatus.BUSY,
    "failed": PageStatus.FAILED,
    "no-answer": PageStatus.UNANSWERED,
    "canceled": PageStatus.UNANSWERED,
    "completed": PageStatus.UNANSWERED,
}
_LEG_ENDS = {
    "busy": LegStatus.BUSY,
    "failed": LegStatus.FAILED,
    "no-answer": LegStatus.UNANSWERED,
    "canceled": LegStatus.UNANSWERED,
    "completed": LegStatus.UNANSWERED,
}


def nothing() -> HttpResponse:
    """Heard; nothing to say."""
    return HttpResponse(status=204)


def _to_speak() -> PageQuerySet:
    """Pages with all that is said of them."""
    return Page.objects.select_related(
        "person", "escalation__owner", "escalation__account", "escalation__programme"
    )


def _is_foreign(row: Page | Leg, call_sid: str, request: HttpRequest) -> bool:
    """A call that is not this row's: an old one played again, or another product on the same account."""
    if not row.sid or row.sid == call_sid:
        return False
    logger.warning("refused %s: call %s is not the one of this row", request.path, call_sid)
    return True


def _page_of_call(
    request: HttpRequest, page_id: int, call_sid: str, rows: PageQuerySet
) -> Page | HttpResponse:
    """The page of this call as `rows` has it, or the answer to a call that is not its own.

    Its SID is adopted where it is not known yet: a webhook may outrun the create call's answer.
    """
    page = get_object_or_404(rows, pk=page_id)
    if not page.sid:
        paging.placed(page_id=page.pk, sid=call_sid)
        page = rows.get(pk=page_id)
    if _is_foreign(page, call_sid, request):
        return HttpResponse("This call is not the one of this page.", status=403, content_type="text/plain")
    return page


@twilio_webhook(CallEvent)
def page_answer(request: HttpRequest, event: CallEvent, page_id: int) -> HttpResponse:
    """Somebody picked up: the first words."""
    page = _page_of_call(request, page_id, event.call_sid, _to_speak())
    if isinstance(page, HttpResponse):
        return page
    with paging.held(page.pk) as held:
        paging.answered(held)
    return twiml_response(conversation.greet(page))


@twilio_webhook(Keys)
def page_keys(request: HttpRequest, keys: Keys, page_id: int, misses: int) -> HttpResponse:
    """A key was pressed in the menu."""
    page = _page_of_call(request, page_id, keys.call_sid, _to_speak())
    if isinstance(page, HttpResponse):
        return page
    with paging.held(page.pk) as held:
        paging.key_pressed(held, keys.digits)
    script = conversation.key(page, keys.digits, misses=misses, call_sid=keys.call_sid)
    return twiml_response(script)


@twilio_webhook(Keys)
def page_pin(request: HttpRequest, keys: Keys, page_id: int, wish: str, misses: int) -> HttpResponse:
    """A PIN was entered."""
    page = _page_of_call(request, page_id, keys.call_sid, _to_speak())
    if isinstance(page, HttpResponse):
        return page
    script = conversation.pin(page, keys.digits, wish=wish, misses=misses, call_sid=keys.call_sid)
    return twiml_response(script)


@twilio_webhook(Keys)
def page_silence(request: HttpRequest, keys: Keys, page_id: int) -> HttpResponse:
    """The menu was spoken twice to no avail."""
    page = _page_of_call(request, page_id, keys.call_sid, _to_speak())
    if isinstance(page, HttpResponse):
        return page
    return twiml_response(conversation.silence(page))


@twilio_webhook(CallEvent)
def page_status(request: HttpRequest, event: CallEvent, page_id: int) -> HttpResponse:
    """How the call goes: ringing, answered, over."""
    if event.status == "in-progress" and _was_answered(page_id, event.call_sid):
        return nothing()
    # Heard and heeded in one: what a crash undoes, Twilio says again.
    with transaction.atomic():
        paging.lock(pages=page_id)
        page = _page_of_call(request, page_id, event.call_sid, Page.objects.with_case())
        if isinstance(page, HttpResponse):
            return page
        if _is_news(page, event):
            _heed_page(page, event)
    return nothing()


def _was_answered(page_id: int, call_sid: str) -> bool:
    """Most often Twilio has asked what to say before it reports that the call was answered."""
    return Page.objects.filter(pk=page_id, sid=call_sid, answered_at__isnull=False).exists()


def _heed_page(page: Page, event: CallEvent) -> None:
    if event.status == "ringing":
        paging.rings(page)
    elif event.status == "in-progress":
        paging.answered(page)
    elif event.ended:
        bridging.call_over(call_sid=event.call_sid)
        paging.ended(page, _PAGE_ENDS.get(event.status, PageStatus.UNANSWERED))


def _is_news(row: Page | Leg, event: CallEvent) -> bool:
    """False for a report that was heard, or that a later one has overtaken."""
    if event.sequence is None:
        return True
    rows = type(row).objects.filter(pk=row.pk, last_sequence__lt=event.sequence)
    return bool(rows.update(last_sequence=event.sequence))


@twilio_webhook(MachineVerdict)
def page_machine(request: HttpRequest, verdict: MachineVerdict, page_id: int) -> HttpResponse:
    """Whether a machine answered, as Twilio's ear has it."""
    if not verdict.is_machine:
        return nothing()  # a human who says nothing yet: the ladder waits for a key all the same
    page = _page_of_call(request, page_id, verdict.call_sid, _to_speak())
    if isinstance(page, HttpResponse):
        return page
    with paging.held(page.pk) as held:
        hears_us = paging.voicemail(held)
    if hears_us:
        delivery.leave_word(page, conversation.voicemail_word(page))
    return nothing()


@twilio_webhook(TextEvent)
def page_text_status(request: HttpRequest, event: TextEvent, page_id: int) -> HttpResponse:
    """How an officer's text goes."""
    page = get_object_or_404(Page, pk=page_id)
    if not page.sid:
        paging.placed(page_id=page.pk, sid=event.sid)
    if event.status in ("failed", "undelivered"):
        delivery.text_failed(page, event.error_code)
    return nothing()


@twilio_webhook(TextEvent)
def message_status(request: HttpRequest, event: TextEvent, message_id: int) -> HttpResponse:
    """How a text to a customer or one of ours goes."""
    message = get_object_or_404(Message, pk=message_id)
    if not message.sid:
        Message.objects.filter(pk=message.pk, sid="").update(sid=event.sid)
    if event.status in ("failed", "undelivered"):
        delivery.text_failed(message, event.error_code)
    elif event.status == "sent":
        # Most often the answer to our request has said so.
        if message.status != MessageStatus.SENT:
            rows = Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING)
            rows.update(status=MessageStatus.SENT)
    elif event.status in ("delivered", "read"):
        under_way = (MessageStatus.SENDING, MessageStatus.SENT)
        rows = Message.objects.filter(pk=message.pk, status__in=under_way)
        rows.update(status=MessageStatus.DELIVERED, ended_at=clock.now())
    return nothing()


# --- Legs and bridges -----------------------------------------------------------------------------------


def _leg(leg_id: int) -> Leg:
    rows = Leg.objects.select_related(
        "bridge__officer",
        "bridge__escalation__account",
        "bridge__escalation__programme",
        "bridge__escalation__owner",
    )
    return get_object_or_404(rows, pk=leg_id)


def _leg_of_call(request: HttpRequest, leg_id: int, call_sid: str) -> Leg | HttpResponse:
    leg = _leg(leg_id)
    if not leg.sid:
        bridging.placed(leg_id=leg.pk, sid=call_sid)
        leg = _leg(leg_id)
    if _is_foreign(leg, call_sid, request):
        return HttpResponse("This call is not the one of this leg.", status=403, content_type="text/plain")
    return leg


@twilio_webhook(CallEvent)
def leg_answer(request: HttpRequest, event: CallEvent, leg_id: int) -> HttpResponse:
    """Officer, agent or customer picked up."""
    leg = _leg_of_call(request, leg_id, event.call_sid)
    return leg if isinstance(leg, HttpResponse) else twiml_response(legs.answer(leg))


@twilio_webhook(Keys)
def leg_keys(request: HttpRequest, keys: Keys, leg_id: int) -> HttpResponse:
    """The officer, rung to be connected, pressed a key."""
    leg = _leg_of_call(request, leg_id, keys.call_sid)
    return leg if isinstance(leg, HttpResponse) else twiml_response(legs.key(leg, keys.digits))


@twilio_webhook(CallEvent)
def leg_status(request: HttpRequest, event: CallEvent, leg_id: int) -> HttpResponse:
    """How a leg's call goes."""
    leg = _leg_of_call(request, leg_id, event.call_sid)
    if isinstance(leg, HttpResponse):
        return leg
    with transaction.atomic():
        paging.lock(pk=leg.bridge.escalation_id)
        if _is_news(leg, event) and event.ended:
            bridging.leg_ended(leg_id=leg.pk, status=_LEG_ENDS.get(event.status, LegStatus.FAILED))
    return nothing()


@twilio_webhook(MachineVerdict)
def leg_machine(request: HttpRequest, verdict: MachineVerdict, leg_id: int) -> HttpResponse:
    """A customer's voicemail gets the promise; a human is a human."""
    leg = _leg_of_call(request, leg_id, verdict.call_sid)
    if isinstance(leg, HttpResponse):
        return leg
    if not verdict.is_machine:
        bridging.customer_is_there(leg_id=leg.pk)
    elif (word := legs.voicemail(leg)) is not None:
        delivery.leave_word(leg, word)
    return nothing()


@twilio_webhook(CallEvent, allow_get=True)
def bridge_wait(request: HttpRequest, event: CallEvent, bridge_id: int, turn: int) -> HttpResponse:
    """What an officer hears while the other phone rings: the brief, then how it goes."""
    bridge = get_object_or_404(_bridges(), pk=bridge_id)
    return twiml_response(legs.while_waiting(bridge, turn))


@twilio_webhook(CallEvent)
def bridge_over(request: HttpRequest, event: CallEvent, bridge_id: int) -> HttpResponse:
    """The officer's part in the conference is over."""
    get_object_or_404(Bridge, pk=bridge_id)
    return twiml_response(legs.after(bridging.officer_left(bridge_id=bridge_id)))


@twilio_webhook(Keys)
def bridge_again(request: HttpRequest, keys: Keys, bridge_id: int) -> HttpResponse:
    """The officer asks to ring the customer once more."""
    bridge = get_object_or_404(_bridges(), pk=bridge_id)
    return twiml_response(legs.once_more(bridge, keys.digits, call_sid=keys.call_sid))


@twilio_webhook(ConferenceEvent)
def bridge_events(request: HttpRequest, event: ConferenceEvent, bridge_id: int) -> HttpResponse:
    """Joining and leaving, as Twilio's conference sees it."""
    bridge = get_object_or_404(Bridge, pk=bridge_id)
    Bridge.objects.filter(pk=bridge.pk, conference_sid="").update(conference_sid=event.conference_sid)
    if event.kind == "conference-end":
        bridging.end_of(bridge_id=bridge.pk)
        return nothing()
    leg = bridge.legs.filter(sid=event.call_sid).first() if event.call_sid else None
    if leg is not None and event.kind == "participant-join":
        bridging.customer_is_there(leg_id=leg.pk)
    elif leg is not None and event.kind == "participant-leave":
        bridging.leg_ended(leg_id=leg.pk, status=LegStatus.LEFT)
    return nothing()


def _bridges() -> QuerySet[Bridge]:
    return Bridge.objects.select_related("officer", "escalation__account", "escalation__programme")


# --- To our own number ----------------------------------------------------------------------------------


def _case(escalation_id: int) -> Escalation:
    return get_object_or_404(
        Escalation.objects.select_related("owner", "account", "programme"), pk=escalation_id
    )


@twilio_webhook(InboundCall)
def voice(request: HttpRequest, call: InboundCall) -> HttpResponse:
    """Somebody calls the programme's number."""
    return twiml_response(inbound.greet(call))


@twilio_webhook(CallEvent)
def voice_status(request: HttpRequest, event: CallEvent) -> HttpResponse:
    """A call to us goes on or is over (set as the number's status callback in Twilio's console)."""
    if event.ended:
        inbound.call_ended(call_sid=event.call_sid)
    return nothing()


@twilio_webhook(InboundText)
def text(request: HttpRequest, message: InboundText) -> HttpResponse:
    """A text to the programme's number."""
    answer = texting.hear(message)
    return twiml_response(reply(answer) if answer else empty())


@twilio_webhook(Keys)
def inbound_keys(request: HttpRequest, keys: Keys, escalation_id: int) -> HttpResponse:
    """An officer who has a case called us and pressed a key."""
    call = InboundCall(call_sid=keys.call_sid, from_=keys.from_, to=keys.to)
    return twiml_response(inbound.own_case_key(_case(escalation_id), call=call, digits=keys.digits))


@twilio_webhook(CallEvent)
def inbound_whisper(request: HttpRequest, event: CallEvent, escalation_id: int) -> HttpResponse:
    """The officer answered a customer's call, and hears who it is."""
    return twiml_response(inbound.whisper(_case(escalation_id)))


@twilio_webhook(Keys)
def inbound_whispered(request: HttpRequest, keys: Keys, escalation_id: int) -> HttpResponse:
    """The officer takes the customer's call."""
    return twiml_response(inbound.put_through(_case(escalation_id), call_sid=keys.call_sid))


@twilio_webhook(DialDone)
def inbound_dialled(request: HttpRequest, done: DialDone, escalation_id: int) -> HttpResponse:
    """The customer's call to the officer is over, or never came about."""
    return twiml_response(inbound.dialled(_case(escalation_id), dialled_sid=done.dial_call_sid))


@twilio_webhook(RecordingDone)
def inbound_message(request: HttpRequest, done: RecordingDone, escalation_id: int) -> HttpResponse:
    """The customer left a message."""
    script = inbound.message_left(
        _case(escalation_id), recording_sid=done.sid, url=done.url, seconds=done.seconds
    )
    return twiml_response(script)
