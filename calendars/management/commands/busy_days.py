"""`manage.py busy_days FILE_OR_URL`: what a busy calendar says, as the dates on which its owner cannot serve.

Prints a JSON list of dates and exits 0; or one line that says what is wrong, and exits 1, or 2 when what was asked is
wrong. Five seconds are all it takes, its own start included, whatever the calendar or its server do.
"""

import json
import os
import stat
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

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

SECONDS = 4.7  # of 5: the rest is for ending
SECONDS_TO_READ = 1.0  # kept back from the fetching
LEAST_SECONDS = 0.3  # where the start alone took too long


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


def _say_nothing(_: Any = None) -> None:
    pass


class Command(BaseCommand):
    help = "Prints the dates (a JSON list) on which the owner of a busy calendar cannot serve."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.print_usage = _say_nothing  # type: ignore[method-assign,assignment]  # one line says what is wrong
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
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

    def handle(self, *args: Any, **options: Any) -> None:
        gone = _seconds_since_start() if sys.argv[1:2] == ["busy_days"] else 0.0  # else another program calls
        ends = time.monotonic() + max(SECONDS - gone, LEAST_SECONDS)
        try:
            days, doubts = _busy_days(ends=ends, **options)
        except (CalendarRefused, FetchFailed, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{options['calendar']}: {error.strerror or 'it cannot be read'}.") from error
        except CommandError:
            raise
        except Exception as error:  # a fault of ours is one line too, for whoever reads the exit code
            raise CommandError(
                f"The calendar was not read: {type(error).__name__}, a fault of ours."
            ) from error
        for doubt in doubts:
            self.stderr.write(f"Note: {doubt}")
        self.stdout.write(json.dumps([day.isoformat() for day in days]))


def _busy_days(
    *,
    calendar: str,
    first: date,
    last: date,
    time_zone: ZoneInfo,
    allow_private: bool,
    owner: str,
    busy_from: clock,
    busy_to: clock,
    busy_minutes: int,
    ends: float,
    **_: Any,
) -> tuple[list[date], list[str]]:
    if last < first:
        raise CommandError("--to is before --from: give the earlier date first.", returncode=2)
    if first < EARLIEST or last > LATEST or (last - first).days >= MOST_DAYS:
        raise CommandError(f"Give at most {MOST_DAYS} days, from {EARLIEST} to {LATEST}.", returncode=2)
    rules = BusyRules(from_=busy_from, to=busy_to, minutes=busy_minutes)
    content = _fetched(calendar, allow_private, ends) if "://" in calendar else _read(Path(calendar))
    reading = busy_times(
        content,
        first=first,
        last=last,
        zone=time_zone,
        owner_email=owner,
        seconds=max(ends - time.monotonic(), LEAST_SECONDS),
    )
    days = days_taken(reading, first=first, last=last, zone=time_zone, rules=rules)
    return days, [doubt.sentence for doubt in reading.doubtful]


def _fetched(address: str, allow_private: bool, ends: float) -> bytes:
    seconds = max(ends - time.monotonic() - SECONDS_TO_READ, LEAST_SECONDS)
    fetched = fetch(address, allow_private=allow_private, seconds=seconds)
    assert isinstance(fetched, Fetched)  # noqa: S101 - without a condition there is no "not modified"
    return fetched.content


def _read(path: Path) -> bytes:
    """A regular file; of one that is too large, a byte more than is read, so that it is refused as such."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise CommandError(f"{path} is no file.", returncode=2)
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _seconds_since_start() -> float:
    """How long this process has been running, by the system's clock since boot (proc(5), field 22)."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        seconds = time.process_time()
    return min(max(seconds, 0.0), SECONDS)
