"""Content lines, as iCalendar and vCard share them: escaped, folded and joined. Pure.

Own lines and not the library's, for two reasons measured on icalendar 7.3: 400 events take it 120 ms, and it writes
the two characters backslash and N of a text ("C:\\New") as a line break. That they are read rightly is tested with
parsers that are not ours. Sources: RFC 5545 sections 3.1 (folding) and 3.3.11 (escaping);
RFC 2425 section 5.8.1 and RFC 2426 section 5 say the same for vCard.
"""

from collections.abc import Iterable
from functools import lru_cache

LONGEST_LINE = 75
"""Octets of one line, its break not counted (RFC 5545 section 3.1)."""

# Every way to say "new line" becomes the one that the format has; what no line may hold goes. Left inside a value,
# a vertical tab or a U+2028 ends the line for some readers, and one such line costs the whole feed.
_CLEAN: dict[int, str | None] = {
    **{code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n"},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # half a character has no UTF-8
    **dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n"),
}
_ESCAPE = {
    code: "\\n" if kept == "\n" else kept
    for code, kept in {**_CLEAN, **{ord(c): "\\" + c for c in "\\;,"}, ord("\n"): "\n"}.items()
}
_NEVER_IN_PARAMETERS = str.maketrans({'"': "'", ";": ",", ":": " ", "^": " "})

_BACKSLASH = ord("\\")


def clean(text: str) -> str:
    """The text with `\\n` as its only line break and without what no content line may hold."""
    return _with_plain_breaks(text).translate(_CLEAN)


def one_line(text: str) -> str:
    """The text cleaned, on one line, with single blanks."""
    return " ".join(clean(text).split())


@lru_cache(maxsize=1024)  # a feed says the same summaries, alarms and categories hundreds of times
def escape(text: str) -> str:
    """A value of type TEXT. Nothing is escaped for HTML: calendars would show `&amp;`."""
    return _with_plain_breaks(text).translate(_ESCAPE)


def quoted(text: str) -> str:
    """A parameter's value in quotes, such as a CN.

    Quotes cannot be written there at all, some readers end a value at `;` or `:` in spite of the quotes around it,
    and `^` starts an escape for those that know RFC 6868 and is shown by those that do not: none of them is written.
    """
    return '"' + one_line(text.translate(_NEVER_IN_PARAMETERS)) + '"'


def join(lines: Iterable[str]) -> bytes:
    """The lines, folded, each ended by CRLF, in UTF-8."""
    folded = [data if len(data := line.encode()) <= LONGEST_LINE else fold(data) for line in lines]
    return b"\r\n".join([*folded, b""])


def fold(line: bytes) -> bytes:
    """One line as lines of at most 75 octets, never cut inside a character or between a backslash and its character.

    A fold inside a character is legal, and Google ignores the whole feed for it; a fold after a backslash is
    legal too, and misread by clients that unescape before they unfold.
    """
    if len(line) <= LONGEST_LINE:
        return line
    pieces = []
    begin, room = 0, LONGEST_LINE
    while len(line) - begin > room:
        end = begin + room
        while line[end] & 0xC0 == 0x80:  # the middle of a character
            end -= 1
        if _backslashes_before(line, end) % 2:
            end -= 1
        pieces.append(line[begin:end])
        begin, room = end, LONGEST_LINE - 1  # the blank that begins a continuation counts
    pieces.append(line[begin:])
    return b"\r\n ".join(pieces)


def _with_plain_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _backslashes_before(line: bytes, end: int) -> int:
    count = 0
    while line[end - 1 - count] == _BACKSLASH:
        count += 1
    return count
