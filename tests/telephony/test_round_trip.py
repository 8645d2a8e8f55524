"""The room as a whole: client, webhooks and TwiML against the simulated Twilio, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from telephony import client, consent
from telephony.errors import TelephonyError
from telephony.events import (
    CallEvent,
    ConferenceEvent,
    InboundCall,
    InboundText,
    Keys,
    MachineVerdict,
    TextEvent,
    is_final,
)
from telephony.simulator import Fault, Network, Server, VirtualClock
from telephony.twiml import Script, empty, reply, twiml_response
from telephony.webhooks import twilio_webhook

ACCOUNT, TOKEN = "AC" + "3" * 32, "round-trip-token"
COMPANY, ANA, GRACE = "+15550001000", "+15550100001", "+15550190001"

seen: list[object] = []


@twilio_webhook(CallEvent)
def answer(request: HttpRequest, event: CallEvent) -> HttpResponse:
    """The call is answered: ask."""
    seen.append(event)
    keys = request.build_absolute_uri("/keys")
    script = Script("en").gather(
        prompts=["Officer of the Day. 1 to take it."], action=keys, timeout=5, digits=1
    )
    return twiml_response(script.say("No answer.").hang_up())


@twilio_webhook(Keys)
def keys(request: HttpRequest, event: Keys) -> HttpResponse:
    """A key: into the conference."""
    seen.append(event)
    callback = request.build_absolute_uri("/conference")
    script = Script("de").say("Sie haben es.")
    return twiml_response(script.conference(name="case-7", status_callback=callback, label="officer"))


def heard(event: type) -> object:
    """A view that only remembers."""

    @twilio_webhook(event)
    def view(request: HttpRequest, value: object) -> HttpResponse:
        seen.append(value)
        return HttpResponse(status=204)

    return view


@twilio_webhook(InboundText)
def text(request: HttpRequest, event: InboundText) -> HttpResponse:
    """A text: answer it, unless it is a command that Twilio answers."""
    seen.append(event)
    if consent.heed(event, at=timezone.now()):
        return twiml_response(empty())
    return twiml_response(reply(f"Got {event.body}"))


@twilio_webhook(InboundCall)
def voice(request: HttpRequest, event: InboundCall) -> HttpResponse:
    """Somebody calls us."""
    seen.append(event)
    return twiml_response(Script().say("Hello.").hang_up())


urlpatterns = [
    path("answer", answer),
    path("keys", keys),
    path("status", heard(CallEvent)),
    path("machine", heard(MachineVerdict)),
    path("conference", heard(ConferenceEvent)),
    path("text-status", heard(TextEvent)),
    path("text", text),
    path("voice", voice),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def base(live_server, settings) -> str:
    """Our own address, as Twilio knows it."""
    seen.clear()
    settings.SECURE_SSL_REDIRECT = False
    settings.PUBLIC_BASE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def network(base: str, settings) -> Iterator[Network]:
    """A simulated Twilio that knows our webhooks."""
    network = Network(
        account_sid=ACCOUNT, auth_token=TOKEN, numbers=[COMPANY], clock=VirtualClock(datetime.now(UTC)),
        voice_url=f"{base}/voice", sms_url=f"{base}/text",
    )  # fmt: skip
    server = Server(network)
    server.start()
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_FROM_NUMBER, settings.TWILIO_MESSAGING_SERVICE_SID = COMPANY, ""
    settings.TWILIO_API_BASE_URL = server.url
    yield network
    server.stop()
    assert network.problems == []


def place(base: str) -> client.PlacedCall:
    """Ring Ana."""
    return client.place_call(
        to=ANA, answer_url=f"{base}/answer", status_callback=f"{base}/status", ring_seconds=20,
        machine_callback=f"{base}/machine",
    )  # fmt: skip


def test_a_call_is_answered_taken_and_bridged(network: Network, base: str) -> None:
    placed = place(base)
    story = network.phone(ANA).expect_call("Officer of the Day")
    story.press("1").expect_heard("Sie haben es")
    [pressed] = [event for event in seen if isinstance(event, Keys)]
    assert (pressed.digits, pressed.call_sid, pressed.to) == ("1", placed.sid, ANA)

    customer = client.add_participant(
        conference="case-7", to=GRACE, label="customer", status_callback=f"{base}/status", ring_seconds=30,
        conference_callback=f"{base}/conference",
    )  # fmt: skip
    network.phone(GRACE).expect_call().expect_in_conference_with(network.phone(ANA))
    conference = client.find_conference(name="case-7")
    assert conference is not None
    client.update_participant(conference_sid=conference.sid, call_sid=customer.sid, muted=True)
    client.remove_participant(conference_sid=conference.sid, call_sid="customer")
    client.end_conference(conference_sid=conference.sid)
    network.run_due()
    assert client.find_conference(name="case-7") is None

    told = [(event.kind, event.label) for event in seen if isinstance(event, ConferenceEvent)]
    for step in ("participant-join", "participant-leave"):
        assert {label for kind, label in told if kind == step} == {"officer", "customer"}
    assert ("participant-mute", "customer") in told
    assert {kind for kind, _ in told} >= {"conference-start", "conference-end"}
    steps = [event for event in seen if isinstance(event, CallEvent) and event.call_sid == placed.sid]
    numbered = sorted((step.sequence, step.status) for step in steps if step.sequence is not None)
    assert [status for _, status in numbered] == ["ringing", "in-progress", "completed"]


def test_a_voicemail_is_told_from_a_person(network: Network, base: str) -> None:
    place(base)
    network.phone(ANA).expect_ring().voicemail()
    network.advance(10)
    [verdict] = [event for event in seen if isinstance(event, MachineVerdict)]
    assert verdict.is_machine
    assert not [event for event in seen if isinstance(event, Keys)]


def test_doubled_and_reordered_callbacks_end_where_they_should(network: Network, base: str) -> None:
    network.faults.add(Fault(on="callback:status", do="double"))
    network.faults.add(Fault(on="callback:status", do="reorder", nth=1))
    placed = place(base)
    network.phone(ANA).expect_ring()
    client.hang_up(sid=placed.sid)
    network.run_due()
    steps = [event for event in seen if isinstance(event, CallEvent)]
    assert len(steps) > len({step.sequence for step in steps})
    assert is_final(max(steps, key=lambda step: step.sequence or 0).status)


def test_a_forged_callback_does_not_come_in(network: Network, base: str) -> None:
    network.faults.add(Fault(on="callback:status", do="bad_signature"))
    place(base)
    network.phone(ANA).expect_ring().ignore()
    assert not [event for event in seen if isinstance(event, CallEvent)]
    network.problems.clear()


def test_texts_go_out_come_in_and_stop(network: Network, base: str) -> None:
    sent = client.send_text(to=ANA, body="1 to take it", status_callback=f"{base}/text-status")
    network.phone(ANA).expect_text("1 to take it").reply("1")
    network.phone(ANA).expect_text("Got 1")
    assert [event.status for event in seen if isinstance(event, TextEvent) and event.sid == sent.sid][-1] in {
        "sent",
        "delivered",
    }
    network.phone(ANA).text("STOP")
    network.run_due()
    received = [event for event in seen if isinstance(event, InboundText)]
    assert [(event.body, event.opt_out) for event in received] == [("1", None), ("STOP", "STOP")]
    with pytest.raises(TelephonyError) as caught:
        client.send_text(to=ANA, body="2 to pass")
    assert caught.value.code == 21610
    network.phone(ANA).text("START")
    network.run_due()
    client.send_text(to=ANA, body="2 to pass")
    network.phone(ANA).expect_text("2 to pass")


def test_somebody_calls_us(network: Network, base: str) -> None:
    network.phone(GRACE).dial().expect_heard("Hello").expect_ended()
    [call] = [event for event in seen if isinstance(event, InboundCall)]
    assert (call.from_, call.to) == (GRACE, COMPANY)
