"""What listening refuses, and what to do instead."""

from people.errors import Refused


class BadInput(Refused):
    """A value that cannot be taken; `field` names it."""


class NotAllowed(Refused):
    """This person may not do this."""


class NotNow(Refused):
    """The status does not allow it, or somebody was quicker; `code` tells why."""
