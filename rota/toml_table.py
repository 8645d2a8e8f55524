"""Strict reading of one TOML table: every wrong key and value is noted, and reading goes on.

Pure. A reader returns a harmless default where the value is wrong, so that one run names every mistake.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from people.errors import Refused
from people.plain_words import one_line
from people.suggestions import did_you_mean, one_of
from rota.errors import Mistake

REQUIRED: Any = object()
_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    str: "text in quotes",
    list: "a list in [ ]",
    dict: "a table",
}
_DATE = 'a date such as "2026-12-24"'
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # fromisoformat would take "2026-W52-4" as well
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


class Table:
    """A table at `path`, whose keys are taken one by one; `close` then names those that nobody took."""

    def __init__(self, content: dict[str, Any], *, path: str, mistakes: list[Mistake]) -> None:
        self._content = content
        self._taken: list[str] = []
        self._path = path
        self._mistakes = mistakes

    def wrong(self, key: str, message: str) -> None:
        self._mistakes.append(Mistake(self.path_of(key), message))

    def path_of(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path and key else (self._path or key)

    def has(self, key: str) -> bool:
        return key in self._content

    def take(self, key: str, kind: type, default: Any = REQUIRED) -> Any:
        """The value of a key if it is of this kind, otherwise the default (None for a required one)."""
        self._taken.append(key)
        fallback = None if default is REQUIRED else default
        if key not in self._content:
            if default is REQUIRED:
                self.wrong(key, f"is missing. Give {_TYPE_NAMES[kind]}.")
            return fallback
        value = self._content[key]
        # bool is a kind of int in Python, but not for whoever writes the file.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(key, f"must be {_TYPE_NAMES[kind]}.")
            return fallback
        return value

    def flag(self, key: str, default: bool) -> bool:
        return bool(self.take(key, bool, default))

    def whole(self, key: str, *, least: int, most: int, default: Any = REQUIRED) -> int:
        value = self.take(key, int, default)
        if value is None:
            return least
        if not least <= value <= most:
            self.wrong(key, f"must be between {least:,} and {most:,}, not {value:,}.")
            return least
        return int(value)

    def text(self, key: str, *, most: int, default: Any = REQUIRED) -> str:
        value = self.take(key, str, default)
        if value is None:
            return ""
        try:
            return one_line(value, field=key, most=most, required=default is REQUIRED)
        except Refused as refusal:
            self.wrong(key, str(refusal))
            return ""

    def choice(self, key: str, known: Sequence[str], default: Any = REQUIRED) -> str:
        value = self.take(key, str, default)
        if value is None or value in known:
            return str(value or known[0])
        self.wrong(key, f"must be {one_of(known)}.{did_you_mean(value, known)}")
        return known[0]

    def texts(self, key: str, default: Any = REQUIRED) -> list[str]:
        """A list of texts, without doubles."""
        values = self.take(key, list, default) or []
        kept: list[str] = []
        for index, value in enumerate(values):
            place = f"{key}[{index}]"
            if not isinstance(value, str):
                self.wrong(place, f"must be {_TYPE_NAMES[str]}.")
            elif value.strip() in kept:
                self.wrong(place, f'"{value.strip()[:80]}" is there twice.')
            else:
                kept.append(value.strip())
        return kept

    def read(self, key: str, reader: Callable[[str], str], default: Any = REQUIRED) -> str:
        """A text as another room's reader understands it; its refusal becomes a mistake of ours."""
        raw = self.text(key, most=200, default=default)
        if raw == "" and (not self.has(key) or default is REQUIRED):
            return raw
        try:
            return reader(raw)
        except Refused as refusal:
            self.wrong(key, str(refusal))
            return ""

    def day(self, key: str, *, required: bool = False) -> date | None:
        """A date, in quotes or as TOML's own local date; None where an optional one is left out."""
        value = self.take(key, object, None)
        if key in self._content:
            return self._date(key, value)
        if required:
            self.wrong(key, f"is missing. Give {_DATE}.")
        return None

    def days(self, key: str, *, most: int) -> list[date]:
        """A list of dates in order, none of them twice; none where the key is left out."""
        values = self.take(key, list, [])
        if len(values) > most:
            self.wrong(key, f"must have at most {most} dates.")
        kept: list[date] = []
        for index, value in enumerate(values[:most]):
            place = f"{key}[{index}]"
            day = self._date(place, value)
            if day in kept:
                self.wrong(place, f"{day} is there twice.")
            elif day is not None:
                kept.append(day)
        return sorted(kept)

    def _date(self, place: str, value: Any) -> date | None:
        day: date | None = None
        if isinstance(value, date) and not isinstance(value, datetime):
            day = value
        elif isinstance(value, str) and _DAY.fullmatch(value.strip()):
            with suppress(ValueError):  # 30 February
                day = date.fromisoformat(value.strip())
        if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            self.wrong(place, f"must be {_DATE}.")
            return None
        return day

    def tables(self, key: str, *, most: int, example: str) -> "list[Table]":
        """A list of tables; none where the key is left out. `example` is shown where one is none."""
        values = self.take(key, list, [])
        if len(values) > most:
            self.wrong(key, f"must have at most {most} entries.")
        found: list[Table] = []
        for index, value in enumerate(values[:most]):
            place = f"{key}[{index}]"
            if isinstance(value, dict):
                found.append(Table(value, path=self.path_of(place), mistakes=self._mistakes))
            else:
                self.wrong(place, f"must be a table such as {example}.")
        return found

    def table(self, key: str, *, required: bool = False) -> "Table":
        content = self.take(key, dict, REQUIRED if required else {})
        return Table(content or {}, path=self.path_of(key), mistakes=self._mistakes)

    def close(self) -> None:
        """Names every key that is none of ours."""
        for key in self._content:
            if key not in self._taken:
                known = sorted(set(self._taken))
                self.wrong(key, f"is no key of a programme file.{did_you_mean(key, known)}")
