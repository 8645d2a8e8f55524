"""How a text message fits its segments, and how to keep it cheap without changing what it says. Pure.

A text of the GSM 7-bit alphabet has 160 characters a segment (153 when there are several); one other
character makes it UCS-2, with 70 (67). Sources: 3GPP TS 23.038 section 6.2.1 (alphabet and extension table)
and TS 23.040 section 9.2.3.24.1 (concatenation);
https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding .
"""

import re
import unicodedata
from collections.abc import Iterator

# Twilio refuses more (21617): https://www.twilio.com/docs/messaging/api/message-resource
LONGEST_BODY = 1_600

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these takes two places: an escape and itself.
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")

# What means the same in plain characters, in every language.
_SAME_MEANING = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": "-",
    "…": "...", "⁄": "/", "×": "x", "™": "(TM)", "©": "(C)", "®": "(R)", "№": "No.", "½": "1/2", "¼": "1/4",
    "¾": "3/4", "ﬁ": "fi", "ﬂ": "fl", "→": "->", "←": "<-", "\t": " ",
}  # fmt: skip

# In these languages words are read without hesitation when an accent is lost, and their speakers text so
# themselves. In others (Polish, Czech, Swedish, Turkish, ...) another letter makes another word: they keep
# theirs, and the text costs more.
_BEAR_LOST_ACCENTS = frozenset({"ca", "en", "es", "fr", "it", "nl", "pt"})
_WITHOUT_ACCENT = {"œ": "oe", "Œ": "OE", "ª": "a", "º": "o", "ç": "c"}

_SINGLE = {"gsm": 160, "ucs2": 70}
_SEVERAL = {"gsm": 153, "ucs2": 67}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def fold(text: str, *, language: str = "") -> str:
    """The text in the GSM alphabet if that loses no meaning, else unchanged but for what nobody sees.

    Typographic signs become plain ones; accents fall only in languages that bear it (`language` is the
    text's). If one character remains that GSM does not have, the text is UCS-2 anyway and keeps its good
    typography.
    """
    clean = _clean(text)
    plain = "".join(_plain(character, language=language) for character in clean)
    return plain if is_gsm(plain) else clean


def is_gsm(text: str) -> bool:
    """Whether the text needs no character outside the GSM 7-bit alphabet and its extension."""
    return all(character in _GSM_BASIC or character in _GSM_EXTENDED for character in text)


def segments(text: str) -> int:
    """How many segments the text is sent and charged as."""
    coding = _coding(text)
    if _length(text) <= _SINGLE[coding]:
        return 1
    count, used = 1, 0
    for character in text:
        size = _size(character, coding)
        # Neither an escape and its character nor the two halves of an emoji are ever torn apart.
        if used + size > _SEVERAL[coding]:
            count, used = count + 1, 0
        used += size
    return count


def shorten(text: str, most: int) -> str:
    """The text within so many segments, cut between words and marked by "..." where it was cut."""
    if segments(text) <= most and len(text) <= LONGEST_BODY:
        return text
    kept = ""
    for piece in _growing(text[:LONGEST_BODY]):
        candidate = piece.rstrip(" ,;:-\n") + "..."
        if segments(candidate) > most or len(candidate) > LONGEST_BODY:
            break
        kept = candidate
    return kept


def _growing(text: str) -> Iterator[str]:
    """Ever longer beginnings of the text, a word at a time; within the first word, a character at a time."""
    ends = [match.start() for match in re.finditer(r"\s", text)]
    first = ends[0] if ends else len(text)
    for end in range(1, first + 1):
        # A letter and its combining accent, or the parts of one emoji, stay together.
        if end == len(text) or not _belongs_to_the_one_before(text[end], text[end - 1]):
            yield text[:end]
    for end in ends[1:]:
        yield text[:end]


def _belongs_to_the_one_before(character: str, before: str) -> bool:
    joiner = "\u200d"
    return bool(unicodedata.combining(character)) or character in {joiner, "\ufe0f"} or before == joiner


def _clean(text: str) -> str:
    """Composed characters, plain blanks, and no control or direction characters (line ends stay)."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = []
    for character in composed:
        if character in "\n\u200d":
            kept.append(character)
        elif character.isspace() or character == "\u00a0":
            kept.append(" ")
        elif unicodedata.category(character) not in _INVISIBLE:
            kept.append(character)
    return "".join(kept).strip()


def _plain(character: str, *, language: str) -> str:
    if character in _GSM_BASIC or character in _GSM_EXTENDED:
        return character
    if character in _SAME_MEANING:
        return _SAME_MEANING[character]
    if language.partition("-")[0].lower() not in _BEAR_LOST_ACCENTS:
        return character
    if character in _WITHOUT_ACCENT:
        return _WITHOUT_ACCENT[character]
    bare = unicodedata.normalize("NFD", character)[0]
    return bare if bare.isascii() and bare.isalpha() else character


def _coding(text: str) -> str:
    return "gsm" if is_gsm(text) else "ucs2"


def _size(character: str, coding: str) -> int:
    if coding == "gsm":
        return 2 if character in _GSM_EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1


def _length(text: str) -> int:
    coding = _coding(text)
    return sum(_size(character, coding) for character in text)
