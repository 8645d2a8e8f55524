"""Runs the reading of a calendar in a process of its own: with a deadline, little memory, and nothing else to lose.

The child knows neither Django nor our settings, so it starts in about a tenth of a second. It is started anew and not
forked, so any thread may ask for it. It is killed with its group when it is late; should we die before it, the
system's limit on its processor time ends it.
"""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from calendars.refused import CalendarRefused

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
_HANDED_ON = ("PYTHONPATH", "PYTHONHOME", "PYTHONTZPATH", "PYTHONDONTWRITEBYTECODE")  # and no secret of ours
TOO_SLOW = "The calendar takes too long to read."


def read_confined(question: dict[str, Any], content: bytes, *, seconds: float) -> dict[str, Any]:
    """What `calendars.reading` answers to the question (see its `__main__`) about the content.

    Raises CalendarRefused, with the code "too_slow" when so many seconds have passed.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "calendars.reading"],
        cwd=ROOT,
        env={
            "BUSY_QUESTION": json.dumps(question),
            **{name: os.environ[name] for name in _HANDED_ON if name in os.environ},
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        answer, complaint = child.communicate(content, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise CalendarRefused("too_slow", TOO_SLOW) from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode != 0:
        # The last line names the error; of a calendar's text only what says when is ever kept.
        log.error(
            "A calendar's reader ended with %s: %s",
            child.returncode,
            complaint[-300:].decode("utf-8", "replace").strip().rpartition("\n")[2],
        )
        raise CalendarRefused("unreadable", "The calendar is too large or too tangled to read.")
    read: dict[str, Any] = json.loads(answer)
    if refusal := read.get("refused"):
        raise CalendarRefused(refusal["code"], refusal["sentence"])
    return read
