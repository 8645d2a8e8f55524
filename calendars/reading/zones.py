"""Which time zone a TZID means: a name of the IANA database, one of Windows', or the file's own VTIMEZONE."""

import warnings
from datetime import tzinfo
from functools import cache
from io import StringIO
from zoneinfo import ZoneInfo, available_timezones

from dateutil.tz import tzical
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.timezone import tzp

from calendars.reading.outline import Component
from calendars.refused import CalendarRefused

MOST_ZONES = 300  # by name, in one calendar
MOST_CHANGES = 400  # of clocks, in one VTIMEZONE: ten times what the richest history has


class Zones:
    """The zones of one VCALENDAR. What is written without a zone is the owner's (RFC 5545 section 3.3.5, form 1)."""

    def __init__(self, *, owner: ZoneInfo, own: list[Component]) -> None:
        self.owner = owner
        self.unknown: set[str] = set()
        self._own = {_cleaned(zone.first("TZID").value): zone for zone in own if zone.first("TZID")}  # type: ignore[union-attr]
        self._found: dict[str, tzinfo] = {}

    def named(self, tzid: str) -> tzinfo:
        """The zone of that name; the owner's for "", and for a name that nobody knows, which is then noted."""
        if not tzid:
            return self.owner
        if tzid not in self._found:
            if len(self._found) >= MOST_ZONES:
                raise CalendarRefused("too_many", "The calendar names too many time zones.")
            zone = _well_known(tzid) or self._of_the_file(_cleaned(tzid))
            if zone is None:
                self.unknown.add(tzid)
            self._found[tzid] = zone or self.owner
        return self._found[tzid]

    def _of_the_file(self, tzid: str) -> tzinfo | None:
        definition = self._own.get(tzid)
        if definition is None or not _is_modest(definition):
            return None
        try:
            return tzical(StringIO(_as_text(definition))).get()
        except (ValueError, TypeError, IndexError, AttributeError, OverflowError):  # as it meets bad ones
            return None


def _cleaned(tzid: str) -> str:
    return tzid.strip().strip('"/')


def _well_known(tzid: str) -> tzinfo | None:
    """By the IANA database, which knows more years than a VTIMEZONE does, or by Windows' names (CLDR's table)."""
    tzid = tzid.strip().strip('"')
    try:
        with warnings.catch_warnings():  # "/vendor/Europe/Berlin": its guess is what we want
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
            zone = tzp.timezone(tzid)
        if zone is None and (same := _names_without_case().get(tzid.strip("/").replace(" ", "_").lower())):
            zone = ZoneInfo(same)
    except (OSError, ValueError):  # a name such as "America" is a folder of the database
        return None
    return zone


@cache
def _names_without_case() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _is_modest(definition: Component) -> bool:
    """Whether a VTIMEZONE is one that a calendar program would write: clocks change by the year."""
    rules = [line.value.upper() for part in definition.parts for line in part.lines if line.name == "RRULE"]
    dates = [line.value for part in definition.parts for line in part.lines if line.name == "RDATE"]
    changes = len(definition.parts) + sum(value.count(",") + 1 for value in dates)
    return changes <= MOST_CHANGES and all(
        "FREQ=YEARLY" in rule and "INTERVAL=0" not in rule for rule in rules
    )


def _as_text(definition: Component) -> str:
    """The VTIMEZONE with nothing but what dateutil reads."""
    lines = ["BEGIN:VTIMEZONE", "TZID:the file's own"]
    for part in definition.parts:
        lines += [
            f"BEGIN:{part.name}",
            *(f"{line.name}:{line.value}" for line in part.lines),
            f"END:{part.name}",
        ]
    return "\n".join([*lines, "END:VTIMEZONE"])
