"""The process that reads one calendar from standard input.

BUSY_QUESTION, in the environment, says what is asked, as JSON (see `read_confined` in `calendars.confined`). It
writes one JSON object: a `BusyReading`, or `refused` with `code` and `sentence`. Limits its own memory and processor
time first, since what it reads was written by anybody.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from calendars.reading.reader import read_busy
from calendars.refused import CalendarRefused

MEMORY = 48 * 2**20  # bytes, beyond what the interpreter has taken so far
PROCESSOR_SECONDS = 6


def main() -> None:
    """Answers one question."""
    _limit()
    question = json.loads(os.environ["BUSY_QUESTION"])
    try:
        answer = read_busy(
            sys.stdin.buffer.read(),
            first=date.fromisoformat(question["first"]),
            last=date.fromisoformat(question["last"]),
            zone=ZoneInfo(question["zone"]),
            owner_email=question["owner_email"],
        ).as_json()
    except CalendarRefused as refusal:
        answer = _refused(refusal.code, refusal.sentence)
    except MemoryError:
        answer = _refused("too_big", "The calendar takes too much memory to read.")
    json.dump(answer, sys.stdout)


def _refused(code: str, sentence: str) -> dict[str, Any]:
    return {"refused": {"code": code, "sentence": sentence}}


def _limit() -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    with suppress(OSError, ValueError):  # where the system does not say, or has no such limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
