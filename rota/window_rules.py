"""Listening windows as a programme file writes them, checked and made plain. Pure.

One `[[listening_window]]` may name several days; each becomes a window of its own.
"""

from dataclasses import dataclass
from datetime import date, time

from people.errors import Refused
from people.regional import read_language
from people.suggestions import did_you_mean, one_of
from rota.clock_times import read_span
from rota.hours import WEEKDAYS
from rota.toml_table import Table

KEY = "listening_window"
MOST_WINDOWS = 100
MOST_SEATS = 500
USUAL_SEATS, USUAL_PEAK = 3, 2
_EXAMPLE = '{ weekday = "mon", hours = "10:00-12:00", seats = 3 }'


@dataclass(frozen=True, order=True, kw_only=True)
class WindowRule:
    """One weekly window on one weekday, as `ListeningWindow` keeps it. Wall-clock times of the programme."""

    weekday: str
    opens: time
    closes: time
    language: str = ""
    queue: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    seats: int = USUAL_SEATS
    peak: int = USUAL_PEAK


def read_windows(root: Table, *, session_minutes: int) -> list[WindowRule]:
    """The windows of the file, in its order; none where it names none."""
    found: list[WindowRule] = []
    for window in root.tables(KEY, most=MOST_WINDOWS, example=_EXAMPLE):
        for rule in _window(window, session_minutes):
            if any(_same_offer(rule, other) for other in found):
                window.wrong("hours", f"are there twice on {rule.weekday} for the same calls.")
            found.append(rule)
    return found


def _same_offer(one: WindowRule, other: WindowRule) -> bool:
    """Whether two windows could not be told apart."""
    keys = ("weekday", "opens", "closes", "language", "queue", "valid_from", "valid_until")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _window(window: Table, session_minutes: int) -> list[WindowRule]:
    days = _weekdays(window)
    opens, closes = _hours(window, session_minutes)
    language = _language(window)
    queue = window.text("queue", most=60, default="")
    seats = window.whole("seats", least=1, most=MOST_SEATS, default=USUAL_SEATS)
    peak = window.whole("peak", least=1, most=3, default=USUAL_PEAK)
    valid_from, valid_until = window.day("from"), window.day("until")
    if valid_from and valid_until and valid_until < valid_from:
        window.wrong("until", "must not be earlier than from.")
    window.close()
    return [
        WindowRule(
            weekday=day,
            opens=opens,
            closes=closes,
            language=language,
            queue=queue,
            valid_from=valid_from,
            valid_until=valid_until,
            seats=seats,
            peak=peak,
        )
        for day in days
    ]


def _weekdays(window: Table) -> list[str]:
    """Of `weekday`, one, or of `days`, several."""
    if window.has("weekday") == window.has("days"):
        window.texts("days", default=[])
        window.text("weekday", most=20, default="")
        window.wrong("days", 'must say on which days, such as ["mon", "thu"], where weekday does not.')
        return []
    if window.has("weekday"):
        written = [window.text("weekday", most=20)]
        places = ["weekday"]
    else:
        written = window.texts("days")
        places = [f"days[{index}]" for index in range(len(written))]
        if not written:
            window.wrong("days", "must name at least one day.")
    for place, day in zip(places, written, strict=True):
        if day not in WEEKDAYS:
            window.wrong(place, f"must be {one_of(WEEKDAYS)}.{did_you_mean(day[:3], WEEKDAYS)}")
    return [day for day in WEEKDAYS if day in written]


def _hours(window: Table, session_minutes: int) -> tuple[time, time]:
    """Within one day: nobody is asked to listen past midnight."""
    written = window.text("hours", most=40)
    span = read_span(written) if written else None
    if span is None or span.closes <= span.opens:
        if written:
            window.wrong("hours", 'must be like "10:00-12:00", and end before midnight.')
        return time(0), time(23, 59)
    if span.minutes < session_minutes:
        window.wrong("hours", f"are shorter than a session of {session_minutes} minutes.")
    return span.opens, span.closes


def _language(window: Table) -> str:
    written = window.text("language", most=40, default="")
    if not written:
        return ""
    try:
        return read_language(written)
    except Refused as refusal:
        window.wrong("language", str(refusal))
        return ""
