"""Calls through the simulator: rung, answered, spoken to, ended, and told about."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import urllib3

from telephony.simulator import CHARACTERS_PER_SECOND
from tests.telephony.simulated_application import COMPANY, World, world

ANA = "+15557770001"
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        yield everything


def test_a_call_rings_is_answered_says_its_words_and_ends(w: World) -> None:
    ana = w.network.phone(ANA, name="Ana Ruiz")
    sid = w.call(
        ANA,
        "<Say>Officer of the Day, an urgent one for you.</Say>",
        StatusCallback=w.app.url + "/status",
        StatusCallbackEvent=EVENTS,
    )
    ana.expect_call("officer of the day", from_=COMPANY).expect_ended()
    assert w.statuses() == ["initiated", "ringing", "in-progress", "completed"]
    forms = w.app.at("/status")
    assert [f["SequenceNumber"] for f in forms] == ["0", "1", "2", "3"]
    assert {f["CallSid"] for f in forms} == {sid}
    assert forms[-1]["CallDuration"] == "3"
    assert w.get(f"/Calls/{sid}.json").json()["status"] == "completed"
    w.network.assert_nothing_unexpected()
    assert not w.network.problems


def test_every_webhook_carries_a_signature_that_twilios_validator_accepts(w: World) -> None:
    w.app.says("/voice", "<Gather numDigits='1' action='/key?a=1&amp;b=two'><Say>Press</Say></Gather>")
    w.call(ANA, Url=w.app.url + "/voice?case=1042&x=", StatusCallback=w.app.url + "/status")
    w.network.phone(ANA).expect_call("press").press("1")
    w.call(ANA, Url=w.app.url + "/voice", Method="GET")
    w.network.phone(ANA).expect_call("press")
    assert len(w.app.hits) >= 4
    assert all(hit.signed for hit in w.app.hits)
    assert all("I-Twilio-Idempotency-Token" in hit.headers for hit in w.app.hits)
    assert {hit.method for hit in w.app.hits} == {"GET", "POST"}


def test_only_completed_is_reported_unless_more_is_asked_for(w: World) -> None:
    w.call(ANA, "<Hangup/>", StatusCallback=w.app.url + "/status")
    w.network.phone(ANA).expect_call().expect_ended()
    assert w.statuses() == ["completed"]


@pytest.mark.parametrize(
    ("habit", "status", "sip"),
    [
        ("be_busy", "busy", "486"),
        ("be_declining", "busy", "603"),
        ("be_unallocated", "failed", "404"),
        ("be_off", "no-answer", "480"),
    ],
)
def test_calls_that_nobody_answers_end_with_twilios_status(
    w: World, habit: str, status: str, sip: str
) -> None:
    getattr(w.network.phone(ANA), habit)()
    w.call(ANA, "<Say>x</Say>", StatusCallback=w.app.url + "/status")
    w.network.advance(10)
    (form,) = w.app.at("/status")
    assert (form["CallStatus"], form["SipResponseCode"], form["CallDuration"]) == (status, sip, "0")
    assert not w.app.at("/voice")


def test_an_ignored_phone_rings_for_the_timeout_and_no_longer(w: World) -> None:
    ana = w.network.phone(ANA)
    w.call(ANA, "<Say>x</Say>", Timeout=20, StatusCallback=w.app.url + "/status")
    ringing = ana.expect_ring().ignore()
    w.network.advance(19.9)
    assert w.statuses() == []
    ringing.expect_stopped(within=0.2)
    assert w.statuses() == ["no-answer"]


def test_twilio_may_ring_five_seconds_longer() -> None:
    with world(extra_ring_seconds=5.0) as w:
        w.call(ANA, "<Say>x</Say>", Timeout=20, StatusCallback=w.app.url + "/status")
        w.network.phone(ANA).expect_ring()
        w.network.advance(24.9)
        assert w.statuses() == []
        w.network.advance(0.2)
        assert w.statuses() == ["no-answer"]


def test_a_ringing_call_can_be_cancelled_and_an_ended_one_not(w: World) -> None:
    sid = w.call(ANA, "<Say>x</Say>", StatusCallback=w.app.url + "/status")
    ringing = w.network.phone(ANA).expect_ring()
    assert w.post(f"/Calls/{sid}.json", Url=w.app.url).json()["code"] == 21220
    assert w.post(f"/Calls/{sid}.json", Status="canceled").json()["status"] == "canceled"
    ringing.expect_stopped()
    assert w.statuses() == ["canceled"]
    assert w.post(f"/Calls/{sid}.json", Status="completed").json()["code"] == 21220


def test_a_live_call_can_be_sent_elsewhere_and_ended(w: World) -> None:
    sid = w.call(ANA, "<Say>Wait</Say><Pause length='600'/>")
    story = w.network.phone(ANA).expect_call("wait")
    w.post(f"/Calls/{sid}.json", Twiml="<Response><Say>Somewhere else</Say><Pause length='60'/></Response>")
    story.expect_heard("somewhere else")
    assert w.post(f"/Calls/{sid}.json", Status="completed").json()["status"] == "completed"
    story.expect_ended(within=0)


def test_speech_takes_its_time_and_hanging_up_cuts_it(w: World) -> None:
    words = "word " * 28
    w.call(ANA, f"<Say>{words}</Say>")
    story = w.network.phone(ANA).expect_call("word")
    (heard,) = story.words
    assert heard.seconds == pytest.approx(len(words.strip()) / CHARACTERS_PER_SECOND)
    w.network.advance(2)
    story.hang_up()
    assert len(heard.said_until(w.network.clock())) < len(words) / 2


def test_calls_leave_at_the_accounts_rate_and_wait_in_the_queue() -> None:
    with world(calls_per_second=1.0) as w:
        for n in range(3):
            w.call(f"+1555777000{n}", "<Say>x</Say>")
        w.network.settle()
        assert [c.status for c in w.network.calls.values()] == ["ringing", "queued", "queued"]
        w.network.advance(1)
        assert [c.status for c in w.network.calls.values()] == ["ringing", "ringing", "queued"]
        w.network.advance(1)
        assert [c.status for c in w.network.calls.values()] == ["ringing"] * 3


def test_a_phone_calls_the_company(w: World) -> None:
    w.app.says("/inbound", "<Say>Good morning</Say><Pause length='9'/>")
    story = w.network.phone(ANA).dial()
    story.expect_heard("good morning")
    (form,) = w.app.at("/inbound")
    assert (form["From"], form["To"], form["Direction"], form["CallStatus"]) == (
        ANA,
        COMPANY,
        "inbound",
        "ringing",
    )
    story.hang_up()


def test_an_inbound_call_can_be_rejected(w: World) -> None:
    w.app.says("/inbound", "<Reject reason='busy'/>")
    story = w.network.phone(ANA).dial()
    story.expect_ended()
    assert story.call.status == "busy"


def test_a_broken_application_is_apologised_for_and_noted(w: World) -> None:
    w.app.answers["/voice"] = (500, "boom")
    w.call(ANA, Url=w.app.url + "/voice")
    w.network.phone(ANA).expect_call("application error has occurred").expect_ended()
    assert 11200 in {p.code for p in w.network.problems}


def test_the_fallback_url_saves_the_call(w: World) -> None:
    w.app.answers["/voice"] = (500, "boom")
    fallback = w.app.says("/fallback", "<Say>Please hold the line</Say>")
    w.call(ANA, Url=w.app.url + "/voice", FallbackUrl=fallback)
    w.network.phone(ANA).expect_call("please hold the line")
    (form,) = w.app.at("/fallback")
    assert form["ErrorCode"] == "11200"


def test_an_application_that_is_down_is_tried_twice(w: World) -> None:
    w.call(ANA, Url="http://127.0.0.1:9/voice")
    w.network.phone(ANA).expect_call("application error")
    assert [e.kind for e in w.network.requests if e.direction == "out"] == ["voice", "voice"]


@pytest.mark.parametrize(
    ("verdict", "machine", "parameter", "expected"),
    [
        ("", False, "Enable", "human"),
        ("", True, "Enable", "machine_start"),
        ("", True, "DetectMessageEnd", "machine_end_beep"),
        ("unknown", False, "Enable", "unknown"),
        ("fax", False, "Enable", "fax"),
    ],
)
def test_machine_detection_beside_and_before_the_call(
    w: World,
    verdict: str,
    machine: bool,
    parameter: str,
    expected: str,
) -> None:
    ana = w.network.phone(ANA).has_amd_verdict(verdict)
    if machine:
        ana.has_voicemail(after=0, seconds=6)
    else:
        ana.always()
    w.call(
        ANA,
        "<Pause length='30'/>",
        MachineDetection=parameter,
        AsyncAmd="true",
        AsyncAmdStatusCallback=w.app.url + "/amd",
    )
    w.network.settle()
    assert w.app.at("/voice")
    assert not w.app.at("/amd")
    w.network.advance(7)
    assert [f["AnsweredBy"] for f in w.app.at("/amd")] == [expected]
    w.app.hits.clear()
    w.call(ANA, "<Pause length='30'/>", MachineDetection=parameter)
    w.network.settle()
    assert not w.app.at("/voice")
    w.network.advance(7)
    assert [f["AnsweredBy"] for f in w.app.at("/voice")] == [expected]


def test_a_voicemail_records_only_what_is_said_after_the_beep(w: World) -> None:
    w.network.phone(ANA).has_voicemail(after=10, seconds=2)
    w.call(ANA, f"<Say>{'c' * 7}</Say><Say>{'a' * 21}{'b' * 28}</Say>", Timeout=30)
    w.network.advance(20)
    heard = w.network.phone(ANA).heard
    assert [h.text for h in heard if h.recorded] == ["b" * 28]
    assert [h.text for h in heard if h.to_machine] == ["c" * 7, "a" * 21]
    assert {h.seconds for h in heard} == {0.5, 1.5, 2.0}


def test_an_application_that_is_asked_and_stays_silent_is_not_asked_twice(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = threading.Event()
    w.app.answers["/voice"] = lambda _: str(silence.wait(10))
    monkeypatch.setattr(w.network.courier, "timeout", urllib3.Timeout(connect=1, total=0.3))
    w.call(ANA, Url=w.app.url + "/voice")
    w.network.phone(ANA).expect_call("application error")
    silence.set()
    assert len(w.app.at("/voice")) == 1
