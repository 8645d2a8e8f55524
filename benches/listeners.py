"""Run inside an installation: executives with a time to listen, agents, and our own number as their centre's.

    python -m benches.listeners LISTENERS AGENTS SECONDS [FIRST]

Once more with another FIRST, others come in their place. Prints one JSON object: the first session's key, and an
administrator's sign-in.
"""

import json
import os
import sys
from datetime import time, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from listening import agents, sessions  # noqa: E402
from listening.models import AgentDesk, HuntGroup, ListeningRules  # noqa: E402
from people.models import Person  # noqa: E402
from rota.hours import WEEKDAYS  # noqa: E402
from rota.models import Programme  # noqa: E402

PASSWORD = "correct-horse-battery"  # noqa: S105 - of an installation that lives for minutes


def main() -> None:
    """Fill the database."""
    listeners, desks, seconds, first = (int(word) for word in [*sys.argv[1:], "0"][:4])
    programme = Programme.objects.order_by("pk").first()
    if programme is None:
        raise SystemExit("there is no programme")
    line = {"is_on": True, "name": "Example support", "days": list(WEEKDAYS), "opens": time(0)}
    HuntGroup.objects.get_or_create(programme=programme, defaults=line | {"closes": time(23, 59, 59)})
    ListeningRules.objects.get_or_create(
        programme=programme, defaults={"presence_minutes": 120, "answer_seconds": 5}
    )
    AgentDesk.objects.update(takes_calls=False)
    for number in desks_numbers(desks, first):
        agent = _person(f"agent{number}@example.com", number, is_support=True)
        agents.sign_policy(person=agent, version=agents.policy().version)
        agents.set_desk(person=agent, told_by="text", takes_calls=True)
    people = [
        _person(f"listener{number}@example.com", number, is_executive=True)
        for number in listeners_numbers(listeners, first)
    ]
    admin = _person(f"bench-admin{first}@example.com", "", is_admin=True)
    admin.set_password(PASSWORD)
    admin.save()
    # Booked when all else is there: their phones are told what to do before the time comes.
    start = timezone.now() + timedelta(seconds=5 + listeners / 4)
    end = start + timedelta(seconds=seconds)
    keys = [sessions.book(programme=programme, person=person, start=start, end=end).pk for person in people]
    sys.stdout.write(json.dumps({"session": keys[0], "email": admin.email, "password": PASSWORD}))


def listeners_numbers(count: int, first: int = 0) -> list[str]:
    """Phones of executives who listen."""
    return [f"+155520{30000 + first + number}" for number in range(count)]


def desks_numbers(count: int, first: int = 0) -> list[str]:
    """Phones of agents."""
    return [f"+155520{50000 + first + number}" for number in range(count)]


def callers_numbers(count: int, first: int = 0) -> list[str]:
    """Phones of customers."""
    return [f"+141955{50000 + first + number}" for number in range(count)]


def _person(email: str, number: str, **roles: bool) -> Person:
    verified = {"phone_verified_at": timezone.now(), "phone_verified_how": "bench"} if number else {}
    return Person.objects.create(email=email, name=email, phone=number, **verified, **roles)


if __name__ == "__main__":
    main()
