"""Who is at the other end of a line."""

from people.models import Person
from telephony.numbers import BadNumber, parse_number


def by_phone(number: str) -> Person | None:
    """The active person who has proved that this number is theirs; a claimed number is nobody's yet."""
    try:
        exact = parse_number(number)
    except BadNumber:
        return None
    return Person.objects.active().reachable_by_phone().filter(phone=exact).first()
