"""Strict fields: a string is a string, a boolean is a boolean, and nothing is guessed."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from api.bodies import shown

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


class Words(serializers.CharField):
    """Text that people read and hear.

    Any script and emoji are welcome; control characters are not: neither speech nor a text message has any.
    Lines may be broken where `lines` is true.
    """

    default_error_messages = {
        "invalid": "This is a string, in quotes.",
        "control_characters": "Leave out control characters such as U+{number:04X}.",
    }

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        allowed = "\n\r\t" if self.lines else ""
        for letter in text:
            if unicodedata.category(letter) == "Cc" and letter not in allowed:
                self.fail("control_characters", number=ord(letter))
        return text


class YesNo(serializers.BooleanField):
    """`true` or `false`, not "yes", "true" or 1."""

    default_error_messages = {"invalid": "This is true or false, without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class OneOf(serializers.ChoiceField):
    default_error_messages = {"invalid_choice": "This is one of: {choices}."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", choices=", ".join(str(choice) for choice in self.choices))
        return data


class Day(serializers.DateField):
    """A date alone, as in 2026-03-31."""

    default_error_messages = {"invalid": "This is a date such as 2026-03-31, without a time or zone."}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$"})
class Month(Day):
    """A month, as in 2026-03; its first day is what is read."""

    default_error_messages = {"invalid": "This is a month such as 2026-03."}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not _MONTH.fullmatch(value):
            self.fail("invalid", format="YYYY-MM")
        return super().to_internal_value(f"{value}-01")

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


@extend_schema_field({"type": "string", "format": "date-time"})
class Instant(serializers.DateTimeField):
    """An instant with its offset from UTC, as in 2026-03-31T14:30:00Z (RFC 3339)."""

    default_error_messages = {
        "invalid": "This is an instant such as 2026-03-31T14:30:00Z, with its offset from UTC.",
        "overflow": "This is an instant such as 2026-03-31T14:30:00Z, with its offset from UTC.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            self.fail("invalid", format="RFC 3339")
        return super().to_internal_value(value)


class Whole(serializers.IntegerField):
    """A whole number, not "7", 7.0 or true."""

    default_error_messages = {"invalid": "This is a whole number, without quotes."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(data)


class Flag(serializers.BooleanField):
    """A boolean in a query: `true` or `false`."""

    default_error_messages = {"invalid": "This is true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if data not in {"true", "false"}:
            self.fail("invalid", input=data)
        return bool(data == "true")


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "email"}]})
class PersonNamed(serializers.Field[str, Any, str, Any]):
    """A person by id (a number) or e-mail (a string); answers the text by which to look."""

    default_error_messages = {"invalid": "This is a person's id (a number) or e-mail (a string)."}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("invalid")
        text = str(data).strip()
        if not text or len(text) > 254 or not text.isprintable():
            self.fail("invalid")
        return text

    def to_representation(self, value: Any) -> Any:
        return value


class Body(serializers.Serializer[Any]):
    """A JSON object of which every key is known."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = _unknown(data, self.fields) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise ValidationError(unknown)
        return value

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The request's body, valid. Raises `ValidationError`."""
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


class Query(Body):
    """A query of which every parameter is known and given once; an empty one counts as not given."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The request's query, valid. Raises `ValidationError`."""
        given: dict[str, str] = {}
        for name, values in request.query_params.lists():
            if len(values) > 1:
                raise ValidationError({shown(name): [ErrorDetail("Give this once.", "repeated")]})
            if values[0] and name != "format":
                given[name] = values[0]
        query = cls(data=given)
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)

    @classmethod
    def of(cls, **fields: serializers.Field[Any, Any, Any, Any]) -> type[Self]:
        """A query with these parameters; some, such as `from`, are no names in Python."""
        return type(cls.__name__, (cls,), dict(fields))


def _unknown(data: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
    words = f"There is no such field. Known are: {', '.join(known)}." if known else "No field is known here."
    return {shown(name): [ErrorDetail(words, "unknown_field")] for name in data if name not in known}
