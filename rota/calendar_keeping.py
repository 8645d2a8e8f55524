"""Who may change the calendar side of an executive: absences, wishes, busy calendars."""

from django.db.models import Q

from people.errors import Refused
from people.models import Person


def keeps_calendar(by: Person, person: Person) -> bool:
    """Whether `by` looks after this person's calendar: the person, their assistant, or an administrator."""
    return by.is_active and (by.is_admin or by.pk in (person.pk, person.assistant_id))


def of_kept_calendars(by: Person) -> Q:
    """Of rows with a `person`: those of people whose calendar `by` looks after, as `keeps_calendar` has it."""
    return Q() if by.is_admin else Q(person=by) | Q(person__assistant=by)


def check_keeps_calendar(by: Person, person: Person) -> None:
    """Raises Refused for anybody else, and for somebody who serves in no rota."""
    if not keeps_calendar(by, person):
        raise Refused(
            f"Only {person.name}, their assistant and administrators change this.", code="not_allowed"
        )
    if not (person.is_active and person.is_executive):
        raise Refused(f"{person.name} is no executive here and serves in no rota.", code="no_executive")
