"""Twilio's questions and reports about test rings."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from escalations import morning_rings, ring_status
from escalations.webhooks import nothing
from rota.models import MorningRing, RingStatus
from telephony.events import CallEvent, Keys
from telephony.twiml import twiml_response
from telephony.webhooks import twilio_webhook

logger = logging.getLogger(__name__)


def _ring_of_call(request: HttpRequest, ring_id: int, call_sid: str) -> MorningRing | HttpResponse:
    """The ring, its SID adopted where it is not known yet: a webhook may be faster than the create call's answer."""
    ring_status.placed(ring_id=ring_id, sid=call_sid)
    ring = get_object_or_404(MorningRing.objects.select_related("person", "duty"), pk=ring_id)
    if ring.sid != call_sid:
        logger.warning("refused %s: call %s is not the one of this row", request.path, call_sid)
        return HttpResponse("This call is not the one of this ring.", status=403, content_type="text/plain")
    return ring


@twilio_webhook(CallEvent)
def ring_answer(request: HttpRequest, event: CallEvent, ring_id: int) -> HttpResponse:
    """Somebody picked up: the first words."""
    ring = _ring_of_call(request, ring_id, event.call_sid)
    if isinstance(ring, HttpResponse):
        return ring
    ring_status.moved(ring_id=ring.pk, status=RingStatus.ANSWERED)
    return twiml_response(morning_rings.greeting(ring))


@twilio_webhook(Keys)
def ring_keys(request: HttpRequest, keys: Keys, ring_id: int, misses: int) -> HttpResponse:
    """A key was pressed."""
    ring = _ring_of_call(request, ring_id, keys.call_sid)
    if isinstance(ring, HttpResponse):
        return ring
    return twiml_response(morning_rings.key(ring, keys.digits, misses=misses))


@twilio_webhook(CallEvent)
def ring_report(request: HttpRequest, event: CallEvent, ring_id: int) -> HttpResponse:
    """How the call goes: ringing, answered, over."""
    ring = _ring_of_call(request, ring_id, event.call_sid)
    if isinstance(ring, HttpResponse):
        return ring
    morning_rings.report(ring, event)
    return nothing()
