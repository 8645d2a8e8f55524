"""A draft of a rota: the duty days of a period that are not published yet, seated by the rotation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from people.models import Person
from rota.errors import CannotPublish
from rota.hours import duty_days, duty_period
from rota.membership import members_on
from rota.models import Duty, Programme, Rota
from rota.rotation import Rotation, Unmet, rotate

LONGEST = timedelta(days=731)
# Far beyond any gap between duties: who served last month comes after who did not.
LOOK_BACK = timedelta(days=62)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was drafted. `rota` is None where every duty day of the period is published already."""

    rota: Rota | None
    days: list[date]
    published_days: list[date]
    seats: int
    unmet: tuple[Unmet, ...]
    served: dict[Person, int]

    @property
    def coverage(self) -> tuple[int, int]:
        """How many seats of the drafted days have somebody, of how many."""
        wanted = len(self.days) * self.seats
        return wanted - len(self.unmet), wanted

    @property
    def fairness(self) -> tuple[int, int]:
        """The fewest and the most duties that a member has in this draft."""
        return (min(self.served.values(), default=0), max(self.served.values(), default=0))


def draft_rota(*, programme: Programme, first: date, last: date) -> Draft:
    """Drafts the duty days from `first` to `last`, both inclusive; published days are left as they are.

    An earlier draft of the very same period is replaced. Raises CannotPublish for a period that is none.
    """
    if not first <= last <= first + LONGEST:
        raise CannotPublish(
            f"The period must run forward, and at most {LONGEST.days} days.", field="to", code="invalid"
        )
    days = duty_days(programme.rules, first, last)
    published = Duty.objects.published().filter(programme=programme, day__range=(first, last))
    published_days = sorted(set(published.values_list("day", flat=True)))
    open_days = [day for day in days if day not in set(published_days)]
    people = _members(programme, open_days)
    seats = 1 + programme.seats_backup
    rotation = rotate(
        days=open_days,
        members={day: [person.pk for person in there] for day, there in people.items()},
        seats=seats,
        min_gap_days=programme.min_gap_days,
        before=_duties_around(first, last),
    )
    known = {person.pk: person for there in people.values() for person in there}
    with transaction.atomic():
        rota = _save(programme, first, last, rotation) if rotation.seats else None
    return Draft(
        rota=rota,
        days=open_days,
        published_days=published_days,
        seats=seats,
        unmet=rotation.unmet,
        served={known[person]: count for person, count in rotation.served.items()},
    )


def _members(programme: Programme, days: Sequence[date]) -> dict[date, list[Person]]:
    """The members of each day. Asked for once a day on which memberships change, not once a day."""
    changes = {
        day for row in programme.memberships.all() for day in (row.joined_on, row.left_on) if day is not None
    }
    found: dict[date, list[Person]] = {}
    current: list[Person] | None = None
    previous: date | None = None
    for day in days:
        if current is None or any(previous is None or previous < change <= day for change in changes):
            current = list(members_on(programme, day))
        found[day], previous = current, day
    return found


def _duties_around(first: date, last: date) -> dict[int, dict[date, int]]:
    """The published duties, of any programme, that tell who has rested: days with their seats, by person."""
    near = Duty.objects.published().filter(day__range=(first - LOOK_BACK, last + LOOK_BACK))
    days: dict[int, dict[date, int]] = {}
    for person, day, seat in near.order_by("-seat").values_list("person", "day", "seat"):
        days.setdefault(person, {})[day] = seat
    return days


def _save(programme: Programme, first: date, last: date, rotation: Rotation) -> Rota:
    Rota.objects.filter(programme=programme, first_day=first, last_day=last, status="draft").delete()
    rota = Rota.objects.create(programme=programme, first_day=first, last_day=last)
    periods = {seat.day: duty_period(programme.rules, seat.day) for seat in rotation.seats}
    Duty.objects.bulk_create(
        Duty(
            rota=rota,
            programme=programme,
            person_id=seat.person,
            day=seat.day,
            seat=seat.seat,
            starts_at=periods[seat.day].start,
            ends_at=periods[seat.day].end,
        )
        for seat in rotation.seats
    )
    return rota
