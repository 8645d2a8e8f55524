"""Spans of time, from their start until just before their end, as sets: pure.

Every function takes spans in any order, overlapping or not, and returns them in order, apart and not empty.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` until just before `end`."""

    start: datetime
    end: datetime


Spans = tuple[Span, ...]


def union(*many: Iterable[Span]) -> Spans:
    """What any of them covers."""
    found: list[Span] = []
    for start, end in sorted(span for spans in many for span in spans if span.start < span.end):
        if found and start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(end, found[-1].end))
        else:
            found.append(Span(start, end))
    return tuple(found)


def overlap(first: Iterable[Span], *others: Iterable[Span]) -> Spans:
    """What all of them cover."""
    found = union(first)
    for other in others:
        found = _overlap(found, union(other))
    return found


def without(spans: Iterable[Span], *others: Iterable[Span]) -> Spans:
    """What the first cover and none of the others does."""
    found: list[Span] = []
    holes = union(*others)
    place = 0
    for start, end in union(spans):
        while place < len(holes) and holes[place].end <= start:
            place += 1
        begin, at = start, place
        while at < len(holes) and holes[at].start < end:
            if begin < holes[at].start:
                found.append(Span(begin, holes[at].start))
            begin = max(begin, holes[at].end)
            at += 1
        if begin < end:
            found.append(Span(begin, end))
    return tuple(found)


def length(spans: Iterable[Span]) -> timedelta:
    """How long they are together, each instant once."""
    return sum((span.end - span.start for span in union(spans)), timedelta())


def whole_seconds(spans: Iterable[Span]) -> int:
    """Their length in whole seconds; what is left over is dropped, never rounded up."""
    return length(spans) // timedelta(seconds=1)


def _overlap(left: Spans, right: Spans) -> Spans:
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if start < end:
            found.append(Span(start, end))
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return tuple(found)
