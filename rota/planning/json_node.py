"""One value of a JSON file at its path: readers note what is wrong there, and reading goes on.

Pure. A reader returns a harmless value where the file's is wrong, so that one run names every mistake.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from rota.errors import Mistake

Value = TypeVar("Value")

MOST_POINTS = 1_000_000
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z")
NEVER = date.min
NO_INSTANT = datetime.min.replace(tzinfo=UTC)


class Node:
    """A JSON value. `[key]` goes one step down and notes a key that is missing."""

    def __init__(self, value: Any, path: str, mistakes: list[Mistake]) -> None:
        self.value = value
        self.path = path
        self.mistakes = mistakes

    def wrong(self, message: str) -> None:
        self.mistakes.append(Mistake(self.path, message))

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str) -> "Node":
        path = f"{self.path}.{key}" if self.path else key
        if not isinstance(self.value, dict):
            return Node(None, path, [])  # the object itself was named already
        if key not in self.value:
            self.mistakes.append(Mistake(path, "is missing."))
            return Node(None, path, [])
        return Node(self.value[key], path, self.mistakes)

    def object(self) -> "Node":
        if not isinstance(self.value, dict):
            self.wrong("must be an object in { }.")
        return self

    def items(self) -> Iterator["Node"]:
        """The elements of a list, each with its own path."""
        if not isinstance(self.value, list):
            self.wrong("must be a list in [ ].")
            return
        for place, value in enumerate(self.value):
            yield Node(value, f"{self.path}[{place}]", self.mistakes)

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """The keys and values of an object whose keys are data."""
        if not isinstance(self.value, dict):
            self.wrong("must be an object in { }.")
            return
        for key, value in self.value.items():
            yield key, Node(value, f"{self.path}.{key}" if self.path else key, self.mistakes)

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            self.wrong("must be a text that is not empty.")
            return ""
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.wrong("must be true or false.")
        return self.value is True

    def whole(self, *, least: int = 0, most: int = MOST_POINTS) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.wrong("must be a whole number.")
        elif not least <= self.value <= most:
            self.wrong(f"must be between {least:,} and {most:,}, not {str(self.value)[:40]}.")
        else:
            return self.value
        return least

    def maybe(self, reader: "Callable[[Node], Value]") -> Value | None:
        return None if self.value is None else reader(self)

    def day(self) -> date:
        if isinstance(self.value, str) and DATE.fullmatch(self.value):
            try:
                return date.fromisoformat(self.value)
            except ValueError:
                self.wrong(f"{self.value} is no day of the calendar.")
                return NEVER
        self.wrong('must be a date such as "2026-03-02".')
        return NEVER

    def month(self) -> str:
        if isinstance(self.value, str) and MONTH.fullmatch(self.value):
            return self.value
        self.wrong('must be a month such as "2026-03".')
        return ""

    def instant(self) -> datetime:
        if isinstance(self.value, str) and INSTANT.fullmatch(self.value):
            try:
                return datetime.strptime(self.value, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
            except ValueError:
                self.wrong(f"{self.value} is no instant of the calendar.")
                return NO_INSTANT
        self.wrong('must be an instant in UTC such as "2026-03-02T10:00Z".')
        return NO_INSTANT
