"""Strict reading of one TOML table: every wrong key and value is noted, and reading goes on.

Pure. A reader returns a harmless default where the value is wrong, so that one run names every mistake.
"""

from collections.abc import Callable, Sequence
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

    def table(self, key: str, *, required: bool = False) -> "Table":
        content = self.take(key, dict, REQUIRED if required else {})
        return Table(content or {}, path=self.path_of(key), mistakes=self._mistakes)

    def close(self) -> None:
        """Names every key that is none of ours."""
        for key in self._content:
            if key not in self._taken:
                known = sorted(set(self._taken))
                self.wrong(key, f"is no key of a programme file.{did_you_mean(key, known)}")
