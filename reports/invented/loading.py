"""Rows by the hundred thousand into the database, with keys that are known before they are written."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

BATCH = 5000


class Keys:
    """The next free primary keys of each table."""

    def __init__(self) -> None:
        self._next: dict[type[models.Model], int] = {}

    def next(self, model: type[models.Model]) -> int:
        """A key that no row of the table has."""
        if model not in self._next:
            highest = model._default_manager.aggregate(highest=Max("pk"))["highest"]  # noqa: SLF001 - Django's public name
            self._next[model] = (highest or 0) + 1
        key = self._next[model]
        self._next[model] += 1
        return key

    def settle(self) -> None:
        """The database's own sequences go on after the keys that were used."""
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self._next)):
                cursor.execute(statement)
            if connection.vendor == "postgresql":
                cursor.execute("ANALYZE")  # as it does by itself within a minute; SQLite never does


def load(model: type[Any], rows: Iterable[Any]) -> int:
    """Write the rows, a batch at a time; returns how many."""
    written = 0
    rest = iter(rows)
    while some := list(islice(rest, BATCH)):
        model._default_manager.bulk_create(some)  # noqa: SLF001 - likewise
        written += len(some)
    return written
