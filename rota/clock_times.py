"""Hours as people write them: "08:00-20:00". Pure.

24:00 is midnight at the end of the day, and kept as 00:00.
"""

import re
from dataclasses import dataclass
from datetime import time

MIDNIGHT = time(0)
_SPAN = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*")
_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True)
class ClockSpan:
    """From one wall-clock time to another. `whole_day` where it was written as 00:00-24:00."""

    opens: time
    closes: time
    whole_day: bool

    @property
    def minutes(self) -> int:
        """How long it is, past midnight where it closes before it opens; equal times are a whole day."""
        length = _minutes(self.closes) - _minutes(self.opens)
        return length if length > 0 else length + 24 * 60


def read_clock(written: str) -> time | None:
    """A time of day from 00:00 to 23:59, or None."""
    match = _CLOCK.fullmatch(written)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def read_span(written: str) -> ClockSpan | None:
    """Two times of day joined by a hyphen or a dash, the second of which may be 24:00; None for anything else."""
    match = _SPAN.fullmatch(written)
    if match is None:
        return None
    opens = read_clock(match[1])
    closes = MIDNIGHT if match[2] == "24:00" else read_clock(match[2])
    if opens is None or closes is None:
        return None
    return ClockSpan(opens, closes, opens == MIDNIGHT and match[2] == "24:00")


def span_text(opens: time, closes: time) -> str:
    """As a file writes it: equal times are 00:00-24:00."""
    if opens == closes:
        return "00:00-24:00"
    end = "24:00" if closes == MIDNIGHT else f"{closes:%H:%M}"
    return f"{opens:%H:%M}-{end}"


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
