"""Fills a database with learnings and asks for pages of them, in one process: `python -m benches.learning_pages N`.

The times are of whole requests through the product's middleware and templates, without a network; words are rare and
common ones, alone and together, and pages lie at the front and far back.
"""

import os
import random
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - Django comes first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from benches.figures import say, say_quantiles  # noqa: E402
from learnings.models import Cause, Feeling, Learning, Touchpoint  # noqa: E402
from people.models import Person  # noqa: E402

ROUNDS = 60
COMMON = (
    "customer",
    "invoice",
    "delivery",
    "portal",
    "waiting",
    "contract",
    "price",
    "driver",
    "form",
    "call",
)
BATCH = 5_000


def main() -> None:
    """Fill, then measure."""
    count = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    reader, last = fill(count)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as it does by itself some time after so many rows are new
    client = Client(HTTP_HOST="localhost")
    client.force_login(
        Person.objects.get(pk=reader), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    pages = {
        "feed first page": "/learnings/",
        "feed far back": f"/learnings/?before={last - count // 2}",
        "search common word": "/learnings/?q=invoice",
        "search two words": "/learnings/?q=invoice+portal",
        "search common, far back": f"/learnings/?q=invoice&before={last - count // 2}",
        "search rare word": "/learnings/?q=rare777",
        "search no match": "/learnings/?q=zzzz",
        "search, touchpoint and cause": "/learnings/?q=invoice&touchpoint=3&cause=tool",
        "search beginning of a word": "/learnings/?q=inv",
    }
    for name, path in pages.items():
        client.get(path)
        took = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            answer = client.get(path)
            took.append((time.perf_counter() - before) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        say_quantiles(name, took, "ms", learnings=count, database=connection.vendor, queries=len(queries))


def fill(count: int) -> tuple[int, int]:
    """Make so many learnings over three years; returns the key of a reader and of the last learning."""
    chance = random.Random(6)  # noqa: S311 - the same rows each time
    begun = time.perf_counter()
    people = [
        Person.objects.create_user(f"p{n}@example.com", name=f"P {n}", is_executive=True) for n in range(40)
    ]
    places = [Touchpoint.objects.create(name=f"Place {n}", owner=people[n]) for n in range(12)]
    vocabulary = [f"word{n}" for n in range(4_000)]
    now = timezone.now()
    for first in range(0, count, BATCH):
        Learning.objects.bulk_create(
            Learning(
                quote=" ".join([*chance.sample(COMMON, 3), *chance.choices(vocabulary, k=14), f"rare{n}"]),
                meaning=" ".join(chance.choices(vocabulary, k=12)),
                touchpoint=places[n % 12],
                cause=Cause.values[chance.randrange(8)],
                feeling=Feeling.values[chance.randrange(5)],
                source="session",
                author=people[n % 40],
                owner=people[n % 12],
                sensitive=n % 50 == 0,
                created_at=now - timedelta(minutes=8 * (count - n)),
            )
            for n in range(first, min(first + BATCH, count))
        )
    say("filling", time.perf_counter() - begun, "s", count)
    last = Learning.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return people[0].pk, last


if __name__ == "__main__":
    main()
