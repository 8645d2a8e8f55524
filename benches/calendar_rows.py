"""Rows for the measurement of calendars: `python -m benches.calendar_rows feed DUTIES | year EXECUTIVES DAYS`."""

import json
import os
import resource
import sys
import time
from datetime import time as clock
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - Django is set up first
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from people.models import Letter, Person  # noqa: E402
from rota.feeds import feed_url, open_feed  # noqa: E402
from rota.hours import duty_period  # noqa: E402
from rota.invitation_letters import mail_due  # noqa: E402
from rota.invitations import follow  # noqa: E402
from rota.models import Duty, Invitation, Programme, Rota  # noqa: E402
from rota.publishing import publish  # noqa: E402

A_MONTH = 1
"""Duties of each executive."""


def feed(duties: int) -> str:
    """One officer with so many duties to come; returns the address of their feed."""
    officer = Person.objects.get(email="officer0@example.com")
    programme = Programme.objects.earliest("pk")
    _draft(programme, [officer], duties, seats=1)
    publish(rota=Rota.objects.latest("pk"))
    follow(people={officer.pk})
    return feed_url(open_feed(person=officer, by=officer))


def year(executives: int, days: int) -> dict[str, Any]:
    """A year of one programme, published; how long each step takes until every invitation is queued."""
    programme = Programme.objects.create(
        slug="year",
        name="Officer of the Day, the year",
        time_zone="America/New_York",
        duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours_from=clock(8),
        hours_to=clock(20),
    )
    people = Person.objects.bulk_create(
        Person(email=f"executive{index}@example.com", name=f"Executive {index}", is_executive=True)
        for index in range(executives)
    )
    rota = _draft(programme, people, days, seats=round(executives * A_MONTH * 12 / days))
    seconds = {}
    with CaptureQueriesContext(connection) as queries:
        for name, step in (
            ("published", lambda: publish(rota=rota)),
            ("entries", lambda: follow(people={person.pk for person in people})),
            ("letters queued", mail_due),
        ):
            before = time.perf_counter()
            step()
            seconds[name] = round(time.perf_counter() - before, 2)
    return {
        "seconds": seconds,
        "entries": Invitation.objects.filter(person__in=people).count(),
        "details": {
            "executives": executives,
            "letters": Letter.objects.count(),
            "queries": len(queries),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        },
    }


def _draft(programme: Programme, people: list[Person], days: int, *, seats: int) -> Rota:
    first = timezone.now().date() + timedelta(days=40)
    rota = Rota.objects.create(
        programme=programme, first_day=first, last_day=first + timedelta(days=days - 1)
    )
    rules = programme.rules
    duties = []
    for number in range(days):
        day = first + timedelta(days=number)
        period = duty_period(rules, day)
        duties += [
            Duty(
                rota=rota,
                programme=programme,
                person=people[(number * seats + seat) % len(people)],
                day=day,
                seat=seat,
                starts_at=period.start,
                ends_at=period.end,
            )
            for seat in range(seats)
        ]
    Duty.objects.bulk_create(duties, batch_size=500)
    return rota


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    sys.stdout.write(feed(*map(int, numbers)) if what == "feed" else json.dumps(year(*map(int, numbers))))
