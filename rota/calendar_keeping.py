"""Who may change the calendar side of an executive: absences, wishes, busy calendars."""

from people.errors import Refused
from people.models import Person


def keeps_calendar(by: Person, person: Person) -> bool:
    """Whether `by` looks after this person's calendar: the person, their assistant, or an administrator."""
    return by.is_active and (by.is_admin or by.pk in (person.pk, person.assistant_id))


def check_keeps_calendar(by: Person, person: Person) -> None:
    """Raises Refused for anybody else, and for somebody who serves in no rota."""
    if not keeps_calendar(by, person):
        raise Refused(
            f"Only {person.name}, their assistant and administrators change this.", code="not_allowed"
        )
    if not (person.is_active and person.is_executive):
        raise Refused(f"{person.name} is no executive here and serves in no rota.", code="no_executive")
