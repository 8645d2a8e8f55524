"""Kept, on pace, behind or excused: a member's standing against their own promise, never against one another. Pure.

*Excused* is whoever owes nothing because an administrator said so, or an approved absence covers all of the month; who
and why is told. *Kept* is whoever has served the duties that they were given and counts all the listening they owe.
While the month runs, *on pace* is whoever will have kept it with what is booked, or could still keep it at the
month's own pace: of the listening owed, as much is counted or booked as of the month is over, less one session. All
others are *behind*, and the reasons say what is missing.

A duty that the rota never gave cannot be served, and is held against nobody; one that was given away and neither
exchanged nor made up for is, and so is one that was missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from reports import duties, listening
from reports.figures import Value


class Status(StrEnum):
    """In words: `words_of`."""

    KEPT = "kept"
    ON_PACE = "on_pace"
    BEHIND = "behind"
    EXCUSED = "excused"


@dataclass(frozen=True)
class Excuse:
    """Why somebody owes nothing, or less: by whom (a name, "" where nobody decides) and why."""

    by: str
    why: str
    whole: bool


@dataclass(frozen=True)
class Standing:
    """The status, and why, in words."""

    status: Status
    reasons: tuple[str, ...] = field(default=())

    @property
    def falls_short(self) -> bool:
        """Whether the promise is broken in the end unless more is booked, or served; it may be on pace still."""
        return self.status in (Status.ON_PACE, Status.BEHIND) and bool(self.reasons)


def standing(
    *, figures: Mapping[str, Value], elapsed: Fraction, session: int, excuse: Excuse | None
) -> Standing:
    """How these figures stand when so much of the month (0 to 1) is over; `session` is how many seconds one lasts."""
    if excuse is not None and excuse.whole:
        return Standing(Status.EXCUSED, (f"{excuse.why} ({excuse.by})" if excuse.by else excuse.why,))
    missing = _duties_missing(figures)
    short = -_of(figures, listening.BALANCE)
    ahead = _of(figures, listening.AHEAD) if elapsed < 1 else 0
    if short > ahead:
        booked = f", with {clock(ahead)} booked" if ahead else ""
        missing.append(f"{clock(short)} of listening short{booked}")
    if not missing:
        done = short <= 0 and not _of(figures, duties.TO_COME)
        return Standing(Status.KEPT if done or elapsed >= 1 else Status.ON_PACE)
    due = elapsed * _of(figures, listening.OWED)
    in_time = _of(figures, listening.COUNTED) + ahead >= due - session
    if elapsed < 1 and not _duties_missing(figures) and in_time:
        return Standing(Status.ON_PACE, tuple(missing))
    return Standing(Status.BEHIND, tuple(missing))


def _duties_missing(figures: Mapping[str, Value]) -> list[str]:
    missed = _of(figures, duties.MISSED)
    reasons = [f"{missed} duty day{'s' * (missed != 1)} missed"] if missed else []
    open_debt = duty_debt(figures)
    if open_debt:
        reasons.append(f"{open_debt} duty day{'s' * (open_debt != 1)} given away and not made up for")
    return reasons


def duty_debt(figures: Mapping[str, Value]) -> int:
    """Duty days that were given away and not made up for: another duty mends it."""
    given = _of(figures, duties.SWAPPED) - _of(figures, duties.COVERED)
    had = sum(_of(figures, key) for key in (duties.SERVED, duties.TO_COME, duties.MISSED))
    return max(min(given, _of(figures, duties.OWED) - had), 0)


def clock(seconds: int) -> str:
    """ "1:59:59"; with a minus where it is below zero."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'−' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _of(figures: Mapping[str, Value], key: str) -> int:
    return figures.get(key) or 0
