"""Who answers for something: one active person, looked at under a lock, so that nobody leaves in the same instant."""

from typing import TypeVar

from django.db import models

from people.errors import Refused
from people.models import Person

Row = TypeVar("Row", bound=models.Model)


def answerable(person: Person, *, field: str = "owner") -> Person:
    """The person as they are now, locked until the transaction ends. Raises Refused where they have left.

    `people.joining.deactivate` locks the same row: either it finds what was just given to them, or it comes first and
    this refuses. Only inside a transaction.
    """
    now = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not now.is_active:
        raise Refused(f"{now.name} has left. Choose somebody else.", field=field, code="inactive")
    return now


def somebody(*wanted: Person | None) -> Person:
    """The first of these who is active, or else an administrator; locked like `answerable`.

    There always is one: the last administrator cannot leave.
    """
    for person in wanted:
        if person is not None:
            now = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
            if now.is_active:
                return now
    return Person.objects.administrators().select_for_update(no_key=True).order_by("pk")[0]


def save_as(row: Row, by: Person | None) -> Row:
    """Save a row and have its history name who changed it."""
    row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where simple_history looks for it
    row.save()
    return row
