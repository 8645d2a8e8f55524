"""A small programme with officers, for the tests of planning: workdays of New York, everybody free."""

from datetime import UTC, date, datetime, time
from typing import Any

from people.models import Person
from rota.hours import duty_period
from rota.models import Absence, AbsenceStatus, Duty, Membership, Programme, Rota, RotaStatus
from tests.conftest import make_person

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def make_office(
    people: int, *, slug: str = "office", members: list[Person] | None = None, **fields: Any
) -> Programme:
    """A programme with so many new members "Exec 0", "Exec 1", …, or with these."""
    programme = Programme.objects.create(
        **{
            "slug": slug,
            "name": slug.title(),
            "time_zone": "America/New_York",
            "duty_days": WORKDAYS,
            "hours_from": time(8),
            "hours_to": time(20),
            "min_gap_days": 1,
            "weights": {"value": 100},
            "listening_minutes_per_month": 0,
            **fields,
        }
    )
    start = Person.objects.count()
    joining = members or [
        make_person(f"{slug}{n}@example.com", f"Exec {n}", phone=f"+1555040{start + n:04}", is_executive=True)
        for n in range(people)
    ]
    for person in joining:
        Membership.objects.create(programme=programme, person=person)
    return programme


def members_of(programme: Programme) -> list[Person]:
    return list(Person.objects.filter(memberships__programme=programme).order_by("pk"))


def serve(programme: Programme, day: date, *officers: Person, published: bool = True) -> list[Duty]:
    """One day with these officers, primary first."""
    rota = Rota.objects.create(
        programme=programme,
        first_day=day,
        last_day=day,
        status=RotaStatus.PUBLISHED if published else RotaStatus.DRAFT,
    )
    period = duty_period(programme.rules, day)
    return [
        Duty.objects.create(
            rota=rota,
            programme=programme,
            person=person,
            day=day,
            seat=seat,
            starts_at=period.start,
            ends_at=period.end,
            published=published,
        )
        for seat, person in enumerate(officers)
    ]


def away(
    person: Person, first: date, last: date, reason: str = "leave", status: str = AbsenceStatus.APPROVED
) -> Absence:
    return Absence.objects.create(
        person=person,
        first_day=first,
        last_day=last,
        reason=reason,
        status=status,
        created_at=datetime.now(UTC),
    )
