"""<Gather> and the plain verbs, as Twilio runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telephony.simulated_application import World, world

ANA = "+15557770001"


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        everything.app.says("/key", "<Say>Thank you</Say>")
        yield everything


def keys(w: World) -> list[str]:
    return [form["Digits"] for form in w.app.at("/key")]


def test_a_key_barges_in_and_is_sent_at_once_when_one_is_wanted(w: World) -> None:
    w.call(
        ANA,
        "<Gather numDigits='1' action='/key'><Say>A very long prompt indeed, with many words</Say></Gather>",
    )
    story = w.network.phone(ANA).expect_call("a very")
    story.press("1").expect_heard("thank you")
    assert story.words[0].cut_at is not None
    assert keys(w) == ["1"]


def test_the_first_of_two_keys_silences_the_prompt(w: World) -> None:
    w.call(ANA, "<Gather numDigits='2' action='/key'><Say>A very long prompt indeed</Say></Gather>")
    story = w.network.phone(ANA).expect_call("a very").press("1")
    (prompt,) = story.words
    assert prompt.ends_at() == w.network.clock()
    assert keys(w) == []


def test_silence_falls_through_after_prompt_and_timeout(w: World) -> None:
    w.call(ANA, f"<Gather timeout='4' action='/key'><Say>{'x' * 28}</Say></Gather><Say>Goodbye</Say>")
    story = w.network.phone(ANA).expect_call()
    w.network.advance(5.9)
    story.expect_not_heard("goodbye")
    story.expect_heard("goodbye", within=1)
    assert keys(w) == []


def test_an_empty_result_is_sent_when_asked_for(w: World) -> None:
    w.call(ANA, "<Gather timeout='2' action='/key' actionOnEmptyResult='true'/><Say>Goodbye</Say>")
    w.network.phone(ANA).expect_call("thank you")
    assert keys(w) == [""]


@pytest.mark.parametrize(
    ("attributes", "pressed", "sent", "finished_on"),
    [
        ("", "123#", "123", "#"),
        ("finishOnKey='*'", "12*", "12", "*"),
        ("numDigits='3'", "123", "123", ""),
        ("finishOnKey=''  numDigits='2'", "#*", "#*", ""),
    ],
)
def test_what_completes_the_input(
    w: World, attributes: str, pressed: str, sent: str, finished_on: str
) -> None:
    w.call(ANA, f"<Gather action='/key' {attributes}/>")
    w.network.phone(ANA).expect_call().press(pressed).expect_heard("thank you")
    assert [(f["Digits"], f["FinishedOnKey"]) for f in w.app.at("/key")] == [(sent, finished_on)]


def test_a_pause_between_keys_completes_the_input(w: World) -> None:
    w.call(ANA, "<Gather action='/key' timeout='3'/>")
    story = w.network.phone(ANA).expect_call().press("1")
    w.network.advance(2)
    story.press("2")
    w.network.advance(2.9)
    assert keys(w) == []
    w.network.advance(0.2)
    assert keys(w) == ["12"]


def test_the_default_action_is_the_same_document(w: World) -> None:
    w.call(ANA, "<Gather numDigits='1'><Say>Again</Say></Gather>")
    story = w.network.phone(ANA).expect_call("again")
    story.press("7").expect_heard("again")
    assert [f.get("Digits") for f in w.app.at("/voice")] == [None, "7"]


def test_speech_is_gathered_when_asked_for(w: World) -> None:
    w.call(ANA, "<Gather input='dtmf speech' action='/key'/>")
    w.network.phone(ANA).expect_call().say("yes please")
    assert w.app.at("/key")[0]["SpeechResult"] == "yes please"


def test_a_key_that_nothing_waits_for_is_lost_and_the_transcript_says_so(w: World) -> None:
    w.call(ANA, "<Say>Just listen to this for a while</Say>")
    ana = w.network.phone(ANA)
    ana.expect_call("just").press("1")
    assert any("nothing was waiting" in note.text for note in ana.notes)


def test_say_loops_pauses_plays_and_redirects(w: World) -> None:
    w.app.says("/next", "<Say language='de-DE'>Guten Tag</Say><Hangup/><Say>Never</Say>")
    w.call(
        ANA,
        "<Say loop='2'>Twice</Say><Pause length='3'/><Play>/tone.mp3</Play><Play digits='1w2'/>"
        "<Redirect>/next</Redirect><Say>Never</Say>",
    )
    story = w.network.phone(ANA).expect_call("twice").expect_heard("Guten Tag").expect_ended()
    assert [h.text for h in story.words] == [
        "Twice",
        "Twice",
        f"[{w.app.url}/tone.mp3]",
        "[keys 1w2]",
        "Guten Tag",
    ]
    assert story.words[-1].language == "de-DE"
    begun = story.words[0].at
    assert (story.words[2].at - begun).total_seconds() == pytest.approx(2 * 5 / 14 + 3, abs=0.01)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Response><Say>open", 12100),
        ("<Answer/>", 12200),
        ("<Response><Shout>x</Shout></Response>", 12200),
        ("<!DOCTYPE x><Response/>", 12100),
    ],
)
def test_bad_documents_end_the_call_with_an_apology(w: World, document: str, code: int) -> None:
    w.app.answers["/voice"] = document
    w.call(ANA, Url=w.app.url + "/voice")
    w.network.phone(ANA).expect_call("application error").expect_ended()
    assert code in {p.code for p in w.network.problems}


def test_unknown_attributes_and_nesting_are_warned_of(w: World) -> None:
    w.call(ANA, "<Gather digits='1'><Say voise='x'>Hm</Say><Redirect>/x</Redirect></Gather>")
    w.network.phone(ANA).expect_call("hm")
    assert {p.text for p in w.network.problems} == {
        "<Gather> has no attribute 'digits'",
        "<Say> has no attribute 'voise'",
        "<Redirect> may not stand in <Gather>",
    }


def test_a_circle_of_redirects_ends(w: World) -> None:
    w.call(ANA, "<Redirect>/voice</Redirect>")
    w.network.phone(ANA).expect_call("application error")
