"""The cast. Every test that needs somebody uses these people, so that a name tells the role at once.

Ana is on duty today, Ben is her backup; Cleo is support; Dora administers; Eve, the outsider, has no role;
Asha is Ana's assistant. `acme` is worth a call at any hour, `tiny` is not. The programme's hours are always.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import hypothesis
import pytest
from django.core.cache import cache
from django.core.servers.basehttp import WSGIRequestHandler
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from customers.models import Account, AccountStatus, Contact
from listening.models import Session, SessionStatus
from people.models import Person
from rota.hours import duty_day_of, duty_period, next_duty_day
from rota.models import Duty, FallbackPlace, Membership, Programme, Rota, RotaStatus

# A shared machine is slow at times: a property is not wrong because it took long. A run says of the same code what the
# last one said; `--hypothesis-profile=explore` looks for new examples.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("house")

# The live server writes an answer's head line by line: without this each answer waits 40 ms for an acknowledgement
# (Nagle's algorithm and delayed ACK, RFC 1122, 4.2.3).
WSGIRequestHandler.disable_nagle_algorithm = True

PASSWORD = "correct-horse-battery"


def make_person(email: str, name: str, *, phone: str = "", **fields: object) -> Person:
    """A person who can sign in; a number that is given counts as verified."""
    verified = {"phone_verified_at": datetime.now(UTC), "phone_verified_how": "test"} if phone else {}
    return Person.objects.create_user(email, PASSWORD, name=name, phone=phone, **verified, **fields)


# A test with one of these fixtures, or the marker django_db, meets the database that DATABASE_URL names.
_MEETS_A_DATABASE = {"db", "transactional_db", "live_server", "template"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The pass on PostgreSQL repeats only what meets a database: all else was seen on SQLite."""
    if connection.vendor != "postgresql":
        return
    here: list[pytest.Item] = []
    elsewhere: list[pytest.Item] = []
    for item in items:
        meets = item.get_closest_marker("django_db") or _MEETS_A_DATABASE & set(
            getattr(item, "fixturenames", ())
        )
        (here if meets else elsewhere).append(item)
    items[:] = here
    config.hook.pytest_deselected(items=elsewhere)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A test that uses the whole product empties SQLite's tables by DELETE, which the ledger refuses."""
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER listening_credit_kept")


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """The limits of sign-ins and of the API count in the cache: no test is locked out for what another one tried."""
    cache.clear()


@pytest.fixture
def ana(db: None) -> Person:
    return make_person("ana@example.com", "Ana Ruiz", phone="+15550100001", is_executive=True)


@pytest.fixture
def ben(db: None) -> Person:
    return make_person("ben@example.com", "Ben Okafor", phone="+15550100002", is_executive=True)


@pytest.fixture
def cleo(db: None) -> Person:
    return make_person("cleo@example.com", "Cleo Martin", phone="+15550100003", is_support=True)


@pytest.fixture
def dora(db: None) -> Person:
    return make_person("dora@example.com", "Dora Lindt", phone="+15550100004", is_admin=True)


@pytest.fixture
def eve(db: None) -> Person:
    return make_person("eve@example.com", "Eve Outsider")


@pytest.fixture
def asha(ana: Person) -> Person:
    assistant = make_person("asha@example.com", "Asha Rao", phone="+15550100006")
    ana.assistant = assistant
    ana.save()
    return assistant


@pytest.fixture
def acme(db: None) -> Account:
    account = Account.objects.create(
        external_id="ACME",
        name="Acme Industries",
        annual_value=Decimal(1_200_000),
        currency="USD",
        customer_since=date(2015, 3, 1),
        loyalty=9,
        status=AccountStatus.STRATEGIC,
        influence=9,
        country="US",
        time_zone="America/New_York",
    )
    Contact.objects.create(
        account=account,
        name="Grace Hall",
        phone="+15550190001",
        email="grace@acme.example.com",
        is_default=True,
    )
    return account


@pytest.fixture
def tiny(db: None) -> Account:
    account = Account.objects.create(
        external_id="TINY", name="Tiny Shop", annual_value=Decimal(900), currency="USD", country="US"
    )
    Contact.objects.create(account=account, name="Tom Little", phone="+15550190002", is_default=True)
    return account


@pytest.fixture
def programme(ana: Person, ben: Person, dora: Person) -> Programme:
    """Always open, every day a duty day; Ana primary and Ben backup today, the other way round tomorrow."""
    programme = Programme.objects.create(
        slug="north-america",
        name="Officer of the Day, North America",
        time_zone="America/New_York",
        countries=["US", "CA"],
        duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours_from=time(0),
        hours_to=time(0),
        weights={"value": 40, "tenure": 10, "loyalty": 10, "status": 25, "influence": 15},
        rungs=[
            {"who": "primary", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
            {"who": "primary", "by": ["call"], "at_once": False, "ring_seconds": None},
            {"who": "backup", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
            {"who": "fallback", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
        ],
    )
    for member in (ana, ben):
        Membership.objects.create(programme=programme, person=member)
    FallbackPlace.objects.create(programme=programme, person=dora, position=1)
    publish_days(programme, [[ana, ben], [ben, ana]])
    return programme


def publish_days(
    programme: Programme, seatings: list[list[Person]], *, first: date | None = None
) -> list[Duty]:
    """Publishes one duty day for each list of officers (primary, backup, …), from today on."""
    day = first or duty_day_of(programme.rules, datetime.now(UTC))
    rota = Rota.objects.create(
        programme=programme,
        first_day=day,
        last_day=day + timedelta(days=31),
        status=RotaStatus.PUBLISHED,
        published_at=datetime.now(UTC),
    )
    duties = []
    for officers in seatings:
        period = duty_period(programme.rules, day)
        duties += [
            Duty.objects.create(
                rota=rota,
                programme=programme,
                person=officer,
                day=day,
                seat=seat,
                starts_at=period.start,
                ends_at=period.end,
                published=True,
            )
            for seat, officer in enumerate(officers)
        ]
        day = next_duty_day(programme.rules, day)
    return duties


SessionOf = Callable[..., Session]


@pytest.fixture
def session_of(programme: Programme) -> SessionOf:
    """Makes a session of half an hour for somebody; `start` and any other field may be said."""

    def make(person: Person, *, start: datetime | None = None, **fields: object) -> Session:
        begins = start or datetime.now(UTC) + timedelta(days=2)
        over = {"ended_at": begins + timedelta(minutes=30)} if fields.get("status") in ENDED else {}
        values = {
            "programme": programme,
            "person": person,
            "planned_start": begins,
            "planned_end": begins + timedelta(minutes=30),
            "month": begins.astimezone(programme.zone).date().replace(day=1),
            "created_at": datetime.now(UTC),
        }
        return Session.objects.create(**values | over | fields)

    return make


ENDED = (SessionStatus.FINISHED, SessionStatus.MISSED, SessionStatus.CANCELLED)
