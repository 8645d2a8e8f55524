"""Somebody leaves the organisation: no open case stays with them, and their phone rings no more."""

from typing import Any

from django.dispatch import receiver

from escalations import bridging, holding, paging
from escalations.models import (
    IN_HAND,
    WAITING_FOR_AN_OFFICER,
    Escalation,
    NextAction,
    PageStatus,
)
from escalations.roster import seating
from escalations.timeline import note
from people.models import Person
from people.signals import person_left
from telephony import clock


@receiver(person_left, dispatch_uid="escalations.leaving")
def give_cases_to_others(sender: type[Person], *, person: Person, by: Person | None, **kwargs: Any) -> None:
    """Every open case of theirs gets the officer on duty, or the administrator who sent them off, as its owner.

    Cases in their hands ring again at once. In the transaction of the deactivation: all of it happens, or none.
    """
    open_ones = Escalation.objects.open().order_by("pk")
    for case_id in list(open_ones.filter(owner=person).values_list("pk", flat=True)):
        _give_away(paging.locked(case_id), person, by)
    rung = open_ones.filter(pk__in=person.pages.live().values("escalation"))
    for case_id in list(rung.values_list("pk", flat=True)):
        _ring_no_more(paging.locked(case_id), person)


def _give_away(case: Escalation, person: Person, by: Person | None) -> None:
    heir = seating(case.programme, clock.now()).owner(otherwise=by or case.raised_by)
    words = f"{person.name} has left: {heir.name} owns the case now."
    if case.status in IN_HAND:
        bridging.end_all(case, why=f"{person.name} has left.")
        case.refresh_from_db()
        holding.give_back(escalation=case, why=f"{person.name} has left: phones ring again.")
    case.owner = heir
    case.hand_over_to = None
    case.hand_over_note = ""
    case.save()
    note(case, "owner_left", words, actor=by, data={"owner": heir.pk})


def _ring_no_more(case: Escalation, person: Person) -> None:
    for page in case.pages.live().filter(person=person):
        paging.end_page(page, PageStatus.CANCELLED)
    if case.status in WAITING_FOR_AN_OFFICER and case.next_action == NextAction.CLIMB:
        paging.schedule(case, NextAction.CLIMB, clock.now())
