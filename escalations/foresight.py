"""Who will be rung next, if nobody answers before: what a case page says beside its countdown."""

from dataclasses import replace

from escalations import ladder
from escalations.climbing import standing_of
from escalations.models import Escalation, NextAction
from escalations.roster import seating
from people.models import Person
from telephony import clock


def who_rings_next(escalation: Escalation) -> list[Person]:
    """The people of the ladder's next step as things stand now; none unless a climb is what is due next."""
    if escalation.next_action != NextAction.CLIMB:
        return []
    now = clock.now()
    seats = seating(escalation.programme, now).roster
    standing = standing_of(escalation, seats, now)
    # A phone that rings for this very case is free again by the time the next step is taken.
    own = set(escalation.pages.live().calls().values_list("person", flat=True))
    engaged = {person: gravity for person, gravity in standing.engaged.items() if person not in own}
    step = ladder.next_step(
        rungs=ladder.read_rungs(escalation.programme.rungs),
        roster=seats,
        standing=replace(standing, engaged=engaged),
        ring_seconds=escalation.programme.ring_seconds,
    )
    match step:
        case ladder.Ring():
            return list(Person.objects.filter(pk__in=step.people).order_by("name"))
        case ladder.WaitForPhone():
            return list(Person.objects.filter(pk=step.person))
        case _:
            return []
