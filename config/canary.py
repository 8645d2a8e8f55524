"""How a hung queue or pager is noticed: each leaves a mark while it works, and the supervisor misses it.

django-q2's cluster can hang for good while its processes look alive (measured: after a SIGKILL of an idle
worker in 6 of 12 trials), so that only work done proves it well: a task, due each minute, leaves the mark. With
several machines on one database a mark says that some queue or pager works, not which.
"""

from datetime import timedelta

from django.db import Error, connection
from django.utils import timezone
from django_q.models import Schedule

from escalations import clock
from escalations.models import Heartbeat

QUEUE, PAGER = "queue", "pager"
QUEUE_SILENCE = timedelta(seconds=240)
"""The task is due each minute, django-q2 looks for due schedules each 30 s, and both workers may be busy for
the 120 s that a task may take; what is later than that does not come."""
PAGER_SILENCE = timedelta(seconds=60)
"""It beats each 5 s, and may have to wait 20 s for a locked database."""


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
    """Why the queue seems to hang, or nothing."""
    return _silence(QUEUE, QUEUE_SILENCE, seconds_up)


def pager_silence(seconds_up: float) -> str:
    """Why the pager seems to hang, or nothing."""
    return _silence(PAGER, PAGER_SILENCE, seconds_up)


def _silence(name: str, patience: timedelta, seconds_up: float) -> str:
    if seconds_up < patience.total_seconds():
        return ""
    try:
        last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    except Error:
        # A database that does not answer would not answer a new process either.
        connection.close()
        return ""
    if last is not None and clock.now() - last < patience:
        return ""
    return "no sign of work since " + (f"{last:%H:%M:%S} UTC" if last else "it started")
