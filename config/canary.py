"""How a hung queue is noticed: a task that leaves a mark each minute, and a supervisor that misses it.

django-q2's cluster can hang for good while its processes look alive (measured: after a SIGKILL of an idle
worker in 6 of 12 trials), so that only work done proves it well. With several machines on one database the
mark says that some cluster works, not which.
"""

from datetime import timedelta

from django.db import Error, connection
from django.utils import timezone
from django_q.models import Schedule

from escalations.models import Heartbeat

NAME = "queue"
SILENCE = timedelta(seconds=240)
"""The task is due each minute, django-q2 looks for due schedules each 30 s, and both workers may be busy for
the 120 s that a task may take; what is later than that does not come."""


def sing() -> None:
    """The task: leaves the mark."""
    Heartbeat.objects.update_or_create(name=NAME, defaults={"at": timezone.now()})


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


def silence(seconds_up: float) -> str:
    """Why the queue seems to hang, or nothing. A queue that is up for less than `SILENCE` does not."""
    if seconds_up < SILENCE.total_seconds():
        return ""
    try:
        last = Heartbeat.objects.filter(name=NAME).values_list("at", flat=True).first()
    except Error:
        # A database that does not answer would not answer a restarted queue either.
        connection.close()
        return ""
    if last is not None and timezone.now() - last < SILENCE:
        return ""
    return "no sign of work since " + (f"{last:%H:%M:%S} UTC" if last else "it started")
