"""What stands in a calendar, as plain frozen values that a caller fills from its rows.

Nothing here is stamped from now: DTSTAMP, LAST-MODIFIED, CREATED and SEQUENCE are the row's, so that the same rows
give the same bytes, an ETag matches, and a calendar program can tell a newer revision from an older one.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

LATEST_SEQUENCE = 2_147_483_647
"""RFC 5545 section 3.3.8: an integer has 31 bits."""

_UID_KIND = re.compile(r"[a-z][a-z0-9-]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_UID = re.compile(r"[\x21-\x7e]{1,255}")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:[\x21-\x7e]+", re.IGNORECASE)
_email = EmailValidator(allowlist=["localhost"])


class BadEntry(ValueError):
    """A value that no calendar could show rightly; `field` names it. It is the caller's mistake, not a person's."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Status(StrEnum):
    """RFC 5545 section 3.8.1.11."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


class PartStat(StrEnum):
    """What an attendee answered: RFC 5545 section 3.2.12."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"
    DELEGATED = "DELEGATED"


class Role(StrEnum):
    """RFC 5545 section 3.2.16."""

    REQUIRED = "REQ-PARTICIPANT"
    OPTIONAL = "OPT-PARTICIPANT"
    INFORMED = "NON-PARTICIPANT"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """A reminder that the calendar shows by itself, so many minutes before the start.

    Of an all-day entry the start is midnight where the reader is: -480 reminds at eight that morning.
    """

    minutes_before: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of a calendar, in one revision.

    `start` and `end` are both instants (with a zone; written in UTC) or both days (an all-day entry); `end` is the
    first instant or day that is no longer in it. `stamp` is DTSTAMP, when this revision was made; `modified` is when
    the row last changed; all of them are instants with a zone. `transparent` entries leave the time free. Raises
    BadEntry.
    """

    uid: str
    sequence: int
    stamp: datetime
    created: datetime
    modified: datetime
    start: datetime | date
    end: datetime | date
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    status: Status = Status.CONFIRMED
    transparent: bool = False
    alarms: tuple[Alarm, ...] = ()
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _UID.fullmatch(self.uid):
            raise BadEntry("uid", "1 to 255 printable ASCII characters without blanks are needed.")
        if not 0 <= self.sequence <= LATEST_SEQUENCE:
            raise BadEntry("sequence", f"{self.sequence} is no revision: count from 0.")
        for field in ("stamp", "created", "modified"):
            if getattr(self, field).tzinfo is None:
                raise BadEntry(field, "an instant with its zone is needed.")
        if self.url and not _URL.fullmatch(self.url):
            raise BadEntry("url", f"{self.url!r} is no absolute address in ASCII.")
        self._check_times()

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    def _check_times(self) -> None:
        if isinstance(self.start, datetime) != isinstance(self.end, datetime):
            raise BadEntry("end", "start and end are both instants or both days.")
        for field, moment in (("start", self.start), ("end", self.end)):
            if isinstance(moment, datetime) and moment.tzinfo is None:
                raise BadEntry(field, "an instant with its zone is needed.")
        if self.end <= self.start:
            raise BadEntry("end", "must be after the start; an all-day entry ends on the day after its last.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Who invites or is invited: a mailbox and the name to show. Raises BadEntry."""

    email: str
    name: str = ""
    partstat: PartStat = PartStat.NEEDS_ACTION
    role: Role = Role.REQUIRED

    def __post_init__(self) -> None:
        try:
            _email(self.email)
        except ValidationError as error:
            raise BadEntry("email", f"{self.email!r} is no mailbox.") from error
        if not self.email.isascii() or '"' in self.email:
            raise BadEntry("email", f"{self.email!r} cannot be written as a calendar's address.")


def uid_for(kind: str, pk: int | str, host: str) -> str:
    """The same UID for the same row for ever: `uid_for("duty", 7, "officer.example.com")`.

    `host` is the installation's own name: two of them never write into one another's entries.
    """
    if not _UID_KIND.fullmatch(kind):
        raise BadEntry("kind", f"{kind!r}: small letters, digits and hyphens are needed.")
    if not _HOST.fullmatch(host):
        raise BadEntry("host", f"{host!r} is no host's name.")
    return f"{kind}-{pk}@{host}"
