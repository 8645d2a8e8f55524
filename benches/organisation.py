"""Fills an empty database for a measurement: `python -m benches.organisation PROGRAMMES ACCOUNTS RING_SECONDS`.

Each programme has a primary and a backup of its own and is open always; prints one API token of a support agent.
"""

import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - Django is set up first

from api import tokens  # noqa: E402
from benches.history import fill_history  # noqa: E402
from benches.installation import customer_number, officer_number  # noqa: E402
from customers.models import Account, Contact  # noqa: E402
from learnings.models import Touchpoint  # noqa: E402
from people.models import Person  # noqa: E402
from rota.models import Duty, Membership, Programme, Rota, RotaStatus  # noqa: E402

WEIGHTS = {"value": 40, "tenure": 10, "loyalty": 10, "status": 25, "influence": 15}


def fill(programmes: int, accounts: int, ring_seconds: int, history: int = 0) -> str:
    """Make the people, programmes, duties and accounts; returns the token of a support agent."""
    now = timezone.now()
    agent = Person.objects.create(email="agent@example.com", name="Agent", is_support=True, is_admin=True)
    Touchpoint.objects.create(name="Support line", owner=agent)
    officers = Person.objects.bulk_create(
        Person(
            email=f"officer{index}@example.com",
            name=f"Officer {index}",
            is_executive=True,
            phone=officer_number(index),
            phone_verified_at=now,
        )
        for index in range(2 * programmes)
    )
    made = Programme.objects.bulk_create(
        Programme(
            slug=f"p{index:04d}",
            name=f"Programme {index}",
            time_zone="UTC",
            duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            hours_from="00:00",
            hours_to="00:00",
            weights=WEIGHTS,
            ring_seconds=ring_seconds,
            threshold_score=1,
            rungs=[{"who": "primary", "by": ["call"]}, {"who": "backup", "by": ["call"]}],
        )
        for index in range(programmes)
    )
    today = now.date()
    rotas = Rota.objects.bulk_create(
        Rota(
            programme=one,
            first_day=today - timedelta(days=1),
            last_day=today + timedelta(days=30),
            status=RotaStatus.PUBLISHED,
            published_at=now,
        )
        for one in made
    )
    Membership.objects.bulk_create(
        Membership(programme=made[index // 2], person=officer) for index, officer in enumerate(officers)
    )
    Duty.objects.bulk_create(
        Duty(
            rota=rotas[index // 2],
            programme=made[index // 2],
            person=officer,
            day=today,
            seat=index % 2,
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=30),
            published=True,
        )
        for index, officer in enumerate(officers)
    )
    customers = Account.objects.bulk_create(
        Account(
            external_id=f"A{index:05d}",
            name=f"Account {index}",
            annual_value=1_000_000,
            customer_since=today - timedelta(days=3650),
            loyalty=8,
            status="strategic",
            influence=8,
        )
        for index in range(accounts)
    )
    Contact.objects.bulk_create(
        Contact(account=account, name="Contact", phone=customer_number(index), is_default=True)
        for index, account in enumerate(customers)
    )
    fill_history(count=history, programmes=made, accounts=customers, officers=officers, agent=agent)
    return tokens.issue(person=agent, name="bench").secret


if __name__ == "__main__":
    sys.stdout.write(fill(*(int(word) for word in sys.argv[1:5])))
