"""Telephone numbers as E.164, by Google's libphonenumber (`phonenumbers`).

A number that is only improbable is let through: numbering plans grow, and a number is proved by ringing it,
not by a table. What can never be rung, and what must never be rung, is refused.
"""

import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult
from phonenumbers.shortnumberinfo import is_emergency_number

# ITU-T E.164 allows 15 digits; with punctuation and an access code nothing sensible is longer than this.
_LONGEST = 40
_EXAMPLE = "Give it with + and the country code, such as +14155550123."
_EMERGENCY_NUMBERS = frozenset({"112", "911", "999", "000", "110", "118", "119"})


class BadNumber(ValueError):
    """The words are no number that we can ring; `str()` says what is wrong and what would be right."""


def parse_number(raw: str, *, region: str | None = None) -> str:
    """The number in E.164. `region` (ISO 3166 alpha-2) lets a national number through. Raises BadNumber."""
    written = _plain(raw)
    if not written:
        raise BadNumber(f"There is no number. {_EXAMPLE}")
    if len(written) > _LONGEST:
        raise BadNumber(f"This is too long for a telephone number. {_EXAMPLE}")
    if is_emergency(written, region=region):
        raise BadNumber("Emergency numbers are never dialled. Give a person's own number.")
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise BadNumber(f"The country code is missing or unknown. {_EXAMPLE}") from error
        raise BadNumber(f"This is no telephone number. {_EXAMPLE}") from error
    _check(number)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def is_emergency(number: str, *, region: str | None = None) -> bool:
    """Whether dialling this would reach an emergency service, there or under a widely known number."""
    digits = "".join(character for character in number if character.isdigit())
    if digits in _EMERGENCY_NUMBERS:
        return True
    if region is None or number.startswith("+"):
        return False
    return bool(is_emergency_number(number, region))


def is_premium(number: str) -> bool:
    """Whether an E.164 number is charged at a premium rate to whoever calls it."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return False
    return bool(phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE)


def is_dialable(number: str) -> bool:
    """Whether this is an E.164 number that we are willing to ring or text."""
    try:
        return parse_number(number) == number
    except BadNumber:
        return False


def region_of(number: str) -> str | None:
    """The ISO 3166 region that an E.164 number belongs to, or None (it does not prove where somebody is)."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return None
    code = phonenumbers.region_code_for_number(parsed)
    return str(code) if code and code != "001" else None


def display(number: str) -> str:
    """An E.164 number as people write it internationally, such as +1 415-555-0123."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL))


def masked(number: str) -> str:
    """The number for eyes that may not see it: country code and last four digits, `+1 ••• ••• 1234`."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return "•••"
    return f"+{parsed.country_code} ••• ••• {number[-4:]}"


def _plain(raw: str) -> str:
    """Without the invisible characters that come along from an address book, and with plain digits."""
    visible = "".join(
        character
        for character in str(raw)
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return unicodedata.normalize("NFKC", visible).strip()


def _check(number: phonenumbers.PhoneNumber) -> None:
    if number.extension:
        raise BadNumber("An extension cannot be dialled. Give a number that rings the person directly.")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.TOO_LONG:
        raise BadNumber(f"The number has too many digits for its country. {_EXAMPLE}")
    if possible == ValidationResult.INVALID_COUNTRY_CODE:
        raise BadNumber(f"The country code is unknown. {_EXAMPLE}")
    if possible != ValidationResult.IS_POSSIBLE:
        raise BadNumber(f"The number has too few digits for its country. {_EXAMPLE}")
    if phonenumbers.number_type(number) == PhoneNumberType.PREMIUM_RATE:
        raise BadNumber("Premium-rate numbers are never dialled. Give an ordinary number.")
