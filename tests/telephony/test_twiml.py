"""What we tell Twilio to do is valid TwiML, in the person's language, escaped, and records no call."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.twiml import Pause, Script, Sound, empty, reply, twiml_response

GRAMMAR = json.loads((Path(__file__).parents[2] / "telephony/simulator/contract.json").read_text())["twiml"]


def tree(script: Script) -> ET.Element:
    """The script as a tree, each verb and attribute checked against Twilio's own grammar."""
    root = ET.fromstring(script.render())  # noqa: S314 - our own words
    check(root, GRAMMAR["voice"])
    return root


def check(element: ET.Element, grammar: dict[str, dict[str, list[str]]]) -> None:
    known = grammar[element.tag]
    assert set(element.attrib) <= set(known["attrs"])
    for child in element:
        assert child.tag in known["children"]
        check(child, grammar)


def test_words_are_said_in_the_language_by_its_voice() -> None:
    [say] = tree(Script("de-CH").say("Guten Tag"))
    assert say.attrib == {"language": "de-DE", "voice": "Polly.Vicki-Neural"}
    assert say.text == "Guten Tag"


def test_prompts_inside_a_gather_have_the_voice_too() -> None:
    script = Script("fr").gather(
        prompts=["Un", Pause(2), Sound("https://x/bell.mp3"), "Deux"],
        action="https://x/keys?a=1&b=2",
        timeout=6,
    )
    [gather] = tree(script)
    assert [child.tag for child in gather] == ["Say", "Pause", "Play", "Say"]
    assert {child.get("voice") for child in gather.iter("Say")} == {"Polly.Lea-Neural"}
    assert gather.attrib == {
        "action": "https://x/keys?a=1&b=2",
        "method": "POST", "input": "dtmf", "timeout": "6", "finishOnKey": "",
    }  # fmt: skip


def test_a_gather_can_end_at_digits_at_a_key_and_at_silence() -> None:
    [gather] = tree(
        Script().gather(
            prompts=["PIN"], action="https://x", timeout=9, digits=4, finish_on_key="#", action_on_empty=True
        )
    )
    assert gather.get("numDigits") == "4"
    assert gather.get("finishOnKey") == "#"
    assert gather.get("actionOnEmptyResult") == "true"


def test_what_a_customer_wrote_is_escaped_and_cleaned() -> None:
    script = Script().say('</Say><Dial>+1900</Dial> & "quoted" \x00\u202e 😡 https://evil.example/')
    [say] = tree(script)
    assert say.text == '</Say><Dial>+1900</Dial> & "quoted"'
    assert "<Dial>" not in script.render()


@given(st.text(max_size=300), st.sampled_from(["en", "de", "ja", "xx"]))
def test_any_text_makes_valid_twiml(text: str, language: str) -> None:
    for element in tree(Script(language).say(text).gather(prompts=[text], action="https://x", timeout=5)):
        assert element.tag in {"Say", "Gather"}


def test_nothing_to_say_adds_nothing() -> None:
    assert len(tree(Script().say(" 😡 \x00"))) == 0


def test_a_story_is_cut_at_a_sentence() -> None:
    [say] = tree(Script().say("It failed again. " * 200))
    assert say.text is not None
    assert len(say.text) <= 1_000
    assert say.text.endswith("again.")


def test_a_conference_does_not_beep_and_hears_nobody_it_should_not() -> None:
    [dial] = tree(
        Script().conference(
            name="case-7", status_callback="https://x/c", wait_url="", muted=True, start_on_enter=False,
            end_on_exit=True, label="listener", coach="CA1", action="https://x/left", hangup_on_star=True,
        )
    )  # fmt: skip
    [conference] = dial
    assert conference.text == "case-7"
    assert conference.attrib == {
        "beep": "false", "muted": "true", "startConferenceOnEnter": "false", "endConferenceOnExit": "true",
        "waitUrl": "", "statusCallback": "https://x/c", "statusCallbackMethod": "POST",
        "statusCallbackEvent": "start end join leave mute hold modify announcement", "participantLabel": "listener",
        "coach": "CA1",
    }  # fmt: skip
    assert dial.attrib == {"action": "https://x/left", "method": "POST", "hangupOnStar": "true"}


def test_a_conference_is_plain_by_default() -> None:
    [dial] = tree(Script().conference(name="case-7", status_callback="https://x/c"))
    assert dial.attrib == {}
    assert dial[0].get("waitUrl") is None
    assert dial[0].get("beep") == "false"


def test_a_number_is_dialled_with_our_own_as_caller() -> None:
    [dial] = tree(
        Script().dial(
            number="+15550002000", caller_id="+15550001000", action="https://x/done", ring_seconds=20,
            whisper_url="https://x/whisper", status_callback="https://x/leg",
        )
    )  # fmt: skip
    assert dial.get("callerId") == "+15550001000"
    assert dial.get("timeout") == "20"
    [number] = dial
    assert number.text == "+15550002000"
    assert number.get("url") == "https://x/whisper"
    assert number.get("statusCallbackEvent") == "ringing answered completed"


def test_only_a_message_is_ever_recorded() -> None:
    script = (
        Script()
        .conference(name="a", status_callback="https://x")
        .dial(number="+15550002000", caller_id="+15550001000", action="https://x", ring_seconds=20)
    )
    assert "ecord" not in script.render()
    [record] = tree(
        Script().record(action="https://x/left", max_seconds=90, status_callback="https://x/ready")
    )
    assert record.get("maxLength") == "90"
    assert record.get("finishOnKey") == "#"


def test_verbs_stand_in_the_order_they_were_added() -> None:
    script = Script().play("https://x/a.mp3").pause(0).say("Bye").redirect("https://x/next").hang_up()
    assert [verb.tag for verb in tree(script)] == ["Play", "Pause", "Say", "Redirect", "Hangup"]
    assert tree(Script().pause(0))[0].get("length") == "1"


@pytest.mark.parametrize(("busy", "reason"), [(True, "busy"), (False, "rejected")])
def test_a_call_can_be_turned_away(busy: bool, reason: str) -> None:
    [reject] = tree(Script().reject(busy=busy))
    assert reject.get("reason") == reason


def test_a_text_is_answered_by_a_text_or_by_nothing() -> None:
    root = ET.fromstring(reply("You have it & thanks"))  # noqa: S314 - our own words
    check(root, GRAMMAR["messaging"])
    assert root[0].text == "You have it & thanks"
    assert len(ET.fromstring(empty())) == 0  # noqa: S314 - our own words


def test_the_answer_is_xml_in_utf8() -> None:
    answer = twiml_response(Script("de").say("Grüß Gott"))
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    assert "Grüß Gott" in answer.content.decode("utf-8")
    assert twiml_response(empty()).content == empty().encode()
