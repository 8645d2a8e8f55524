"""What Twilio asks while it calls somebody with a code, and what it says of our texts."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from people import letters_texts
from people.models import Letter, LetterChannel
from people.verification import code_of_call, live_call
from people.verification_words import words
from telephony.events import CallEvent, TextEvent
from telephony.speech import digit_by_digit
from telephony.twiml import Script, twiml_response
from telephony.webhooks import twilio_webhook


@twilio_webhook(CallEvent)
def verification_call(request: HttpRequest, event: CallEvent, token: str) -> HttpResponse:
    """Speaks the code twice, digit by digit, in the person's language."""
    verification = live_call(token, datetime.now(UTC))
    if verification is None:
        return twiml_response(Script().say(words("over", "en")).hang_up())
    language = verification.person.language
    digits = ", ".join(digit_by_digit(code_of_call(verification)).split())
    script = (
        Script(language)
        .say(words("hello", language))
        .pause(1)
        .say(words("code", language, digits=digits))
        .pause(1)
        .say(words("again", language, digits=digits))
        .say(words("goodbye", language))
        .hang_up()
    )
    return twiml_response(script)


@twilio_webhook(CallEvent)
def verification_status(request: HttpRequest, event: CallEvent, token: str) -> HttpResponse:
    """Nothing hangs on how the call went: whoever missed it asks for another code."""
    return HttpResponse(status=204)


@twilio_webhook(TextEvent)
def letter_status(request: HttpRequest, event: TextEvent, letter_id: int) -> HttpResponse:
    """How a text of ours goes."""
    letter = get_object_or_404(Letter, pk=letter_id, channel=LetterChannel.TEXT)
    letters_texts.heard(letter, event)
    return HttpResponse(status=204)
