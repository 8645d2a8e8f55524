"""What was changed about something, by whom and when, from its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

_SHOWN_AT_MOST = 60


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

    One query; it looks at three times as many rows as it shows, for most of the empty ones are sign-ins.
    """
    rows = list(history.select_related("history_user").order_by("-history_date", "-history_id")[: 3 * most])
    found = [record for newer, older in pairwise(rows) if (record := _changed(newer, older)) is not None]
    if rows and rows[-1].history_type == "+":
        found.append(_record(rows[-1], "Added", ()))
    return found[:most]


def _changed(newer: Any, older: Any) -> Record | None:
    delta = newer.diff_against(older, foreign_keys_are_objs=False)
    changes = tuple(
        Change(_label(newer, one.field), _words(one.old), _words(one.new)) for one in delta.changes
    )
    return _record(newer, "Changed", changes) if changes else None


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
