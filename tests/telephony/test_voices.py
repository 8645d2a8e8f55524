"""Every person is spoken to in their language by a voice that speaks it, with words fit for a voice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.speech import digit_by_digit, fit_to_seconds, seconds_to_say, sentences, shortened, spoken
from telephony.voices import DEFAULT_VOICE, VOICES, voice_for


@pytest.mark.parametrize(
    ("tag", "language", "name"),
    [
        ("en", "en-US", "Polly.Joanna-Neural"),
        ("en-GB", "en-GB", "Polly.Amy-Neural"),
        ("de", "de-DE", "Polly.Vicki-Neural"),
        ("de-LI", "de-DE", "Polly.Vicki-Neural"),
        ("pt_BR", "pt-BR", "Polly.Camila-Neural"),
        ("ES-mx", "es-MX", "Polly.Mia-Neural"),
        ("sw", "en-US", "Polly.Joanna-Neural"),
        ("", "en-US", "Polly.Joanna-Neural"),
    ],
)
def test_the_voice_fits_the_language(tag: str, language: str, name: str) -> None:
    voice = voice_for(tag)
    assert (voice.language, voice.name) == (language, name)


def test_a_voice_belongs_to_one_language_but_for_those_who_are_bilingual() -> None:
    languages: dict[str, set[str]] = {}
    for voice in VOICES.values():
        languages.setdefault(voice.name, set()).add(voice.language)
    assert {name: found for name, found in languages.items() if len(found) > 1} == {
        "Polly.Kajal-Neural": {"en-IN", "hi-IN"}
    }
    assert DEFAULT_VOICE in VOICES.values()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.com/x?y=1 now", "See now"),
        ("Bad 😡👍🏽 day ❤️", "Bad day"),
        ("\u202eevil\u202c \x00\x1b[31mred", "evil [31mred"),
        ("a\n\n  b\t c", "a b c"),
        ("Help!!!!! ----- now", "Help! - now"),
        ("It is 20°C, §4, £5 & 3 < 4", "It is 20°C, §4, £5 & 3 < 4"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("1\ufe0f\u20e3 first", "1 first"),
        ("", ""),
    ],
)
def test_words_become_fit_for_a_voice(text: str, expected: str) -> None:
    assert spoken(text) == expected


@given(st.text(max_size=2_000))
def test_nothing_unspeakable_is_left(text: str) -> None:
    said = spoken(text)
    assert len(said) <= 1_000
    assert not any(ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF for character in said)
    assert spoken(said) == said or "…" in said


def test_a_case_is_said_digit_by_digit() -> None:
    assert digit_by_digit(1042) == "1 0 4 2"


def test_long_text_ends_with_a_sentence_if_one_ends_in_time() -> None:
    text = "The line failed on Monday. It failed again on Tuesday. Nobody came on Wednesday."
    assert shortened(text, 60) == "The line failed on Monday. It failed again on Tuesday."
    assert shortened("one two three four five", 15) == "one two three…"
    assert shortened("x" * 30, 10) == "x" * 9 + "…"
    assert shortened("short", 10) == "short"


def test_sentences_are_told_apart_but_numbers_are_not_torn() -> None:
    assert sentences("Worth 3.5 million. Really? Yes") == ["Worth 3.5 million.", "Really?", "Yes"]
    assert sentences("回線が落ちた。至急！") == ["回線が落ちた。", "至急！"]


def test_about_forty_five_words_take_about_twenty_seconds() -> None:
    text = "the customer called three times about the same invoice and was promised an answer " * 3
    assert len(text.split()) == 42
    assert 15 <= seconds_to_say(text) <= 20
    assert seconds_to_say("障害が発生しています", "ja") == pytest.approx(10 / 7.0)
    assert seconds_to_say("") == 0
    assert seconds_to_say("1042") > seconds_to_say("abcd")


def test_what_matters_most_is_kept_within_the_time() -> None:
    said = ["Acme is worth a lot.", "The line has been down for two days.", "They want a date. " * 9]
    kept = fit_to_seconds(said, limit=8)
    assert kept[:2] == said[:2]
    assert seconds_to_say(" ".join(kept)) <= 8


@given(st.lists(st.text(max_size=200), max_size=6), st.floats(1, 30), st.sampled_from(["en", "de", "ja"]))
def test_the_brief_never_exceeds_its_time(said: list[str], limit: float, language: str) -> None:
    assert seconds_to_say(" ".join(fit_to_seconds(said, limit=limit, language=language)), language) <= limit
