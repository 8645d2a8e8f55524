"""What escalations refuse, and what to do instead."""

from people.errors import Refused
from people.models import Person


class BadInput(Refused):
    """A value that cannot be taken; `field` names it."""


class NotAllowed(Refused):
    """This person may not do this to this case."""


class NotNow(Refused):
    """The case's status does not allow it."""


class AlreadyTaken(NotNow):
    """Somebody else has the case."""

    def __init__(self, holder: Person) -> None:
        super().__init__(f"{holder.name} has it.", code="already_taken")
        self.holder = holder
