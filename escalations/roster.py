"""Who could be rung for a programme at this instant, and whose phone is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Value

from escalations.ladder import Roster
from escalations.models import Bridge, Escalation, Page
from people.models import Person
from rota.models import FallbackPlace, Programme
from rota.on_duty import seated

# An officer who talks to a customer is not to be waited for: any other case goes on to the next phone.
_TALKING = -1


@dataclass(frozen=True)
class Seating:
    """The seats of one instant, as the pure ladder reads them; who sits on duty is at hand, others are looked up."""

    roster: Roster
    on_duty: Mapping[int, Person]

    def person(self, pk: int) -> Person:
        """Somebody of the roster."""
        return self.on_duty[pk] if pk in self.on_duty else Person.objects.get(pk=pk)

    def owner(self, *, otherwise: Person) -> Person:
        """Who answers for a case that nobody has accepted: the officer on duty, else the next in the roster."""
        everybody = self.roster.everybody()
        return self.person(everybody[0]) if everybody else otherwise


def seating(programme: Programme, at: datetime) -> Seating:
    """The seats as they stand now: a swap or a correction of the rota takes effect at the next ring."""
    officers = seated(programme=programme, at=at)
    places = FallbackPlace.objects.filter(programme=programme, person__is_active=True)
    primary = officers.get(0)
    return Seating(
        roster=Roster(
            primary=primary.person_id if primary else None,
            backups=tuple(officers[seat].person_id for seat in sorted(officers) if seat > 0),
            fallback=tuple(places.values_list("person", flat=True)),
            administrators=tuple(Person.objects.administrators().order_by("pk").values_list("pk", flat=True)),
        ),
        on_duty={duty.person_id: duty.person for duty in officers.values()},
    )


def engaged(escalation: Escalation, *, among: Roster) -> dict[int, int]:
    """Whose phone has a call of ours already, with the gravity of the case that has it.

    A call for this very case counts as nothing to wait for: it is an earlier one that Twilio has not settled yet.
    """
    people = among.everybody()
    ringing = Page.objects.live().calls().filter(person__in=people).order_by()
    talking = Bridge.objects.filter(ended_at__isnull=True, officer__in=people).order_by()
    rows = ringing.values_list("person", "escalation", F("gravity")).union(
        talking.values_list("officer", "escalation", Value(_TALKING))
    )
    return {
        person: _TALKING if case == escalation.pk else gravity
        for person, case, gravity in sorted(rows, key=lambda row: -row[2])
    }
