"""How a hung queue or pager is noticed: each leaves a mark while it works, and the supervisor misses it.

django-q2's cluster can hang for good while its processes look alive (measured: after a SIGKILL of an idle
worker in 6 of 12 trials), so that only work done proves it well: a task, due each minute, leaves the mark. With
several machines on one database a mark says that some queue or pager works, not which.
"""

from django.db import Error, connection
from django.utils import timezone
from django_q.models import Schedule

from escalations.models import Heartbeat
from telephony import clock

QUEUE, PAGER = "queue", "pager"
QUEUE_SILENCE = 240.0
"""Seconds. The task is due each minute, django-q2 looks for due schedules each 30 s, and both workers may be busy for
the 120 s that a task may take; what is later than that does not come."""
PAGER_SILENCE = 60.0
"""It beats each 5 s, and may have to wait 20 s for a locked database."""
LOCK_SILENCE = 40.0
"""A queue worker that stops in the middle of a write keeps the pager from writing (seen on SQLite: killing the
pager again and again is no help). So a pager that falls silent costs the queue its place first."""


def sing() -> None:
    """The task: leaves the mark."""
    Heartbeat.objects.update_or_create(name=QUEUE, defaults={"at": clock.now()})


def hire() -> None:
    """Schedules the task, due at once."""
    Schedule.objects.update_or_create(
        name="canary",
        defaults={
            "func": "config.canary.sing",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
            "next_run": timezone.now(),
        },
    )


def queue_silence(seconds_up: float) -> str:
    """Why the queue seems to hang, or to hold up the pager, or nothing."""
    if why := _silence(QUEUE, QUEUE_SILENCE, seconds_up):
        return why
    silent = _seconds_since_mark(PAGER)
    # A queue that is younger than the silence has no part in it.
    if silent is not None and LOCK_SILENCE < silent < seconds_up:
        return f"it may hold the database: the pager is silent for {silent:.0f} s"
    return ""


def pager_silence(seconds_up: float) -> str:
    """Why the pager seems to hang, or nothing."""
    return _silence(PAGER, PAGER_SILENCE, seconds_up)


def _silence(name: str, patience: float, seconds_up: float) -> str:
    if seconds_up < patience:
        return ""
    silent = _seconds_since_mark(name)
    if silent is None:
        return "no sign of work since it started"
    return "" if silent < patience else f"no sign of work for {silent:.0f} s"


def _seconds_since_mark(name: str) -> float | None:
    """None where there is no mark. A database that does not answer counts as a mark just now: it would not
    answer a new process either."""
    try:
        last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    except Error:
        connection.close()
        return 0.0
    return None if last is None else (timezone.now() - last).total_seconds()
