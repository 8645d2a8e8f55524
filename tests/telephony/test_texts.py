"""Texts stay cheap without changing what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.texts import LONGEST_BODY, fold, is_gsm, segments, shorten


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("“It’s late” – really…", "", '"It\'s late" - really...'),
        ("Ana\u00a0Ruiz\u2009owes 5\u202f€", "", "Ana Ruiz owes 5 €"),
        ("¿Qué pasó en el café?", "es", "¿Qué paso en el café?"),
        ("Où êtes-vous, façade ?", "fr", "Où etes-vous, facade ?"),
        ("Naïve “façade”", "en-GB", 'Naive "facade"'),
        ("Übergröße, 20 Ä", "de", "Übergröße, 20 Ä"),
        # a letter that makes another word stays, and so does the good typography beside it
        ("Zażółć „gęślą” jaźń", "pl", "Zażółć „gęślą” jaźń"),
        ("pasó “ayer”", "", "pasó “ayer”"),
        ("緊急です…", "ja", "緊急です…"),
        ("Very bad 😡…", "en", "Very bad 😡…"),
        # what nobody sees goes in any case
        ("pay\u200b \u202eevil\u202c now\x00", "", "pay evil now"),
        ("one\r\ntwo", "", "one\ntwo"),
        # composed or not, a letter is the same letter
        ("cafe\u0301", "", "café"),
    ],
)
def test_text_folds_to_gsm_only_where_it_loses_no_meaning(text: str, language: str, expected: str) -> None:
    assert fold(text, language=language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # an escape is not torn from its character: 152 + 2 do not fit into 153
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ñ" * 160, 1),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        # 67 units hold 33 whole emoji
        ("😀" * 67, 3),
    ],
)
def test_segments_are_counted_as_they_are_charged(text: str, expected: int) -> None:
    assert segments(text) == expected


def test_one_foreign_letter_makes_a_text_dearer() -> None:
    assert segments("a" * 140) == 1
    assert segments("a" * 139 + "ł") == 3


def test_text_is_cut_between_words_and_marked() -> None:
    story = "The invoice was wrong twice, and nobody called back. " * 6
    cut = shorten(story, 1)
    assert segments(cut) == 1
    assert cut.endswith("...")
    assert story.startswith(cut.removesuffix("..."))
    assert story[len(cut) - 3] in " ,."
    assert shorten("short", 1) == "short"


def test_one_endless_word_is_cut_too_and_an_emoji_stays_whole() -> None:
    assert shorten("a" * 500, 1) == "a" * 157 + "..."
    family = "👩\u200d👧"
    assert set(shorten(family * 40, 1).removesuffix("...").split(family)) == {""}


@given(st.text(max_size=400), st.integers(1, 4))
def test_shortened_text_always_fits(text: str, most: int) -> None:
    cut = shorten(text, most)
    assert segments(cut) <= most
    assert len(cut) <= LONGEST_BODY


@given(st.text(max_size=200), st.sampled_from(["", "en", "de", "pl"]))
def test_folding_twice_changes_nothing_more_and_never_costs_more(text: str, language: str) -> None:
    folded = fold(text, language=language)
    assert fold(folded, language=language) == folded
    if is_gsm(folded):
        assert all(ord(character) < 0x400 or character in "€ΔΦΓΛΩΠΨΣΘΞ" for character in folded)


def test_a_body_never_exceeds_what_twilio_takes() -> None:
    assert len(shorten("word " * 1000, 99)) <= LONGEST_BODY
