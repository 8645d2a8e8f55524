"""Rows for the measurement of a year, and words of how far it is: `python -m benches.year_rows WHAT …`.

`fill EXECUTIVES DAYS` makes the programme; `planned RUN` and `mailed` wait in a process of their own, so that nothing
measured has to tell anybody anything. Each prints one JSON object. Instants are of the monotonic clock that all
processes of one machine share.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.utils import timezone  # noqa: E402

from people.models import Letter, LetterStatus, Person  # noqa: E402
from rota.feeds import feed_url, open_feed  # noqa: E402
from rota.invitation_letters import to_mail  # noqa: E402
from rota.models import (  # noqa: E402
    Absence,
    BusyBlock,
    BusyCalendar,
    Duty,
    Invitation,
    ListeningHold,
    ListeningWindow,
    Membership,
    PlanningRun,
    PlanningStatus,
    Preference,
    Programme,
)

ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Europe/Berlin", "Europe/Paris",
    "Africa/Lagos", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AWAY = 5
"""Absences of each executive in a year, of one to fourteen days."""
WISHES = 24
"""Dates of a year that each would rather or would rather not serve on; the rule counts four a month."""
LISTENERS = 4
"""Seats of each half hour on working days: about half as many again as the quota needs."""
PATIENCE = 1800.0
"""Seconds until a wait is given up."""
_ENDED = frozenset(PlanningStatus) - {PlanningStatus.WAITING, PlanningStatus.RUNNING}


def fill(executives: int, days: int) -> dict[str, Any]:
    """A programme with a primary and a backup on every day of the week, and lives around it."""
    chance = random.Random(400)  # noqa: S311 - variety, not secrecy
    first = (timezone.now().date() + timedelta(days=40)).replace(day=1)
    dates = [first + timedelta(days=step) for step in range(days)]
    programme = Programme.objects.create(
        slug="year",
        name="Officer of the Day, the year",
        time_zone="America/New_York",
        everybody=False,
        duty_days=list(WEEK),
        hours_from=clock(8),
        hours_to=clock(20),
        seats_backup=1,
        min_gap_days=3,
        busy_from=clock(9),
        busy_to=clock(17),
        busy_minutes=240,
        rungs=[{"who": "primary", "by": ["call"]}, {"who": "backup", "by": ["call"]}],
    )
    people = Person.objects.bulk_create(
        Person(
            email=f"executive{number}@example.com",
            name=f"Executive {number}",
            is_executive=True,
            phone=f"+1555{3_000_000 + number:07d}",
            phone_verified_at=timezone.now(),
            time_zone=chance.choice(ZONES),
            language="en",
        )
        for number in range(executives)
    )
    Membership.objects.bulk_create(
        Membership(programme=programme, person=person, share=chance.choice((100, 100, 100, 80, 50)))
        for person in people
    )
    ListeningWindow.objects.bulk_create(
        ListeningWindow(
            programme=programme, weekday=day, opens=opens, closes=closes, seats=LISTENERS, peak=peak
        )
        for day in WEEK[:5]
        for opens, closes, peak in (
            (clock(0), clock(8), 1),
            (clock(8), clock(12), 3),
            (clock(12), clock(23, 30), 2),
        )
    )
    _lives(chance, people, dates)
    admin = Person.objects.get(email="agent@example.com")
    return {
        "first": first.isoformat(),
        "last": dates[-1].isoformat(),
        "session": _signed_in(admin),
        "executive_session": _signed_in(people[0]),
        "cookie": settings.SESSION_COOKIE_NAME,
        "feed": feed_url(open_feed(person=people[0], by=people[0])),
    }


def _lives(chance: random.Random, people: list[Person], dates: list[date]) -> None:
    """Absences, wishes and a busy calendar for each."""
    now = timezone.now()
    Absence.objects.bulk_create(
        (
            Absence(
                person=person,
                first_day=begins,
                last_day=begins + timedelta(days=chance.choice((0, 1, 4, 6, 13))),
                created_at=now,
            )
            for person in people
            for begins in chance.sample(dates, k=min(AWAY, len(dates)))
        ),
        batch_size=1000,
    )
    Preference.objects.bulk_create(
        (
            Preference(person=person, day=day, liking=chance.choice((-3, -2, -1, 1, 2)), created_at=now)
            for person in people
            for day in chance.sample(dates, k=min(WISHES, len(dates)))
        ),
        batch_size=1000,
    )
    calendars = BusyCalendar.objects.bulk_create(
        BusyCalendar(
            person=person,
            address=f"https://calendars.example.com/{person.pk}.ics",
            good_at=now,
            good_from=dates[0],
            good_until=dates[-1],
            good_zone=person.time_zone,
            next_fetch_at=now + timedelta(days=7),
            created_at=now,
        )
        for person in people
    )
    BusyBlock.objects.bulk_create(
        (
            BusyBlock(calendar=calendar, starts_at=begins, ends_at=begins + timedelta(hours=2))
            for calendar in calendars
            for day in dates
            if day.weekday() < 5
            for begins in [datetime(day.year, day.month, day.day, chance.randrange(6, 22), tzinfo=UTC)]
        ),
        batch_size=5000,
    )


def _signed_in(person: Person) -> str:
    """The key of a session in which this person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def planned(run: int) -> dict[str, Any]:
    """How the run ended, and what it left."""
    found = _until(lambda: PlanningRun.objects.filter(pk=run, status__in=_ENDED).first())
    at = time.monotonic()
    return {
        "at": at,
        "status": found.status,
        "error": found.error,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "solved_seconds": found.seconds,
        "rota": found.rota_id,
        "duties": Duty.objects.filter(rota=found.rota_id).count(),
        "listening_times": ListeningHold.objects.filter(rota=found.rota_id).count(),
        "coverage": found.report.get("coverage"),
        "not_met": len(found.report.get("missed", [])),
    }


def mailed() -> dict[str, Any]:
    """When everybody's entries stood, when every letter was queued, and when the last had gone."""
    published = Duty.objects.published().filter(programme__slug="year").count()
    published += ListeningHold.objects.filter(programme__slug="year", published=True).count()
    entries = Invitation.objects.filter(person__email__startswith="executive")
    _until(lambda: entries.count() == published)
    stood = time.monotonic()
    _until(lambda: not to_mail().exists())
    queued = time.monotonic()
    _until(lambda: not Letter.objects.filter(status__in=(LetterStatus.QUEUED, LetterStatus.SENDING)).exists())
    return {
        "entries": published,
        "letters": Letter.objects.count(),
        "failed": Letter.objects.exclude(status=LetterStatus.SENT).count(),
        "stood_at": stood,
        "queued_at": queued,
        "gone_at": time.monotonic(),
    }


def _until(find: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not so within {PATIENCE:.0f} s.")
        time.sleep(0.2)
    return found


if __name__ == "__main__":
    said: dict[str, Callable[..., dict[str, Any]]] = {"fill": fill, "planned": planned, "mailed": mailed}
    what, *numbers = sys.argv[1:]
    sys.stdout.write(json.dumps(said[what](*map(int, numbers))))
