"""Who will be rung next, if nobody answers before: what a case page says beside its countdown."""

from django.utils import timezone

from escalations import ladder
from escalations.climbing import standing_of
from escalations.models import Escalation, NextAction
from escalations.roster import seating
from people.models import Person


def who_rings_next(escalation: Escalation) -> list[Person]:
    """The people of the ladder's next step as things stand now; none unless a climb is what is due next."""
    if escalation.next_action != NextAction.CLIMB:
        return []
    now = timezone.now()
    seats = seating(escalation.programme, now).roster
    step = ladder.next_step(
        rungs=ladder.read_rungs(escalation.programme.rungs),
        roster=seats,
        standing=standing_of(escalation, seats, now),
        ring_seconds=escalation.programme.ring_seconds,
    )
    match step:
        case ladder.Ring():
            return list(Person.objects.filter(pk__in=step.people).order_by("name"))
        case ladder.WaitForPhone():
            return list(Person.objects.filter(pk=step.person))
        case _:
            return []
