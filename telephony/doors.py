"""Who answers at our own number, beside the cases: rooms register a door, and the first that knows a caller answers.

Every door is asked in the order of registration, after officers and customers with a case. A call that a door answered
is the door's until its end.
"""

from typing import Protocol

from telephony.events import InboundCall, InboundText
from telephony.twiml import Script


class Door(Protocol):
    """What a room does with calls and texts to our number."""

    def person_calls(self, call: InboundCall) -> Script | None:
        """One of our own people calls; None where this room wants nothing of them."""

    def stranger_calls(self, call: InboundCall) -> Script | None:
        """Somebody calls whom no case knows; None where this room does not take such calls."""

    def text(self, text: InboundText) -> str | None:
        """Words to answer a text with ("": none), or None where it is not for this room."""

    def call_ended(self, call_sid: str) -> None:
        """A call to our number is over."""

    def knows(self, call_sid: str) -> bool:
        """Whether a call is one of this room's: then no other adopts it."""


_doors: dict[str, Door] = {}


def register(name: str, door: Door) -> None:
    """From now on this door is asked."""
    _doors[name] = door


def person_calls(call: InboundCall) -> Script | None:
    """The first answer to a call of one of our own people."""
    return next((script for door in _doors.values() if (script := door.person_calls(call))), None)


def stranger_calls(call: InboundCall) -> Script | None:
    """The first answer to anybody else's call."""
    return next((script for door in _doors.values() if (script := door.stranger_calls(call))), None)


def text(message: InboundText) -> str | None:
    """The first answer to a text."""
    return next((words for door in _doors.values() if (words := door.text(message)) is not None), None)


def call_ended(call_sid: str) -> None:
    """Tell all of them that a call is over."""
    for door in _doors.values():
        door.call_ended(call_sid)


def knows(call_sid: str) -> bool:
    """Whether some room knows this call as its own."""
    return any(door.knows(call_sid) for door in _doors.values())
