"""Who is there: executives who join, leave, share a part and go on leave; agents, administrators, accounts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from customers.models import Account, AccountStatus, Contact
from learnings.models import Touchpoint
from people.models import Person
from rota.models import Absence, AbsenceStatus, Exemption, Membership, Programme
from rota.quotas import month_days

_FIRST = (
    "Ada", "Bram", "Chidi", "Dina", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jun",
    "Kofi", "Lena", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tala",
)  # fmt: skip
_LAST = (
    "Abe", "Bauer", "Costa", "Diaz", "Eriksen", "Fontaine", "Garcia", "Haddad", "Ito", "Jansen",
    "Kaya", "Larsen", "Moreau", "Novak", "Okoye", "Petrov", "Quinn", "Rossi", "Sato", "Toth",
)  # fmt: skip
_TOUCHPOINTS = ("Billing", "Delivery", "Support line", "Website", "Onboarding", "Field service")


@dataclass(frozen=True)
class Cast:
    """Everybody and everything that the year is played with."""

    programme: Programme
    executives: list[Person]
    agents: list[Person]
    administrator: Person
    accounts: list[Account]
    touchpoints: list[Touchpoint]
    memberships: dict[int, Membership]
    away: dict[int, list[tuple[date, date]]]

    def is_there(self, person: Person, day: date) -> bool:
        """Whether they are a member on this day, and not away."""
        row = self.memberships[person.pk]
        if (row.joined_on is not None and day < row.joined_on) or (
            row.left_on is not None and day >= row.left_on
        ):
            return False
        return not any(first <= day <= last for first, last in self.away.get(person.pk, ()))


def make_cast(random: Random, *, slug: str, executives: int, months: list[date], backups: int) -> Cast:
    """The programme with its members, and what it works with."""
    since = datetime.combine(months[0] - timedelta(days=200), time(), tzinfo=UTC)
    administrator = _person(f"{slug}.sponsor", "Vera Lindqvist", 0, since, is_admin=True)
    agents = [
        _person(f"{slug}.agent{n}", f"Agent {n + 1}", 0, since, is_support=True)
        for n in range(max(executives // 20, 2))
    ]
    numbers = 2_000_000_000 + administrator.pk  # no other invented year has them
    members = [
        _person(f"{slug}.officer{n}", _name(n), numbers + n, since, is_executive=True)
        for n in range(executives)
    ]
    programme = Programme.objects.create(
        slug=slug,
        name=f"Invented year ({slug})",
        time_zone="America/New_York",
        duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours_from=time(8),
        hours_to=time(20),
        seats_backup=backups,
        weights={"value": 40, "tenure": 10, "loyalty": 10, "status": 25, "influence": 15},
        rungs=[
            {"who": "primary", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
            {"who": "backup", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
        ],
    )
    Programme.objects.filter(pk=programme.pk).update(created_at=since)
    memberships = {person.pk: _membership(random, programme, person, months) for person in members}
    away = {person.pk: _absences(random, person, administrator, months, since) for person in members}
    for person in members:
        if random.random() < 0.04:
            Exemption.objects.create(
                programme=programme,
                person=person,
                month=random.choice(months),
                duty=random.random() < 0.8,
                listening=True,
                reason="On another task",
                by=administrator,
                created_at=since,
            )
    accounts = [_account(random, slug, n) for n in range(max(executives, 20))]
    touchpoints = [
        Touchpoint.objects.get_or_create(name=name, defaults={"owner": administrator})[0]
        for name in _TOUCHPOINTS
    ]
    return Cast(programme, members, agents, administrator, accounts, touchpoints, memberships, away)


def _name(n: int) -> str:
    """A name of its own for each of 400; beyond them with a number."""
    turn, rest = divmod(n, len(_FIRST) * len(_LAST))
    name = f"{_FIRST[rest % len(_FIRST)]} {_LAST[(rest // len(_FIRST) + rest) % len(_LAST)]}"
    return f"{name} {turn + 1}" if turn else name


def _person(local: str, name: str, number: int, since: datetime, **roles: bool) -> Person:
    phone = {"phone": f"+1{number}", "phone_verified_at": since} if number else {}
    person = Person.objects.create(
        email=f"{local}@example.com", name=name, time_zone="America/New_York", **phone, **roles
    )
    Person.objects.filter(pk=person.pk).update(created_at=since)
    return person


def _membership(random: Random, programme: Programme, person: Person, months: list[date]) -> Membership:
    chance = random.random()
    row = Membership(programme=programme, person=person)
    if chance < 0.05:
        row.joined_on = _some_day(random, months)
    elif chance < 0.10:
        row.left_on = _some_day(random, months)
    elif chance < 0.20:
        row.share = random.choice((25, 50, 75))
    row.save()
    return row


def _absences(
    random: Random, person: Person, by: Person, months: list[date], since: datetime
) -> list[tuple[date, date]]:
    """About three a year, of one to 40 days; a few wait for a word, and free nothing."""
    found = []
    for _ in range(random.randrange(6)):
        first = _some_day(random, months)
        last = first + timedelta(days=random.choice((0, 2, 4, 9, 13, 40)))
        status = AbsenceStatus.APPROVED if random.random() < 0.9 else AbsenceStatus.WAITING
        Absence.objects.create(
            person=person, first_day=first, last_day=last, status=status, entered_by=by, created_at=since
        )
        if status == AbsenceStatus.APPROVED:
            found.append((first, last))
    return found


def _some_day(random: Random, months: list[date]) -> date:
    first, last = month_days(random.choice(months))
    return first + timedelta(days=random.randrange((last - first).days + 1))


def _account(random: Random, slug: str, n: int) -> Account:
    account = Account.objects.create(
        external_id=f"{slug}-{n}",
        name=f"Customer {n + 1}",
        annual_value=1000 * random.randrange(50, 3000),
        status=random.choice(AccountStatus.values),
        loyalty=random.randrange(11),
        country="US",
    )
    Contact.objects.create(
        account=account,
        name=f"Contact {n + 1}",
        phone=f"+1{3_000_000_000 + n}",
        email=f"contact{n}@customer.example.com",
        is_default=True,
    )
    return account
