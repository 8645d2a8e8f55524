"""All that listening says: alike in every language, filled by its callers, short enough to be heard and texted."""

import re
import tomllib
from string import Formatter

import pytest

from listening.agent_words import Wish, read
from listening.prompts import FOLDER, languages, prompt
from telephony.speech import seconds_to_say
from telephony.texts import fold, is_gsm, segments

SENTENCES = {
    language: {
        f"{section}.{name}": words
        for section, names in tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")).items()
        for name, words in names.items()
    }
    for language in sorted(languages())
}
ENGLISH = SENTENCES["en"]
SAMPLES = {
    "email": "maximilian.okafor@example.com",
    "group": "Acme Industries support",
    "key": "5",
    "listener": "Maximilian Okafor",
    "minutes": 30,
    "name": "Maximilian Okafor",
    "phone": "+15550100001",
    "seconds": 42,
    "url": "https://officer.example.com/listening/sessions/12345/debrief/",
}
TEXTS = ["agent.offer_text", "agent.wants_a_word", "text.debrief", "text.missed"] + [
    f"agent.{name}"
    for name in (
        "declined", "nothing_to_decline", "may_whisper", "may_speak", "muted", "paying", "paid", "no_call",
    )
]  # fmt: skip
SPOKEN = [key for key in ENGLISH if key not in TEXTS and not key.startswith("text.")]
LONGEST = {"session.menu": 10, "customer.opt_in": 14, "customer.announcement": 12}

every_language = pytest.mark.parametrize("language", sorted(SENTENCES))


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def filled(key: str, language: str) -> str:
    return prompt(key, language, **SAMPLES)


@every_language
def test_every_language_says_the_same_with_the_same_places(language: str) -> None:
    words = SENTENCES[language]
    assert list(words) == list(ENGLISH)
    for key, english in ENGLISH.items():
        assert places(words[key]) == places(english), key
        assert sorted(re.findall(r"\d", words[key])) == sorted(re.findall(r"\d", english)), key
        assert words[key].strip() == words[key] != "", key
        assert "  " not in words[key], key
        assert language == "en" or words[key] != english, key


@every_language
def test_what_is_said_is_short(language: str) -> None:
    for key in SPOKEN:
        seconds = seconds_to_say(filled(key, language), language)
        assert seconds <= LONGEST.get(key, 11), f"{key}: {seconds:.1f} s"


@every_language
@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_cheap(language: str, key: str) -> None:
    text = fold(filled(key, language), language=language)
    assert is_gsm(text)
    assert segments(text) <= 2


@every_language
def test_the_first_words_name_no_customer(language: str) -> None:
    for key in ("session.hello", "session.press", "session.silence"):
        assert places(SENTENCES[language][key]) <= {"name", "minutes"}


@every_language
def test_what_an_agent_is_told_to_reply_is_understood(language: str) -> None:
    """Each word in capitals means what its sentence says, as it is written and as it arrives."""
    offer = re.findall(r"\b[^\W\d_]{2,}\b", fold(SENTENCES[language]["agent.offer_text"], language=language))
    wishes = [read(word) for word in offer if word.isupper()]
    assert wishes == [Wish.DECLINE, Wish.WHISPER, Wish.SPEAK, Wish.PAY, Wish.PAID]
    for key, wish in (("may_whisper", Wish.MUTE), ("may_speak", Wish.MUTE), ("paying", Wish.PAID)):
        (word,) = [
            w for w in re.findall(r"\b[^\W\d_]{2,}\b", SENTENCES[language][f"agent.{key}"]) if w.isupper()
        ]
        assert read(word) is wish
        assert read(f" {word.capitalize()}! ") is wish


def test_any_other_text_means_nothing_here() -> None:
    for text in ("", "no thank you, call me", "yes", "1", "stop", "payment received"):
        assert read(text) is None


def test_every_sentence_is_said_somewhere() -> None:
    source = "".join(path.read_text("utf-8") for path in FOLDER.parent.glob("*.py"))
    assert [key for key in ENGLISH if f'"{key}"' not in source] == []
