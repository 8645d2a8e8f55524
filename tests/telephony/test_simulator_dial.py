"""<Dial> to numbers, and <Record>."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telephony.simulated_application import ACCOUNT, COMPANY, TOKEN, World, world

ANA, BEN, CAT = "+15557770001", "+15557770002", "+15557770003"


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        everything.app.says("/after", "<Say>That was it</Say>")
        yield everything


def outcome(w: World) -> list[tuple[str, str]]:
    return [(f["DialCallStatus"], f.get("DialBridged", "")) for f in w.app.at("/after")]


def test_two_people_are_connected_and_hear_each_other(w: World) -> None:
    w.app.says("/inbound", f"<Dial callerId='{COMPANY}' action='/after'>{BEN}</Dial>")
    ana, ben = w.network.phone(ANA), w.network.phone(BEN)
    from_ana = ana.dial()
    to_ben = ben.expect_call(from_=COMPANY)
    from_ana.say("Good morning Ben")
    to_ben.expect_heard("good morning ben").say("Good morning Ana")
    from_ana.expect_heard("good morning ana")
    assert w.network.who_hears(ANA) == {BEN}
    to_ben.hang_up()
    from_ana.expect_heard("that was it").expect_ended()
    assert outcome(w) == [("completed", "true")]
    assert w.app.at("/after")[0]["DialCallDuration"] == "2"


@pytest.mark.parametrize(
    ("habit", "status"),
    [
        ("be_busy", "busy"),
        ("be_unallocated", "failed"),
        ("be_off", "no-answer"),
        ("be_declining", "busy"),
    ],
)
def test_the_action_hears_why_nobody_answered(w: World, habit: str, status: str) -> None:
    getattr(w.network.phone(BEN), habit)()
    w.app.says("/inbound", f"<Dial timeout='8' action='/after'><Number>{BEN}</Number></Dial>")
    w.network.phone(ANA).dial().expect_heard("that was it")
    assert outcome(w) == [(status, "false")]


def test_without_an_action_the_document_goes_on(w: World) -> None:
    w.app.says("/inbound", f"<Dial timeout='10'>{BEN}</Dial><Say>Nobody is there</Say>")
    story = w.network.phone(ANA).dial()
    w.network.phone(BEN).expect_ring().ignore()
    w.network.advance(9)
    story.expect_not_heard("nobody").expect_heard("nobody is there", within=3)


def test_the_first_of_several_to_answer_wins(w: World) -> None:
    w.app.says("/inbound", f"<Dial><Number>{BEN}</Number><Number>{CAT}</Number></Dial>")
    w.network.phone(ANA).dial()
    ringing = w.network.phone(BEN).expect_ring()
    w.network.phone(CAT).expect_call()
    ringing.expect_stopped(within=0)
    assert w.network.who_hears(ANA) == {CAT}


def test_a_whisper_is_heard_first_by_one_ear_and_may_refuse(w: World) -> None:
    w.app.says(
        "/whisper", "<Gather numDigits='1' action='/take'><Say>Press 1 to take it</Say></Gather><Hangup/>"
    )
    w.app.says("/take", "<Say>Connecting</Say>")
    w.app.says("/inbound", f"<Dial action='/after'><Number url='/whisper'>{BEN}</Number></Dial>")
    ana = w.network.phone(ANA).dial()
    ben = w.network.phone(BEN).expect_call("press 1")
    ana.expect_not_heard("press 1")
    assert w.network.who_hears(ANA) == set()
    ben.press("1").expect_heard("connecting").hear_out()
    w.network.settle()
    assert w.network.who_hears(ANA) == {BEN}
    ana.hang_up()
    ben.expect_ended(within=0)
    again = w.network.phone(ANA).dial()
    w.network.phone(BEN).expect_call("press 1").expect_ended()
    again.expect_heard("that was it")
    assert outcome(w) == [("completed", "false")]


def test_star_and_time_limit_end_the_connection(w: World) -> None:
    w.app.says("/inbound", f"<Dial hangupOnStar='true' timeLimit='60' action='/after'>{BEN}</Dial>")
    ana = w.network.phone(ANA).dial()
    ben = w.network.phone(BEN).expect_call()
    ana.press("*")
    ben.expect_ended(within=0)
    ana.hang_up()
    w.network.phone(ANA).dial()
    ben = w.network.phone(BEN).expect_call()
    w.network.advance(59)
    assert ben.call.is_live
    ben.expect_ended(within=1.1)


def test_a_child_reports_its_own_status_under_its_parent(w: World) -> None:
    w.app.says(
        "/inbound",
        f"<Dial answerOnBridge='true'><Number statusCallback='/child' "
        f"statusCallbackEvent='initiated ringing answered completed'>{BEN}</Number></Dial>",
    )
    ana = w.network.phone(ANA).dial()
    assert ana.call.status == "ringing"
    w.network.phone(BEN).expect_call().hang_up()
    assert w.statuses("/child") == ["initiated", "ringing", "in-progress", "completed"]
    assert {f["ParentCallSid"] for f in w.app.at("/child")} == {ana.call.sid}
    listed = w.get("/Calls.json", ParentCallSid=ana.call.sid).json()["calls"]
    assert [c["direction"] for c in listed] == ["outbound-dial"]


def test_bad_numbers_and_foreign_caller_ids_fail(w: World) -> None:
    w.app.says(
        "/inbound", "<Dial>911x</Dial><Dial callerId='+15551239999'>" + BEN + "</Dial><Say>Sorry</Say>"
    )
    w.network.phone(ANA).dial().expect_heard("sorry")
    assert {p.code for p in w.network.problems} == {13224, 13214}


def test_a_message_is_recorded_until_silence(w: World) -> None:
    w.app.says(
        "/inbound",
        "<Say>Leave word</Say><Record action='/after' timeout='4' recordingStatusCallback='/rec'/>"
        "<Say>Nothing</Say>",
    )
    ana = w.network.phone(ANA).dial().expect_heard("leave word").hear_out()
    w.network.advance(1)
    ana.say("The pump is leaking again")
    ana.expect_heard("that was it")
    form = w.app.at("/after")[0]
    recording = w.network.recordings[form["RecordingSid"]]
    assert recording.words == ["The pump is leaking again"]
    assert int(form["RecordingDuration"]) == 7
    assert w.app.at("/rec")[0]["RecordingStatus"] == "completed"
    sound = w.session.get(form["RecordingUrl"] + ".wav", timeout=5)
    assert sound.content[:4] == b"RIFF"
    assert w.get("/Recordings.json", CallSid=ana.call.sid).json()["recordings"][0]["duration"] == "7"
    assert ACCOUNT
    assert TOKEN


def test_silence_falls_through_and_a_hang_up_keeps_the_message(w: World) -> None:
    w.app.says("/inbound", "<Record action='/after' timeout='3'/><Say>Nothing heard</Say>")
    w.network.phone(ANA).dial().expect_heard("nothing heard").expect_ended()
    assert not w.app.at("/after")
    ana = w.network.phone(ANA).dial().say("Call me back")
    ana.hang_up()
    assert [f["Digits"] for f in w.app.at("/after")] == ["hangup"]
