"""Who could be rung for a programme at this instant, and whose phone is taken."""

from datetime import datetime

from escalations.ladder import Roster
from escalations.models import LIVE_LEG, Bridge, Escalation, LegRole, Page
from people.models import Person
from rota.models import FallbackPlace, Programme
from rota.on_duty import who_is_on_duty

# An officer who talks to a customer is not to be waited for: any other case goes on to the next phone.
_TALKING = -1


def roster(programme: Programme, at: datetime) -> Roster:
    """The seats as they stand now: a swap or a correction of the rota takes effect at the next ring."""
    on_duty = who_is_on_duty(programme=programme, at=at)
    places = FallbackPlace.objects.filter(programme=programme, person__is_active=True)
    return Roster(
        primary=on_duty.primary.person_id if on_duty.primary else None,
        backups=tuple(duty.person_id for duty in on_duty.backups),
        fallback=tuple(places.values_list("person", flat=True)),
        administrators=tuple(Person.objects.administrators().order_by("pk").values_list("pk", flat=True)),
    )


def owner_for(programme: Programme, at: datetime, *, otherwise: Person) -> Person:
    """Who answers for a case that nobody has accepted: the officer on duty, else the next in the roster."""
    seats = roster(programme, at)
    for person_id in seats.everybody():
        return Person.objects.get(pk=person_id)
    return otherwise


def engaged(escalation: Escalation, *, among: Roster) -> dict[int, int]:
    """Whose phone has a call of ours already, with the gravity of the case that has it.

    A call for this very case counts as nothing to wait for: it is an earlier one that Twilio has not settled yet.
    """
    people = among.everybody()
    taken = {
        page.person_id: _TALKING if page.escalation_id == escalation.pk else page.gravity
        for page in Page.objects.live().calls().filter(person__in=people)
    }
    talking = Bridge.objects.filter(
        ended_at__isnull=True, officer__in=people, legs__role=LegRole.OFFICER, legs__status__in=LIVE_LEG
    ).exclude(escalation=escalation)
    taken.update(dict.fromkeys(talking.values_list("officer", flat=True), _TALKING))
    return taken
