"""Pages of a list, by where the last one ended: rows that arrive meanwhile neither repeat nor hide others."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, Q
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.fields import Query, Words

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class PageSize(serializers.IntegerField):
    def __init__(self, default: int = PAGE_SIZE) -> None:
        super().__init__(
            min_value=1, max_value=MAX_PAGE_SIZE, default=default, help_text="How many results a page has."
        )


class PagedQuery(Query):
    """The parameters of every list."""

    cursor = Words(max_length=400, required=False, help_text="Taken from `next` or `previous`.")
    page_size = PageSize()


class _Cursor(NamedTuple):
    """Where a page begins: after (or, backwards, before) the row with these values of the order's fields."""

    backwards: bool
    values: list[Any]


class Pages(BasePagination):
    """Answers `results`, `next` and `previous`. The view's `order` is total: its last field is unique."""

    def __init__(self) -> None:
        self.next: str | None = None
        self.previous: str | None = None

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: Any = None,
        *,
        query: dict[str, Any] | None = None,
    ) -> list[Any]:
        """One page, in one query. `query` is what `PagedQuery` read."""
        asked = query if query is not None else PagedQuery.read(request)
        order: tuple[str, ...] = view.order
        cursor = _read(asked.get("cursor"), queryset.model, order)
        backwards = cursor is not None and cursor.backwards
        running = tuple(_turned(name) for name in order) if backwards else order
        rows = self.arranged(queryset, running, cursor.values if cursor is not None else None)
        size = asked["page_size"]
        found = list(rows[: size + 1])
        more, found = len(found) > size, found[:size]
        if backwards:
            found.reverse()
        if found:
            address = request.build_absolute_uri()
            if more or backwards:
                self.next = _link(address, found[-1], order, backwards=False)
            if cursor is not None and (more or not backwards):
                self.previous = _link(address, found[0], order, backwards=True)
        return found

    def arranged(self, rows: Any, order: tuple[str, ...], beyond: list[Any] | None) -> Any:
        """In this order, and only what comes after these values of its fields where there are some."""
        found = rows.order_by(*order)
        return found if beyond is None else found.filter(_beyond(order, beyond))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next, "previous": self.previous})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    """Rows that come after these values in this order: a > x, or a = x and b > y, and so on."""
    beyond = Q()
    same = Q()
    for name, value in zip(order, values, strict=True):
        field, sign = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        beyond |= same & Q(**{f"{field}__{sign}": value})
        same &= Q(**{field: value})
    return beyond


def _link(address: str, row: Model, order: tuple[str, ...], *, backwards: bool) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    packed = json.dumps([int(backwards), *plain], separators=(",", ":")).encode()
    return replace_query_param(address, "cursor", base64.urlsafe_b64encode(packed).decode().rstrip("="))


def _read(text: str | None, model: type[Model], order: tuple[str, ...]) -> _Cursor | None:
    """The cursor that `_link` wrote; anything else is refused by name."""
    if not text:
        return None
    try:
        unpacked = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        backwards, *plain = unpacked
        values = [
            _value(model, name.removeprefix("-"), value) for name, value in zip(order, plain, strict=True)
        ]
    except (
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        binascii.Error,
        DjangoValidationError,
    ) as error:
        words = "Follow `next` or `previous` of the list itself; this is no place in it."
        raise ValidationError({"cursor": [ErrorDetail(words, "invalid_cursor")]}) from error
    return _Cursor(backwards == 1, values)


def _value(model: type[Model], name: str, plain: Any) -> Any:
    if isinstance(plain, bool) or not isinstance(plain, int | str):
        raise TypeError("not a value of ours")
    field: Any = model._meta.get_field(name)  # noqa: SLF001 - documented in spite of its name
    value = field.to_python(plain)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant has its zone")
        return value.astimezone(UTC)
    return value
