"""Somebody leaves the organisation: nothing that is open stays with them."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from learnings.answering import save_as, somebody
from learnings.models import (
    Action,
    Hotspot,
    Idea,
    IdeaStatus,
    Learning,
    Rules,
    Touchpoint,
)
from learnings.touchpoints import tell_of_vacant
from people.models import Person
from people.signals import person_left


@receiver(person_left, dispatch_uid="learnings.leaving")
def give_to_others(sender: type[Person], *, person: Person, by: Person | None, **kwargs: Any) -> None:
    """Their touchpoints go to the deputies, and so does all that is open there; the rest to who sent them off.

    In the transaction of the deactivation: all of it happens, or none. Administrators are told of each touchpoint.
    """
    _leave_touchpoints(person, by)
    _leave_open_ones(person, by)
    rules = Rules.objects.filter(pk=1).first()
    if rules is not None and person.pk in (rules.sponsor_id, rules.ideas_owner_id):
        rules.sponsor = None if rules.sponsor_id == person.pk else rules.sponsor
        rules.ideas_owner = None if rules.ideas_owner_id == person.pk else rules.ideas_owner
        save_as(rules, by)
    tell_of_vacant()


def mend_orphans() -> int:
    """Give to somebody here whatever somebody who has left still owns; returns how many had left so.

    Hourly, by a schedule. The verbs leave none behind; a row that was written by hand may be.
    """
    gone = Person.objects.filter(is_active=False)
    owners = set(Touchpoint.objects.filter(owner__in=gone).values_list("owner", flat=True))
    for model in (Learning, Action, Idea, Hotspot):
        owners |= set(_open(model).filter(owner__in=gone).values_list("owner", flat=True))
    for person in Person.objects.filter(pk__in=owners):
        give_to_others(Person, person=person, by=None)
    return len(owners)


def _leave_touchpoints(person: Person, by: Person | None) -> None:
    for touchpoint in Touchpoint.objects.select_for_update(of=("self",)).filter(deputy=person):
        touchpoint.deputy = None
        save_as(touchpoint, by)
    for touchpoint in Touchpoint.objects.select_for_update(of=("self",)).filter(owner=person):
        touchpoint.owner = somebody(touchpoint.deputy, by)
        touchpoint.deputy = None if touchpoint.owner == touchpoint.deputy else touchpoint.deputy
        touchpoint.vacant_since = timezone.now()
        save_as(touchpoint, by)


def _leave_open_ones(person: Person, by: Person | None) -> None:
    """To the owner of the touchpoint that it is about."""
    for model in (Learning, Action, Idea, Hotspot):
        for row in _open(model).select_for_update(of=("self",)).filter(owner=person):
            row.owner = somebody(*_keepers(row), by)
            save_as(row, by)
    # "Later" is no end: its owner will be asked again.
    for idea in Idea.objects.filter(status=IdeaStatus.WHEN, owner=person):
        idea.owner = somebody(*_keepers(idea), by)
        save_as(idea, by)


def _open(model: Any) -> Any:
    if model is Learning or model is Hotspot:
        return model.objects.open()
    return model.objects.live() if model is Action else model.objects.waiting()


def _keepers(row: Any) -> tuple[Person | None, ...]:
    if isinstance(row, Hotspot):
        place: Touchpoint | None = row.theme.touchpoint
    elif isinstance(row, Action):
        place = row.theme.touchpoint if row.theme else (row.idea.touchpoint if row.idea else None)
    else:
        place = row.touchpoint
    return (place.owner, place.deputy) if place is not None else ()
