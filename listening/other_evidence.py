"""What sessions without a telephone prove: items examined, and seconds of a recording really played. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from listening.intervals import Span, Spans, union

MOST_BETWEEN_ITEMS = timedelta(minutes=15)
"""Whoever examines a thing for longer than this has done something else in between."""


def examined(begun_at: datetime, items: Iterable[datetime]) -> Spans:
    """The time of an audit that its items prove: before each of them, since the one before, some minutes at most."""
    spans: list[Span] = []
    before = begun_at
    for at in sorted(items):
        if at > before:
            spans.append(Span(max(before, at - MOST_BETWEEN_ITEMS), at))
            before = at
    return union(spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The player's report, received at `at`: it played from one position to another (seconds of the recording)."""

    at: datetime
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was really played. `spans` is when, `positions` which parts of the recording, each once."""

    spans: Spans
    positions: tuple[tuple[float, float], ...]


def heard(begun_at: datetime, beats: Iterable[Beat], *, seconds: int) -> Heard:
    """What the beats prove of a recording of so many seconds.

    A report covers no more time than has passed since the one before it: what is played faster counts for the time it
    took, and a report of what nobody had the time to hear counts for next to nothing. A part heard before counts no
    second time.
    """
    spans: list[Span] = []
    covered: list[tuple[float, float]] = []
    before = begun_at
    for beat in sorted(beats, key=lambda beat: (beat.at, beat.start, beat.end)):
        start, end = max(0.0, beat.start), min(float(seconds), beat.end)
        passed = (beat.at - before).total_seconds()
        before = max(before, beat.at)
        if end <= start or passed <= 0:
            continue
        fresh = (end - start) - sum(max(0.0, min(end, until) - max(start, since)) for since, until in covered)
        counted = fresh * min(1.0, passed / (end - start))
        spans.append(Span(beat.at - timedelta(seconds=counted), beat.at))
        covered = _joined([*covered, (start, end)])
    return Heard(union(spans), tuple(covered))


def _joined(parts: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for start, end in sorted(parts):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
