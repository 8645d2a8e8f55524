"""The places where customers meet the organisation: each has a name of its own, one owner and a deputy."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from learnings.addresses import page_address
from learnings.answering import answerable, save_as
from learnings.models import Touchpoint
from people import letters
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line


def save_touchpoint(
    *,
    by: Person,
    touchpoint: Touchpoint | None,
    name: str,
    owner: Person,
    deputy: Person | None = None,
    active: bool = True,
) -> Touchpoint:
    """Add a touchpoint (`touchpoint` is None) or change one. A new owner answers for learnings from then on.

    With an owner named it is vacant no more. Raises Refused naming the field.
    """
    kept = touchpoint or Touchpoint()
    kept.name = one_line(name, field="name", most=80, required=True)
    if deputy is not None and deputy.pk == owner.pk:
        raise Refused("The deputy is somebody else than the owner.", field="deputy", code="same")
    if Touchpoint.objects.filter(name__iexact=kept.name).exclude(pk=kept.pk).exists():
        raise Refused("There is a touchpoint of this name.", field="name", code="taken")
    try:
        with transaction.atomic():
            kept.owner = answerable(owner)
            kept.deputy = answerable(deputy, field="deputy") if deputy is not None else None
            kept.active = active
            kept.vacant_since = None
            save_as(kept, by)
    except IntegrityError:
        raise Refused("There is a touchpoint of this name.", field="name", code="taken") from None
    return kept


def tell_of_vacant() -> int:
    """Tell administrators of each touchpoint whose owner left, each week until it has one; returns how many letters.

    Hourly, by a schedule; a letter's key names the week, so that none is said twice and none is missed.
    """
    week = timezone.now().isocalendar()
    count = 0
    for one in Touchpoint.objects.vacant().select_related("owner"):
        told = letters.tell_administrators(
            key=f"touchpoint:{one.pk}:vacant:{one.vacant_since:%Y%m%d%H%M%S}:{week.year}-{week.week}",
            kind="touchpoint",
            subject=f"The touchpoint “{one.name}” needs an owner",
            text=f"Its owner has left. {one.owner.name} stands in, and gets what is learnt there.\n\n"
            f"Name an owner:\n{page_address(f'/admin/touchpoints/{one.pk}/')}\n",
        )
        count += len(told)
    return count
