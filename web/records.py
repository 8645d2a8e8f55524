"""What was changed about something, by whom and when, from its history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Model

_SHOWN_AT_MOST = 60

Names = Mapping[tuple[type[Model] | None, object], str]


@dataclass(frozen=True)
class Change:
    """One field before and after, in words; long values are cut."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Record:
    """One change on record. `who` is empty where the product itself did it; `why` may be empty, too."""

    at: datetime
    who: str
    why: str
    kind: str
    changes: tuple[Change, ...]


def records(history: Any, *, most: int = 8) -> list[Record]:
    """The latest changes of a row by its `history`, newest first; saves that changed nothing are left out.

    One query, and one more for each table whose rows were named; it looks at three times as many rows as it shows,
    for most of the empty ones are sign-ins.
    """
    rows = list(history.select_related("history_user").order_by("-history_date", "-history_id")[: 3 * most])
    deltas = [
        (newer, newer.diff_against(older, foreign_keys_are_objs=False).changes)
        for newer, older in pairwise(rows)
    ]
    names = _names(deltas)
    found = [
        _record(newer, "Changed", tuple(_change(newer, one, names) for one in changes))
        for newer, changes in deltas
        if changes
    ]
    if rows and rows[-1].history_type == "+":
        found.append(_record(rows[-1], "Added", ()))
    return found[:most]


def _names(deltas: Sequence[tuple[Any, Sequence[Any]]]) -> Names:
    """What the rows are called that were put in one another's place; one that is gone keeps its number."""
    keys: defaultdict[type[Model], set[object]] = defaultdict(set)
    for row, changes in deltas:
        for one in changes:
            if (table := _table(row, one.field)) is not None:
                keys[table] |= {one.old, one.new} - {None}
    return {
        (table, key): str(found)
        for table, some in keys.items()
        for key, found in table._default_manager.in_bulk(some).items()  # noqa: SLF001 - Django's public name
    }


def _change(row: Any, one: Any, names: Names) -> Change:
    table = _table(row, one.field)
    before, after = (
        names.get((table, value), value) if table is not None else value for value in (one.old, one.new)
    )
    return Change(_label(row, one.field), _words(before), _words(after))


def _table(row: Any, field: str) -> type[Model] | None:
    """The table to which a field points, if it does to one row of it."""
    found = row.instance_type._meta.get_field(field)  # noqa: SLF001 - likewise
    return found.related_model if found.many_to_one else None


def _record(row: Any, kind: str, changes: Sequence[Change]) -> Record:
    who = row.history_user.name if row.history_user is not None else ""
    return Record(row.history_date, who, row.history_change_reason or "", kind, tuple(changes))


def _label(row: Any, field: str) -> str:
    label = str(row.instance_type._meta.get_field(field).verbose_name)  # noqa: SLF001 - Django's public name
    return label[:1].upper() + label[1:]


def _words(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    words = ", ".join(map(_part, value)) or "nothing" if isinstance(value, list) else str(value)
    return words if len(words) <= _SHOWN_AT_MOST else f"{words[:_SHOWN_AT_MOST]}…"


def _part(value: Any) -> str:
    """One value of a list; of a table its values alone."""
    return " ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
