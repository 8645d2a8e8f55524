"""What the reports refuse, and what to do instead."""

from people.errors import Refused


class BadInput(Refused):
    """A value that cannot be taken; `field` names it."""


class NotAllowed(Refused):
    """This person may not do this."""


class NotNow(Refused):
    """The month is not over, is closed already, or another has to be closed first."""
