"""Why a verb of this room said no, where callers must tell cases apart."""

from people.errors import Refused


class NotAllowed(Refused):
    """This person may not do this."""


class NotNow(Refused):
    """What has become of it meanwhile does not allow it."""
