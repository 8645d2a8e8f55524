"""E-mail addresses and telephone numbers as people write them, read into the one form that is kept."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from people.errors import Refused
from telephony.numbers import BadNumber, parse_number


def read_email(raw: str, *, field: str = "email") -> str:
    """An e-mail address in small letters, as it is kept. Raises Refused."""
    address = raw.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refused(
            f'"{address[:80]}" is no e-mail address, such as ana@example.com.', field=field, code="invalid"
        ) from error
    if len(address) > 254:
        raise Refused("An e-mail address has at most 254 characters.", field=field, code="too_long")
    return address


def read_number(raw: str, *, field: str = "phone", country: str = "") -> str:
    """A telephone number in E.164; one of `country` may be written as it is dialled there. Raises Refused."""
    try:
        return parse_number(raw, region=country or None)
    except BadNumber as problem:
        raise Refused(str(problem), field=field, code="invalid") from problem
