"""What people write about calls, made fit to be kept: tidied, and refused where it holds the number of a payment card.

A listener hears what customers say, and a number once written stays in notes, letters and backups (PCI DSS 4.0,
requirement 3.2: what is not kept need not be protected). Numbers are found however they are grouped: with spaces,
dashes, line ends or invisible characters between the digits, in any script's digits.
"""

import re
import unicodedata
from collections.abc import Iterator

from stdnum import luhn

from learnings.plain_text import paragraphs
from listening.errors import BadInput
from people.plain_words import one_line

_DIGITS = re.compile(r"\d(?:[\W_]{0,3}\d){12,}")
_LONGEST = 19  # ISO/IEC 7812-1
# First and last prefix, and the lengths that cards beginning so have: Visa, Mastercard, Mir, American Express, Diners,
# JCB, Maestro and its kin, Discover, UnionPay, RuPay, Troy.
_ISSUED: tuple[tuple[int, int, range], ...] = (
    (4, 4, range(13, 20, 3)),
    (51, 55, range(16, 17)),
    (2221, 2720, range(16, 17)),
    (2200, 2204, range(16, 20)),
    (34, 34, range(15, 16)),
    (37, 37, range(15, 16)),
    (300, 305, range(14, 20)),
    (36, 36, range(14, 20)),
    (38, 39, range(14, 20)),
    (3528, 3589, range(16, 20)),
    (50, 50, range(13, 20)),
    (56, 69, range(13, 20)),
    (81, 82, range(16, 17)),
    (9792, 9792, range(16, 17)),
)


def written(raw: str, *, field: str, most: int, required: bool = False) -> str:
    """Lines of words, at most `most` characters, without the number of a card. Raises Refused naming the field."""
    refuse_card_numbers(raw, field=field)
    return paragraphs(raw, field=field, most=most, required=required)


def written_line(raw: str, *, field: str, most: int, required: bool = False) -> str:
    """One line of words, likewise."""
    refuse_card_numbers(raw, field=field)
    return one_line(raw, field=field, most=most, required=required)


def refuse_card_numbers(raw: str, *, field: str) -> None:
    """Raises BadInput where the words hold what may be the number of a payment card. Its digits are not repeated."""
    if any(True for _ in card_numbers(raw)):
        raise BadInput(
            "This holds a number that looks like a payment card’s: leave it out, nobody may keep it.",
            field=field,
            code="card_number",
        )


def card_numbers(raw: str) -> Iterator[str]:
    """The numbers that may be cards': of a known beginning and length, with a right check digit."""
    for run in _DIGITS.finditer(raw):
        digits, starts = _joined(run[0])
        for start in starts:
            for length in range(13, min(_LONGEST, len(digits) - start) + 1):
                number = digits[start : start + length]
                if _is_issued(number) and luhn.is_valid(number):
                    yield number


def _joined(run: str) -> tuple[str, list[int]]:
    """The digits of a run as 0 to 9, and where groups of them begin."""
    digits, starts, inside = "", [], False
    for character in run:
        value = unicodedata.decimal(character, None)
        if value is None:
            inside = False
            continue
        if not inside:
            starts.append(len(digits))
        inside = True
        digits += str(value)
    return digits, starts


def _is_issued(number: str) -> bool:
    return any(
        first <= int(number[: len(str(first))]) <= last and len(number) in lengths
        for first, last, lengths in _ISSUED
    )
