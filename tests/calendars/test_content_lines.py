"""Lines are folded and escaped so that every reader gets back what was written."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar.parser import Contentlines

from calendars.content_lines import clean, escape, fold, join, one_line, quoted

# Whatever Python can hold, half characters too, with what matters here more often than chance would have it.
pieces = st.one_of(
    st.sampled_from(
        [*'\\,;:"\n\r\tnN^\x00\x0b\x85\u2028', "\r\n", "\\N", "x" * 70, "é" * 37, "あ" * 24, "🎉" * 18]
    ),
    st.text(st.characters(exclude_categories=()), max_size=5),
)
anything = st.lists(pieces, max_size=30).map("".join)


def unfold(data: bytes) -> bytes:
    return data.replace(b"\r\n ", b"")


@given(anything)
@example("x" * 300)
@example("\\" * 300)
@example("é" * 100)
@example("🎉" * 100)
def test_a_line_is_folded_within_bounds_and_unfolds_to_itself(text: str) -> None:
    line = f"DESCRIPTION:{escape(text)}".encode()
    folded = fold(line).split(b"\r\n")
    assert all(len(piece) <= 75 for piece in folded)
    assert all(piece.startswith(b" ") for piece in folded[1:])
    assert unfold(fold(line)) == line
    for piece in folded:
        piece.decode()  # no character is cut
    for piece in folded[:-1]:
        backslashes = re.search(rb"\\*$", piece)
        assert backslashes
        assert len(backslashes[0]) % 2 == 0, "an escape is cut"


@pytest.mark.parametrize("letter", ["x", "é", "あ", "🎉"])
@pytest.mark.parametrize("length", range(60, 80))
def test_no_line_is_folded_earlier_than_its_characters_need(letter: str, length: int) -> None:
    line = ("x" * length + letter * 40).encode()
    first, *rest = fold(line).split(b"\r\n")
    assert 0 <= 75 - len(first) < len(letter.encode())
    assert all(0 <= 75 - len(piece) < len(letter.encode()) for piece in rest[:-1])


def test_a_line_of_75_octets_is_left_whole() -> None:
    assert fold(b"x" * 75) == b"x" * 75
    assert fold(b"x" * 76) == b"x" * 75 + b"\r\n x"


@given(anything)
@example("C:\\New")
@example("one\r\ntwo\rthree\nfour")
def test_another_library_reads_back_what_was_escaped(text: str) -> None:
    data = join(["BEGIN:X", f"DESCRIPTION:{escape(text)}", "END:X"])
    lines = Contentlines.from_ical(data)
    assert [line.parts()[2] for line in lines if line] == ["X", clean(text), "X"]


@given(anything)
def test_no_text_makes_another_line(text: str) -> None:
    data = join([f"SUMMARY:{escape(text)}", f"ATTENDEE;CN={quoted(text)}:mailto:ana@example.com"])
    unfolded = unfold(data)
    assert unfolded.count(b"\n") == unfolded.count(b"\r\n") == 2
    # Neither for those who take any of Unicode's line breaks for one.
    assert len(unfolded.decode().splitlines()) == 2


@given(anything)
def test_a_parameter_holds_nothing_that_ends_it(text: str) -> None:
    value = quoted(text)
    assert value[0] == value[-1] == '"'
    assert not set(value[1:-1]) & set('";:^\n\r')


def test_text_that_is_clean_is_left_as_it_is() -> None:
    text = "Grüße,\n\tAna 🎉 & <Ben>"
    assert clean(text) == text
    assert one_line(text) == "Grüße, Ana 🎉 & <Ben>"
