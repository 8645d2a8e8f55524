"""Rows by the ten thousand, as the database's driver gives them: Django takes longer to convert them than it to find.

Longest of all, on PostgreSQL, to put a zone to an instant; so instants are asked for without one, in UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def bare_rows(
    queryset: QuerySet[Any, Any], columns: Sequence[str], *, of: str = "", params: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """These columns of its rows; of a column whose name ends in "_at" what `instant` reads.

    `of` is SQL to put after them, such as a join or a condition, where they are `found`; `params` are its values.
    """
    bare = " AT TIME ZONE 'UTC'" if connection.vendor == "postgresql" else ""
    wanted = (f"found.{name}{bare if name.endswith('_at') else ''}" for name in columns)
    return rows_from(queryset, select=", ".join(wanted), of=of, params=params)


def rows_from(
    queryset: QuerySet[Any, Any], *, select: str, of: str, params: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """What `select`, SQL of ours, makes of its rows, which are `found`; `of` and `params` as in `bare_rows`."""
    try:
        sql, own = queryset.query.sql_with_params()
    except EmptyResultSet:  # Django sees that there are none: nobody is asked for
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select} FROM ({sql}) AS found {of}", [*own, *params])  # noqa: S608 - Django's own
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def instant(value: datetime | str) -> datetime:
    """One in UTC; SQLite has its text."""
    if isinstance(value, str):
        return datetime.fromisoformat(value + "Z")
    return value.replace(tzinfo=UTC)
