"""Numbers are E.164 or they are refused with words that help; some are never dialled at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.numbers import BadNumber, display, is_dialable, is_emergency, masked, parse_number, region_of


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+14155550123", None, "+14155550123"),
        (" +1 (415) 555-0123 ", None, "+14155550123"),
        ("415 555 0123", "US", "+14155550123"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("030/901820", "DE", "+4930901820"),
        ("+15550001000", None, "+15550001000"),  # fictional, and still a number that can be rung
        ("\u202a+1 415 555 0123\u202c", None, "+14155550123"),  # as address books paste it
        ("+١٤١٥٥٥٥٠١٢٣", None, "+14155550123"),
        ("＋１４１５５５５０１２３", None, "+14155550123"),
    ],
)
def test_numbers_become_e164(raw: str, region: str | None, expected: str) -> None:
    assert parse_number(raw, region=region) == expected


@pytest.mark.parametrize(
    ("raw", "region", "words"),
    [
        ("", None, "no number"),
        ("   \u200f ", None, "no number"),
        ("4155550123", None, "country code"),
        ("+999 123 456 789", None, "country code"),
        ("call me", "US", "no telephone number"),
        ("☎️", None, "no telephone number"),
        ("+1 415", None, "too few"),
        ("+1 415 555 0123 99", None, "too many"),
        ("9" * 60, "US", "too long"),
        ("+1 415 555 0123 ext. 7", None, "extension"),
        ("911", "US", "Emergency"),
        ("112", None, "Emergency"),
        ("9-1-1", None, "Emergency"),
        ("0118 999 881 999 119 725 3", None, "country code"),
        ("+1 900 555 0123", None, "Premium"),
        ("0900 1234567", "DE", "Premium"),
    ],
)
def test_what_cannot_or_must_not_be_rung_is_refused_in_words(
    raw: str, region: str | None, words: str
) -> None:
    with pytest.raises(BadNumber, match=words):
        parse_number(raw, region=region)


@given(st.text(max_size=60), st.sampled_from([None, "US", "DE", "JP"]))
def test_anything_typed_is_a_number_or_a_bad_number(raw: str, region: str | None) -> None:
    try:
        number = parse_number(raw, region=region)
    except BadNumber:
        return
    assert number.startswith("+")
    assert number[1:].isdecimal()
    assert is_dialable(number)


def test_only_country_code_and_last_digits_show_when_masked() -> None:
    assert masked("+14155550123") == "+1 ••• ••• 0123"
    assert masked("+442079460018") == "+44 ••• ••• 0018"
    assert masked("nobody") == "•••"


def test_numbers_are_shown_as_people_write_them() -> None:
    assert display("+14155550123") == "+1 415-555-0123"
    assert display("+442079460018") == "+44 20 7946 0018"
    assert display("private") == "private"


def test_emergency_numbers_of_a_region_are_known() -> None:
    assert is_emergency("000", region="AU")
    assert is_emergency("999")
    assert not is_emergency("+14155550123", region="US")


def test_a_region_is_read_from_the_number() -> None:
    assert region_of("+442079460018") == "GB"
    assert region_of("+15550001000") in {None, "US"}
    assert region_of("rubbish") is None
