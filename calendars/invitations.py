"""The calendar in an invitation: one entry for one person, asked for, updated or taken back. Pure.

An update is the same UID and organizer with a higher sequence and a later stamp, both from the caller's row. Source:
RFC 5546 section 3.2 (what REQUEST and CANCEL hold).
"""

from collections.abc import Iterator
from typing import Literal

from calendars.content_lines import join, quoted
from calendars.entries import BadEntry, Entry, Party, Status
from calendars.vevents import PRODUCT, event_lines

Method = Literal["REQUEST", "CANCEL"]


def render_invitation(*, method: Method, entry: Entry, organizer: Party, attendee: Party) -> str:
    """The calendar object of one message, its lines ended by CRLF.

    REQUEST asks (or updates), with its alarms; CANCEL takes back, and then the entry's sequence is one above the
    last that was sent. `organizer` is the mailbox the mail comes from and answers go to. Raises BadEntry.
    """
    if organizer.email.casefold() == attendee.email.casefold():
        # Outlook and Gmail treat a meeting whose only attendee is its organizer as one's own note.
        raise BadEntry("attendee", "the organizer cannot be the one who is invited.")
    if method == "REQUEST" and entry.status is Status.CANCELLED:
        raise BadEntry("status", "a cancelled entry is not asked for: send a CANCEL.")
    return join(_lines(method, entry, organizer, attendee)).decode()


def _lines(method: Method, entry: Entry, organizer: Party, attendee: Party) -> Iterator[str]:
    asked = method == "REQUEST"
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{method}"
    yield from event_lines(
        entry,
        status=None if asked else Status.CANCELLED,
        parties=(_organizer_line(organizer), _attendee_line(attendee, asked=asked)),
        alarms=asked,
    )
    yield "END:VCALENDAR"


def _organizer_line(party: Party) -> str:
    return f"ORGANIZER{_name(party)}:mailto:{party.email}"


def _attendee_line(party: Party, *, asked: bool) -> str:
    return (
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE={party.role};PARTSTAT={party.partstat};RSVP={'TRUE' if asked else 'FALSE'}"
        f"{_name(party)}:mailto:{party.email}"
    )


def _name(party: Party) -> str:
    name = quoted(party.name)
    return f";CN={name}" if name != '""' else ""
