"""Numbers of payment cards are found in whatever people write, however they are grouped; other numbers are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from listening.errors import BadInput
from listening.free_text import card_numbers, written, written_line

CARDS = {
    "visa": "4111111111111111",
    "old visa": "4222222222222",
    "long visa": "4000000000000000006",
    "mastercard": "5555555555554444",
    "mastercard 2": "2223003122003222",
    "american express": "378282246310005",
    "diners": "30569309025904",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "maestro": "6759649826438453",
    "unionpay": "6250941006528599",
    "mir": "2200000000000004",
}


@pytest.mark.parametrize("name", CARDS)
def test_every_kind_of_card(name: str) -> None:
    assert CARDS[name] in list(card_numbers(f"She read out {CARDS[name]}, then hung up."))


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111\u00a01111\u200b1111\u202f1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111 1111\n1111 1111",
        "4111 – 1111 – 1111 – 1111",
        "card:4111111111111111exp",
        "41111111111111111227",  # the month and year of its end behind it
        "4111 1111 1111 1111 12/27 123",
        "call 555 0100 4111 1111 1111 1111",
        "４１１１ １１１１ １１１１ １１１１",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_however_it_is_grouped(text: str) -> None:
    with pytest.raises(BadInput, match="payment card") as refused:
        written(f"He said {text} twice", field="heard", most=200)
    assert (refused.value.field, refused.value.code) == ("heard", "card_number")
    assert "1111" not in str(refused.value)
    with pytest.raises(BadInput):
        written_line(text, field="reason", most=200)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # a wrong check digit
        "Order 20260617140033",
        "+1 555 010 0001, +1 555 010 0002",
        "from 14:00 to 15:30 on 2026-06-17, then 2026-06-18",
        "1234567890123",
        "case 1042, ticket 998877665544",
        "9999999999999995",  # right check digit, and no card begins so
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert written(text, field="heard", most=200) == text


@given(
    st.from_regex(r"\A4[0-9]{14}\Z"),
    st.lists(st.sampled_from(["", " ", "-", ". ", "\t", "\u00a0"]), min_size=15, max_size=15),
    st.text(st.characters(categories=["L", "Zs"]), max_size=20),
)
def test_any_card_in_any_spacing(digits: str, gaps: list[str], around: str) -> None:
    number = digits + luhn.calc_check_digit(digits)
    spaced = "".join(a + b for a, b in zip(number, [*gaps, ""], strict=True))
    assert number in list(card_numbers(f"{around} {spaced} {around}"))
