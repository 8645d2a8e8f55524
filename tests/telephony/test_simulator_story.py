"""The story driver fails when it should, and says what really happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telephony.simulated_application import World, world

ANA, BEN = "+15557770001", "+15557770002"


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        yield everything


def test_a_phone_that_should_ring_and_does_not(w: World) -> None:
    with pytest.raises(AssertionError, match=r"Ana Ruiz .* should ring, and does not"):
        w.network.phone(ANA, name="Ana Ruiz").expect_call()


def test_words_that_are_not_said_fail_with_the_whole_transcript(w: World) -> None:
    w.call(ANA, "<Gather numDigits='1'><Say>Press one now</Say></Gather>")
    story = w.network.phone(ANA).expect_call("press one")
    with pytest.raises(AssertionError, match=r"(?s)should hear 'two'.*RING.*answered.*HEARD.*Press one now"):
        story.expect_heard("two", within=3)


def test_an_unexpected_ring_fails_the_test(w: World) -> None:
    w.call(ANA, "<Say>x</Say>")
    w.network.settle()
    with pytest.raises(AssertionError, match=r"rang at .* nobody expected"):
        w.network.assert_nothing_unexpected()
    with pytest.raises(AssertionError, match="should not ring"):
        w.network.phone(ANA).expect_no_call()


def test_a_call_from_the_wrong_number_fails(w: World) -> None:
    w.call(ANA, "<Say>x</Say>")
    with pytest.raises(AssertionError, match="should ring from"):
        w.network.phone(ANA).expect_call(from_=BEN)


def test_steps_after_the_end_of_the_call_fail(w: World) -> None:
    w.call(ANA, "<Say>Bye</Say>")
    story = w.network.phone(ANA).expect_call("bye").expect_ended()
    for step in (lambda: story.press("1"), lambda: story.say("hm"), story.hang_up):
        with pytest.raises(AssertionError, match="the call has ended"):
            step()


def test_what_was_said_and_what_was_not(w: World) -> None:
    w.call(ANA, "<Say>Alpha beta</Say><Say>gamma</Say><Pause length='20'/><Say>delta</Say>")
    story = w.network.phone(ANA).expect_call("beta gamma")
    story.expect_not_heard("delta").expect_silence(during=10)
    with pytest.raises(AssertionError, match="should hear nothing, and hears 'delta'"):
        story.expect_silence(during=15)
    with pytest.raises(AssertionError, match="should not hear"):
        story.expect_not_heard("DELTA")


def test_words_before_the_last_key_do_not_count_again(w: World) -> None:
    w.app.says("/key", "<Say>Thank you</Say>")
    w.call(ANA, "<Gather numDigits='1' action='/key'><Say>One or two</Say></Gather>")
    story = w.network.phone(ANA).expect_call("one").press("1")
    with pytest.raises(AssertionError, match="should hear 'one'"):
        story.expect_heard("one", within=1)


def test_waiting_for_words_moves_time_no_further_than_the_words(w: World) -> None:
    w.call(ANA, f"<Say>{'a' * 14} here {'b' * 140}</Say>")
    began = w.network.clock()
    w.network.phone(ANA).expect_call("here")
    assert (w.network.clock() - began).total_seconds() == pytest.approx(19 / 14, abs=0.1)


def test_a_phone_with_habits_answers_presses_and_hangs_up(w: World) -> None:
    w.app.says("/key", "<Gather numDigits='1' action='/second'><Say>Second</Say></Gather>")
    w.app.says("/second", "<Pause length='60'/>")
    w.network.phone(ANA).always(answer_after=2, press="31", hang_up_after=20)
    sid = w.call(ANA, "<Gather numDigits='1' action='/key'><Say>First</Say></Gather>")
    w.network.advance(30)
    assert [f["Digits"] for f in w.app.at("/key") + w.app.at("/second")] == ["3", "1"]
    assert w.get(f"/Calls/{sid}.json").json()["duration"] == "20"
    w.network.assert_nothing_unexpected()
