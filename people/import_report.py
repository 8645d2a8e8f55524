"""What an import did with each line of its file, or would do."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file (the header is line 1) and what became of it.

    `key` is the e-mail address or external id. A refused line names the `column` and says `why`; a changed
    one says in `why` what changed. A line with several mistakes is there once for each.
    """

    number: int
    outcome: Outcome
    key: str = ""
    column: str = ""
    why: str = ""

    def __str__(self) -> str:
        parts = [f"line {self.number}: {self.outcome}", self.key, self.column, self.why]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Report:
    """The whole of an import. `applied` says whether anything of it was kept: all, or nothing."""

    lines: list[Line] = field(default_factory=list)
    applied: bool = False

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.outcome is Outcome.REFUSED]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many lines had each outcome; a line with several mistakes counts once."""
        seen = Counter(outcome for _, outcome in {(line.number, line.outcome) for line in self.lines})
        return {outcome: seen[outcome] for outcome in Outcome}

    def summary(self) -> str:
        """ "3 added, 1 changed, 40 unchanged, 0 refused"."""
        return ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items())


def refused(lines: Sequence[Line]) -> bool:
    """Whether a line was refused, and with it the file."""
    return any(line.outcome is Outcome.REFUSED for line in lines)


def import_all_or_nothing(read: Callable[[bool], list[Line]], *, dry_run: bool) -> Report:
    """Runs `read(write)` once to look and, for a clean file that is no dry run, once more to write.

    The first reading needs no transaction, so that the database is locked no longer than writing takes. The
    second looks again: meanwhile somebody else may have taken an address or a number.
    """
    lines = read(False)
    if dry_run or refused(lines):
        return Report(lines)
    if all(line.outcome is Outcome.UNCHANGED for line in lines):
        return Report(lines, applied=True)
    with transaction.atomic():
        lines = read(True)
        if refused(lines):
            transaction.set_rollback(True)
    return Report(lines, applied=not refused(lines))
