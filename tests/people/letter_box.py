"""A letter as a test writes it."""

from people import letters
from people.models import Letter, Person


def remind(person: Person, **more: object) -> Letter | None:
    """A reminder of a duty; any part of it may be another."""
    words = {
        "key": "reminder:duty:1:week",
        "kind": "reminder",
        "subject": "Your duty on Tuesday",
        "text": "You are Officer of the Day on Tuesday.",
        "short": "On duty on Tuesday.",
    }
    return letters.write_to(person=person, **(words | more))  # type: ignore[arg-type]
