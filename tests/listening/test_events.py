"""Twilio's events: doubled, late, reordered, lost, forged and foreign ones; nothing is lost, invented or broken."""

import logging
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from twilio.request_validator import RequestValidator

from listening import conferences
from listening.models import Evidence, LiveCall, LiveCallState, Session, SessionStatus, Visit
from listening.urls import urlpatterns
from telephony.events import ConferenceEvent
from telephony.simulator import Fault, Network, Phone
from telephony.simulator.story import CallStory
from tests.listening.conftest import Advance, Book, talk, the_call
from tests.listening.test_session_story import begin, told
from tests.stories import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.usefixtures("centre")


@pytest.fixture
def inside(book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone) -> CallStory:
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    return call.expect_in_conference_with(toledo, desk_of_gil)


def signed(
    client: Client, settings: Settings, path: str, form: dict[str, str], *, token: str = AUTH_TOKEN
) -> int:
    """Posts as Twilio does; returns the status of the answer."""
    form = {"AccountSid": ACCOUNT_SID} | form
    signature = RequestValidator(token).compute_signature(settings.PUBLIC_BASE_URL + path, form)
    answer = client.post(
        path,
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code


def leave_of(visit: Visit, call: LiveCall, *, sequence: int) -> dict[str, str]:
    return {
        "ConferenceSid": call.conference_sid,
        "FriendlyName": call.conference_name,
        "StatusCallbackEvent": "participant-leave",
        "SequenceNumber": str(sequence),
        "Timestamp": f"{timezone.now():%a, %d %b %Y %H:%M:%S +0000}",
        "CallSid": visit.session.call_sid,
        "ParticipantLabel": visit.participant,
    }


CONFERENCES = "/webhooks/twilio/listening/conferences/"


def test_told_twice_is_kept_once_and_in_any_order(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    network.faults.add(Fault(on="callback:conference", do="double"))
    network.faults.add(Fault(on="callback:conference", do="reorder", probability=0.5, seed=3))
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    advance(30)
    toledo.hang_up()
    call.expect_heard("That call is over").press("*").expect_ended()
    network.faults.clear()
    network.settle()
    numbers = list(
        Evidence.objects.exclude(sequence=None).order_by("sequence").values_list("sequence", flat=True)
    )
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert not Evidence.objects.exclude(source_sid="").filter(sequence=None).exists()
    assert the_call().state == LiveCallState.ENDED
    assert Session.objects.get().status == SessionStatus.FINISHED


def test_events_that_are_lost_are_made_up_for(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    """The end of the conference is lost, and so is the end of the executive's call: Twilio is asked for both."""
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    network.faults.add(Fault(on="callback:*", do="lose"))
    network.faults.add(Fault(on="callback:status", do="lose"))
    listener.hang_up()
    toledo.hang_up()
    advance(130)
    assert the_call().state == LiveCallState.ENDED
    session = Session.objects.get()
    assert session.status == SessionStatus.FINISHED or session.cut_off_at is not None
    advance(61)
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED


def test_a_forged_event_is_refused_and_leaves_no_trace(
    network: Network, inside: CallStory, client: Client, settings: Settings
) -> None:
    visit, call = Visit.objects.get(), the_call()
    before = Evidence.objects.count()
    assert signed(client, settings, CONFERENCES, leave_of(visit, call, sequence=99), token="f" * 32) == 403
    assert Evidence.objects.count() == before
    assert signed(client, settings, CONFERENCES, leave_of(visit, call, sequence=99)) == 204
    assert Evidence.objects.count() == before + 1


def test_the_event_of_another_conference_is_heard_and_logged(
    network: Network, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    form = {"ConferenceSid": "CF" + "1" * 32, "StatusCallbackEvent": "conference-start", "FriendlyName": "x"}
    assert signed(client, settings, CONFERENCES, form) == 204
    assert "nobody registered" in caplog.text
    assert signed(client, settings, CONFERENCES, {"StatusCallbackEvent": "conference-start"}) == 400
    assert not Evidence.objects.exists()


PATHS = (
    "sessions/{session}/answer",
    "sessions/{session}/begin/0",
    "sessions/{session}/status",
    "sessions/{session}/go/0",
    "sessions/{session}/keys",
    "sessions/{session}/present",
    "sessions/{session}/absent",
    "sessions/{session}/visits/{visit}/left",
    "sessions/{session}/visits/{visit}/menu/1",
    "calls/{call}/announced",
    "calls/{call}/opt-in",
    "calls/{call}/queue",
    "calls/{call}/over",
    "calls/{call}/voicemail",
    "calls/{call}/message",
    "calls/{call}/agents/1/answer",
    "calls/{call}/agents/1/keys/0",
    "calls/{call}/agents/1/status",
    "desks/{agent}/key",
    "extensions/{call}/answer",
    "extensions/{call}/status",
)


def test_another_calls_webhook_changes_nothing(
    network: Network, inside: CallStory, client: Client, settings: Settings
) -> None:
    """Signed by Twilio, but of a call that is not the row's: an old one, or another product's on the account."""
    visit, call = Visit.objects.get(), the_call()
    form = {
        "CallSid": "CA" + "9" * 32,
        "CallStatus": "completed",
        "Digits": "1",
        "DialCallStatus": "completed",
        "RecordingSid": "RE" + "9" * 32,
        "RecordingUrl": "https://api.twilio.com/x",
        "RecordingDuration": "9",
        "From": "+15550199999",
    }

    def everything() -> list[object]:
        rows = [Session.objects.values().get(), LiveCall.objects.values().get(), Visit.objects.values().get()]
        return [*rows, Evidence.objects.count()]

    before = everything()
    for path in PATHS:
        where = path.format(session=visit.session_id, visit=visit.pk, call=call.pk, agent=call.agent_id)
        assert signed(client, settings, f"/webhooks/twilio/listening/{where}", form) in (200, 204, 403), path
        assert signed(client, settings, f"/webhooks/twilio/listening/{where}", form, token="no") == 403, path
        nobody = path.format(session=999999, visit=999999, call=999999, agent=999999)
        assert signed(client, settings, f"/webhooks/twilio/listening/{nobody}", form) == 404, path
        network.settle()
        assert everything() == before, path
    assert inside.call.seat is not None
    told_there = {pattern.name for pattern in urlpatterns} - {"conferences", "call-wait"}
    assert len(PATHS) == len(told_there), "a new door is missing above"


def test_an_event_costs_the_same_however_much_is_on_record(
    network: Network, inside: CallStory, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    visit, call = Visit.objects.get(), the_call()

    def event(number: int) -> ConferenceEvent:
        return ConferenceEvent.parse(leave_of(visit, call, sequence=number))

    with django_assert_max_num_queries(10) as few:
        conferences.heed(event(50))
    for number in range(51, 80):
        conferences.heed(event(number))
    with django_assert_max_num_queries(len(few)):
        conferences.heed(event(80))
