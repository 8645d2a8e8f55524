"""Months in which somebody owes a programme nothing, for a reason that an administrator gives."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from people.errors import Refused
from people.models import Person
from people.plain_words import one_line
from rota.models import Exemption, Programme
from rota.quotas import members_during, month_days

_BACK, _AHEAD = timedelta(days=731), timedelta(days=731)


def exempt(
    *,
    programme: Programme,
    person: Person,
    month: date,
    reason: str,
    by: Person,
    duty: bool = True,
    listening: bool = False,
) -> Exemption:
    """The person owes no duty, no listening, or neither, in the month of this date; an earlier word is replaced.

    Who said so and why is on record. Published duties stay. Raises Refused with the field.
    """
    _check_administrator(by)
    why = one_line(reason, field="reason", most=300, required=True)
    if not (duty or listening):
        raise Refused("Exempt from what? Choose duty, listening, or both.", field="duty", code="required")
    first, last = month_days(month)
    today = timezone.now().astimezone(programme.zone).date()
    if not today - _BACK <= last or not first <= today + _AHEAD:
        raise Refused("Choose a month of the last or the next two years.", field="month", code="invalid")
    if person not in members_during(programme, first):
        raise Refused(
            f"{person.name} is no member of {programme.name} in {first:%B %Y}.",
            field="month",
            code="no_member",
        )
    try:
        with transaction.atomic():
            row = (
                Exemption.objects.select_for_update()
                .filter(programme=programme, person=person, month=first)
                .first()
            )
            row = row or Exemption(programme=programme, person=person, month=first, created_at=timezone.now())
            row.duty, row.listening, row.reason, row.by = duty, listening, why, by
            row._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
            row.save()
    except IntegrityError as error:
        raise Refused(
            "Somebody else exempted them just now. Look again.", field="month", code="taken"
        ) from error
    return row


def lift_exemption(*, exemption: Exemption, by: Person) -> None:
    """The month is owed again. What was is kept in the history. Raises Refused."""
    _check_administrator(by)
    exemption._history_user = by  # noqa: SLF001 - likewise
    exemption.delete()


def _check_administrator(by: Person) -> None:
    if not by.is_admin:
        raise Refused("Only administrators exempt somebody.", code="not_allowed")
