"""The program behind `manage.py busy_days`: what a busy calendar says, as the dates on which its owner cannot serve.

It knows no Django: five seconds are all it may take, its own start included, and a hundred megabytes, and the product
with all its rooms needs a good part of both before it has done anything.
"""

import json
import os
import stat
import sys
import time
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date
from datetime import time as clock
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from calendars.busy import (
    EARLIEST,
    LATEST,
    MOST_BYTES,
    MOST_DAYS,
    USUAL_RULES,
    BusyRules,
    CalendarRefused,
    busy_times,
    days_taken,
)
from calendars.fetching import Fetched, fetch
from calendars.refused import FetchFailed

HELP = "Prints the dates (a JSON list) on which the owner of a busy calendar cannot serve."
SECONDS = 4.7  # of 5: the rest is for ending
SECONDS_TO_READ = 1.0  # kept back from the fetching
LEAST_SECONDS = 0.3  # where the start alone took too long
REFUSED, WRONG = 1, 2  # exit status: of the calendar; of what was asked


class CannotTell(Exception):
    """The command has no list to print: `str()` is the one line to say instead, `status` the exit status."""

    def __init__(self, line: str, *, status: int = REFUSED) -> None:
        super().__init__(" ".join(line.split()))
        self.status = status


def main(arguments: Sequence[str]) -> int:
    """Runs as a program of its own: prints, and gives the exit status."""
    parser = _Parser(prog="manage.py busy_days", description=HELP)
    add_arguments(parser)
    for option in ("--settings", "--pythonpath", "-v", "--verbosity"):  # Django's own, which say nothing here
        parser.add_argument(option, help=SUPPRESS)
    for flag in ("--traceback", "--no-color", "--force-color"):
        parser.add_argument(flag, action="store_true", help=SUPPRESS)
    try:
        days, notes = answer(parser.parse_args(arguments), gone=_seconds_since_start())
    except CannotTell as refusal:
        print(f"busy_days: {refusal}", file=sys.stderr)  # noqa: T201 - a program's output
        return refusal.status
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)  # noqa: T201
    print(json.dumps(days))  # noqa: T201
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "calendar", metavar="FILE_OR_URL", help="an .ics file, or its http(s) or webcal address"
    )
    parser.add_argument("--from", dest="first", required=True, type=_date, metavar="DATE")
    parser.add_argument("--to", dest="last", required=True, type=_date, metavar="DATE", help="included")
    parser.add_argument("--time-zone", required=True, type=_zone, metavar="TZ", help="the owner's")
    parser.add_argument(
        "--allow-private", action="store_true", help="fetch from this machine and its networks too"
    )
    parser.add_argument(
        "--owner", default="", metavar="EMAIL", help="whose declined invitations do not count"
    )
    parser.add_argument("--busy-from", type=_clock, default=USUAL_RULES.from_, metavar="HH:MM")
    parser.add_argument("--busy-to", type=_clock, default=USUAL_RULES.to, metavar="HH:MM")
    parser.add_argument("--busy-minutes", type=int, default=USUAL_RULES.minutes, metavar="N")


def answer(asked: Namespace, *, gone: float = 0.0) -> tuple[list[str], list[str]]:
    """(the dates, what is doubtful about them). `gone`: how many of the seconds have passed. Raises CannotTell."""
    ends = time.monotonic() + max(SECONDS - gone, LEAST_SECONDS)
    span = {"first": asked.first, "last": asked.last, "zone": asked.time_zone}
    if asked.last < asked.first:
        raise CannotTell("--to is before --from: give the earlier date first.", status=WRONG)
    if asked.first < EARLIEST or asked.last > LATEST or (asked.last - asked.first).days >= MOST_DAYS:
        raise CannotTell(f"Give at most {MOST_DAYS} days, from {EARLIEST} to {LATEST}.", status=WRONG)
    try:
        rules = BusyRules(from_=asked.busy_from, to=asked.busy_to, minutes=asked.busy_minutes)
    except ValueError as error:
        raise CannotTell(str(error), status=WRONG) from error
    try:
        content = _content(asked.calendar, asked.allow_private, ends)
        seconds = max(ends - time.monotonic(), LEAST_SECONDS)
        reading = busy_times(content, **span, owner_email=asked.owner, seconds=seconds)
        days = days_taken(reading, **span, rules=rules)
    except (CalendarRefused, FetchFailed) as refusal:
        raise CannotTell(str(refusal)) from refusal
    except OSError as error:
        raise CannotTell(
            f"{asked.calendar}: {error.strerror or 'it cannot be read'}.", status=WRONG
        ) from error
    except CannotTell:
        raise
    except Exception as error:  # a fault of ours is one line too, for whoever reads the exit status
        raise CannotTell(f"The calendar was not read: {type(error).__name__}, a fault of ours.") from error
    return [day.isoformat() for day in days], [doubt.sentence for doubt in reading.doubtful]


def _content(calendar: str, allow_private: bool, ends: float) -> bytes:
    if "://" not in calendar:
        return _read(Path(calendar))
    seconds = max(ends - time.monotonic() - SECONDS_TO_READ, LEAST_SECONDS)
    fetched = fetch(calendar, allow_private=allow_private, seconds=seconds)
    assert isinstance(fetched, Fetched)  # noqa: S101 - without a condition there is no "not modified"
    return fetched.content


def _read(path: Path) -> bytes:
    """A regular file; of one that is too large, a byte more than is read, so that it is refused as such."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise CannotTell(f"{path} is no file.", status=WRONG)
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage."""
        self.exit(WRONG, f"busy_days: {message}\n")


def _date(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ArgumentTypeError(f"{raw!r} is no date such as 2026-12-01") from error


def _clock(raw: str) -> clock:
    try:
        return clock.fromisoformat("00:00" if raw == "24:00" else raw).replace(tzinfo=None)
    except ValueError as error:
        raise ArgumentTypeError(f"{raw!r} is no time such as 09:00") from error


def _zone(raw: str) -> ZoneInfo:
    try:
        return ZoneInfo(raw)
    except (LookupError, ValueError, OSError) as error:
        raise ArgumentTypeError(f"{raw!r} is no time zone such as Europe/Berlin") from error


def _seconds_since_start() -> float:
    """How long this process has been running, by the system's clock since boot (proc(5), field 22)."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        seconds = time.process_time()
    return min(max(seconds, 0.0), SECONDS)
