"""How words become fit to be spoken, and how long speaking them takes. Pure."""

import math
import re
import unicodedata
from collections.abc import Iterable

# A spoken prompt longer than about a minute is not listened to.
LONGEST_SAID = 1_000

# Characters a second of Amazon Polly's neural voices at their normal rate, blanks included. English: about
# 150 to 160 words a minute (the rate of conversation; National Center for Voice and Speech) of on average
# 5.7 characters with the blank. Other languages by how many characters carry the same second of speech
# (Pellegrino, Coupe and Marsico 2011, "A cross-language perspective on speech information rate"): about as
# fast in alphabetic scripts, far fewer characters where one character is a syllable or a word.
_CHARACTERS_A_SECOND = {"ja": 7.0, "zh": 4.5, "yue": 4.5, "cmn": 4.5, "ko": 6.5}
_CHARACTERS_A_SECOND_DEFAULT = 14.0
# The pause that a voice makes at the end of a sentence.
_PAUSE_SECONDS = 0.3

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|[。！？]")
_REPEATED = re.compile(r"([!?.,;:*#_=~-])\1+")
_SPOKEN_SYMBOLS = frozenset("°©®™№")
_JOINERS = frozenset("\u200c\u200d")
_UNSPEAKABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Me"})


def spoken(text: str, *, longest: int = LONGEST_SAID) -> str:
    """The words fit for a voice: no URL, emoji, control or direction characters, blanks single, and short."""
    without_urls = _URL.sub(" ", text)
    kept = []
    for character in unicodedata.normalize("NFC", without_urls):
        if character.isspace():
            kept.append(" ")
        elif _can_be_spoken(character, after=kept[-1] if kept else ""):
            kept.append(character)
    words = " ".join(_REPEATED.sub(r"\1", "".join(kept)).split())
    return shortened(words, longest)


def _can_be_spoken(character: str, *, after: str) -> bool:
    if character in _JOINERS:  # they shape letters of Persian and Hindi; elsewhere they glue emoji
        return unicodedata.category(after)[0] in {"L", "M"} if after else False
    if "\ufe00" <= character <= "\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return False  # variation selectors and skin tones
    return character in _SPOKEN_SYMBOLS or unicodedata.category(character) not in _UNSPEAKABLE


def digit_by_digit(number: str | int) -> str:
    """A number as its digits one by one: case 1042 is said "1 0 4 2", not "one thousand and forty-two"."""
    return " ".join(str(number))


def shortened(text: str, longest: int) -> str:
    """The text within so many characters, cut after a sentence that ends in the second half, else a word."""
    if len(text) <= longest:
        return text
    room = text[:longest]
    ends = [match.end() for match in _SENTENCE_END.finditer(room)]
    if ends and ends[-1] >= longest // 2:
        return room[: ends[-1]]
    room = text[: max(0, longest - 1)]
    cut = room.rfind(" ")
    return (room[:cut] if cut >= longest // 2 else room).rstrip(" ,;:-") + "…"


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, each with its end mark."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def seconds_to_say(text: str, language: str = "en") -> float:
    """How long a voice takes for the text, in seconds (an estimate on the slow side; digits count double)."""
    words = spoken(text, longest=max(LONGEST_SAID, len(text)))
    rate = _characters_a_second(language)
    characters = len(words) + sum(character.isdigit() for character in words)
    # The last pause is silence after the words.
    pauses = max(0, len(sentences(words)) - 1)
    return characters / rate + pauses * _PAUSE_SECONDS


def fit_to_seconds(said: Iterable[str], *, limit: float, language: str = "en") -> list[str]:
    """As many of the sentences, from the first, as are said within `limit` seconds.

    The first that does not fit is shortened if at least three seconds of it can be kept, and ends the list;
    so put what matters most first.
    """
    kept: list[str] = []
    for sentence in said:
        together = " ".join([*kept, sentence])
        if seconds_to_say(together, language) <= limit:
            kept.append(sentence)
            continue
        room = limit - (seconds_to_say(" ".join(kept), language) + _PAUSE_SECONDS if kept else 0.0)
        if room >= 3:
            part = _shortened_to_seconds(sentence, limit=room, language=language)
            if part:
                kept.append(part)
        break
    return kept


def _characters_a_second(language: str) -> float:
    return _CHARACTERS_A_SECOND.get(language.partition("-")[0].lower(), _CHARACTERS_A_SECOND_DEFAULT)


def _shortened_to_seconds(sentence: str, *, limit: float, language: str) -> str:
    rate = _characters_a_second(language)
    longest = math.floor(limit * rate)
    part = shortened(spoken(sentence), longest)
    while part and seconds_to_say(part, language) > limit:
        longest -= max(1, longest // 20)
        part = shortened(spoken(sentence), longest) if longest > 0 else ""
    return part
