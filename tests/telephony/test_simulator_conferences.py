"""Conferences: who is in, who hears whom, what the application is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from telephony.simulator.story import CallStory
from tests.telephony.simulated_application import COMPANY, World, world

ANA, BEN, CAT = "+15557770001", "+15557770002", "+15557770003"
ALL_EVENTS = "start end join leave mute hold modify speaker announcement"


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        yield everything


def joins(w: World, number: str, attributes: str = "", *, after: str = "") -> CallStory:
    """`number` is rung and put into the conference `case-1`."""
    path = f"/join{number[-1]}"
    events = f"statusCallback='/events' statusCallbackEvent='{ALL_EVENTS}'"
    url = w.app.says(
        path, f"<Dial><Conference beep='false' {events} {attributes}>case-1</Conference></Dial>{after}"
    )
    w.call(number, Url=url)
    return w.network.phone(number).expect_call()


def events(w: World) -> list[str]:
    return [f["StatusCallbackEvent"] for f in w.app.at("/events")]


def room(w: World) -> str:
    return str(w.get("/Conferences.json", FriendlyName="case-1").json()["conferences"][0]["sid"])


def who(w: World, story: CallStory) -> str:
    return f"/Conferences/{room(w)}/Participants/{story.call.sid}.json"


def test_two_meet_and_the_application_follows(w: World) -> None:
    ana = joins(w, ANA).expect_heard("[hold music]")
    assert w.network.who_hears(ANA) == set()
    ben = joins(w, BEN)
    ana.expect_in_conference_with(w.network.phone(BEN)).say("Hello Ben")
    ben.expect_heard("hello ben")
    ana.hang_up()
    assert ben.call.is_live
    ben.hang_up()
    assert events(w) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-speech-start",
        "participant-speech-stop",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    numbers = [int(f["SequenceNumber"]) for f in w.app.at("/events")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert w.app.at("/events")[-1]["ReasonConferenceEnded"] == "last-participant-left"
    assert all(hit.signed for hit in w.app.hits)


def test_it_starts_only_with_somebody_who_starts_it(w: World) -> None:
    ana = joins(w, ANA, "startConferenceOnEnter='false' waitUrl=''")
    ben = joins(w, BEN, "startConferenceOnEnter='false' waitUrl=''")
    assert w.network.who_hears(ANA) == set()
    joins(w, CAT)
    assert w.network.who_hears(ANA) == {BEN, CAT}
    ana.expect_in_conference_with(ben.phone, w.network.phone(CAT))


def test_who_hears_whom_when_muted_held_and_coaching(w: World) -> None:
    ana, ben = joins(w, ANA), joins(w, BEN)
    cat = joins(w, CAT, f"muted='true' participantLabel='listener' coach='{ben.call.sid}'")
    hears = w.network.who_hears
    assert (hears(ANA), hears(BEN), hears(CAT)) == ({BEN, CAT}, {ANA, CAT}, set())
    w.post(who(w, cat), Muted="false")
    assert hears(CAT) == {BEN}
    cat.say("Ask her about the valve")
    ben.expect_heard("ask her about the valve")
    ana.expect_not_heard("valve")
    w.post(who(w, cat), Coaching="false")
    assert hears(CAT) == {ANA, BEN}
    w.post(who(w, ana), Hold="true")
    assert (hears(ANA), hears(BEN)) == (set(), {CAT})
    ana.expect_heard("[hold music]")
    w.post(who(w, ana), Hold="false")
    assert hears(ANA) == {BEN, CAT}
    w.network.settle()
    assert [e for e in events(w) if "join" not in e and "speech" not in e] == [
        "conference-start",
        "participant-unmute",
        "participant-modify",
        "participant-hold",
        "participant-unhold",
    ]
    listed = w.get(f"/Conferences/{room(w)}/Participants/listener.json").json()
    assert (listed["label"], listed["muted"], listed["coaching"]) == ("listener", False, False)


def test_coach_needs_a_live_call_in_the_running_conference(w: World) -> None:
    joins(w, ANA)
    joins(w, BEN)
    joins(w, CAT, f"coach='CA{'0' * 32}'").expect_heard("application error")
    assert {p.code for p in w.network.problems} == {13240}


def test_labels_are_unique(w: World) -> None:
    joins(w, ANA, "participantLabel='officer'")
    joins(w, BEN, "participantLabel='officer'").expect_heard("application error")
    answer = w.post(f"/Conferences/{room(w)}/Participants.json", From=COMPANY, To=CAT, Label="officer")
    assert answer.json()["code"] == 16025


def test_the_end_of_one_may_be_the_end_of_all(w: World) -> None:
    ana = joins(w, ANA, after="<Say>And afterwards</Say>")
    ben = joins(w, BEN, "endConferenceOnExit='true'")
    ben.hang_up()
    ana.expect_heard("and afterwards").expect_ended()
    last = next(f for f in w.app.at("/events") if f["StatusCallbackEvent"] == "conference-end")
    assert last["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert last["CallSidEndingConference"] == ben.call.sid


def test_only_the_first_to_join_sets_the_callbacks(w: World) -> None:
    url = w.app.says("/plain", "<Dial><Conference>case-1</Conference></Dial>")
    w.call(ANA, Url=url)
    w.network.phone(ANA).expect_call()
    joins(w, BEN)
    assert events(w) == []


def test_the_beep_is_on_by_default_and_all_hear_it(w: World) -> None:
    ana = joins(w, ANA)
    url = w.app.says("/plain", "<Dial><Conference>case-1</Conference></Dial>")
    w.call(BEN, Url=url)
    ben = w.network.phone(BEN).expect_call()
    ana.expect_heard("[beep]")
    ben.expect_heard("[beep]")


def test_the_waiting_room_is_the_applications_until_it_starts(w: World) -> None:
    w.app.says("/wait", "<Say>The officer is coming</Say><Pause length='4'/>")
    ana = joins(w, ANA, "waitUrl='/wait'").expect_heard("the officer is coming")
    w.network.advance(12)
    said = len(ana.words)
    assert said >= 2
    joins(w, BEN)
    w.network.advance(20)
    assert len(ana.words) == said


def test_a_waiting_room_with_nothing_to_play_is_asked_seldom(w: World) -> None:
    w.app.says("/wait", "")
    joins(w, ANA, "waitUrl='/wait'")
    w.network.advance(30)
    assert len(w.app.at("/wait")) <= 4


def test_somebody_is_rung_into_the_conference(w: World) -> None:
    joins(w, ANA)
    made = w.post(
        f"/Conferences/{room(w)}/Participants.json",
        From=COMPANY,
        To=BEN,
        Label="customer",
        Beep="false",
        EndConferenceOnExit="true",
        StatusCallback=w.app.url + "/status",
        Timeout=20,
    ).json()
    assert (made["status"], made["label"]) == ("queued", "customer")
    ringing = w.network.phone(BEN).expect_ring(from_=COMPANY)
    assert w.get(f"/Conferences/{room(w)}/Participants.json").json()["participants"][1]["status"] == "ringing"
    ringing.answer().expect_in_conference_with(w.network.phone(ANA))
    w.network.phone(BEN).hang_up()
    w.network.settle()
    assert w.statuses() == ["completed"]
    assert not w.network.live_calls()


def test_who_is_rung_and_does_not_answer_is_reported_as_not_added(w: World) -> None:
    joins(w, ANA)
    w.network.phone(BEN).be_busy()
    w.post(f"/Conferences/{room(w)}/Participants.json", From=COMPANY, To=BEN, Label="customer")
    w.network.settle()
    left = w.app.at("/events")[-1]
    assert (left["StatusCallbackEvent"], left["ReasonParticipantLeft"], left["ParticipantLabel"]) == (
        "participant-leave",
        "participant_add_failed",
        "customer",
    )


def test_a_conference_by_name_is_made_for_the_first_who_is_rung(w: World) -> None:
    w.post(
        "/Conferences/case-2/Participants.json",
        From=COMPANY,
        To=BEN,
        ConferenceStatusCallback=w.app.url + "/c",
        ConferenceStatusCallbackEvent="join leave",
    )
    w.network.phone(BEN).expect_call().expect_heard("[hold music]").hang_up()
    assert [f["StatusCallbackEvent"] for f in w.app.at("/c")] == ["participant-join", "participant-leave"]


def test_announcements_removal_and_the_end_by_rest(w: World) -> None:
    ana, ben = joins(w, ANA), joins(w, BEN, after="<Say>Removed</Say>")
    announcement = w.app.says("/announce", "<Say>This call is listened to</Say>")
    w.post(f"/Conferences/{room(w)}.json", AnnounceUrl=announcement)
    ana.expect_heard("this call is listened to")
    ben.expect_heard("this call is listened to")
    w.post(who(w, ana), AnnounceUrl=w.app.says("/one", "<Say>For you alone</Say>"))
    ana.expect_heard("for you alone")
    ben.expect_not_heard("for you alone")
    assert w.session.delete(w.base + who(w, ben), timeout=5).status_code == 204
    ben.expect_heard("removed")
    w.post(f"/Conferences/{room(w)}.json", Status="completed")
    ana.expect_ended(within=0)
    assert events(w)[-1] == "conference-end"
    assert w.get(who(w, ana)).json()["code"] == 20404


def test_a_call_can_be_moved_out_of_a_conference(w: World) -> None:
    ana, ben = joins(w, ANA), joins(w, BEN)
    w.post(
        f"/Calls/{ana.call.sid}.json", Twiml="<Response><Say>Elsewhere</Say><Pause length='9'/></Response>"
    )
    ana.expect_heard("elsewhere")
    assert w.network.who_hears(BEN) == set()
    assert ben.call.is_live


def _update(w: World, story: CallStory, **form: Any) -> Any:
    return w.post(who(w, story), **form).json()


def test_bad_updates_are_refused(w: World) -> None:
    ana, _ = joins(w, ANA), joins(w, BEN)
    assert _update(w, ana, Muted="perhaps")["code"] == 20001
    assert _update(w, ana, Mute="true")["code"] == 20001
    assert _update(w, ana, Coaching="true", CallSidToCoach="CA" + "1" * 32)["code"] == 13240
    assert _update(w, ana, AnnounceUrl="file:///etc/passwd")["code"] == 21205
