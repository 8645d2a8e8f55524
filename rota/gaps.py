"""Days to come on which a seat is empty, or its officer's phone cannot ring: loud long before the day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from people.models import Person
from rota.hours import duty_day_of, duty_days
from rota.models import Duty, Programme


@dataclass(frozen=True)
class Gap:
    """One seat of one duty day that would not answer; `person` is None where nobody is published."""

    day: date
    seat: int
    why: str
    person: Person | None = None

    @property
    def role(self) -> str:
        """ "primary", "backup" (the first), "backup 2", …"""
        return "primary" if self.seat == 0 else "backup" if self.seat == 1 else f"backup {self.seat}"


def gaps(*, programme: Programme, now: datetime, days: int = 28) -> list[Gap]:
    """The gaps from the duty day that runs now to `days` days from now, in order. One query."""
    first = duty_day_of(programme.rules, now)
    last = now.astimezone(programme.zone).date() + timedelta(days=days)
    published = Duty.objects.published().filter(programme=programme, day__range=(first, last))
    seated = {(duty.day, duty.seat): duty.person for duty in published.select_related("person")}
    found: list[Gap] = []
    for day in duty_days(programme.rules, first, last):
        for seat in range(1 + programme.seats_backup):
            person = seated.get((day, seat))
            if why := _why(person):
                found.append(Gap(day, seat, why, person))
    return found


def _why(person: Person | None) -> str:
    if person is None:
        return "nobody is published"
    if not person.is_active:
        return f"{person.name} has left"
    if not person.can_be_rung:
        return f"{person.name} has no verified number"
    return ""
