"""The places where customers meet the organisation: each has a name of its own and one owner."""

from django.db import IntegrityError, transaction

from learnings.models import Touchpoint
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line


def save_touchpoint(
    *, by: Person, touchpoint: Touchpoint | None, name: str, owner: Person, active: bool = True
) -> Touchpoint:
    """Add a touchpoint (`touchpoint` is None) or change one. A new owner answers for learnings from then on.

    Raises Refused naming the field.
    """
    kept = touchpoint or Touchpoint()
    kept.name = one_line(name, field="name", most=80, required=True)
    if not owner.is_active:
        raise Refused(f"{owner.name} has left. Choose somebody else.", field="owner", code="inactive")
    kept.owner = owner
    kept.active = active
    kept._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where simple_history looks for it
    if Touchpoint.objects.filter(name__iexact=kept.name).exclude(pk=kept.pk).exists():
        raise Refused("There is a touchpoint of this name.", field="name", code="taken")
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise Refused("There is a touchpoint of this name.", field="name", code="taken") from None
    return kept
