"""Instants as they are told to people: on their own clock, with the zone written."""

from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from people.models import Person
from rota.models import Duty

DEFAULT_LANGUAGE = "en"

_DATE = {"de": "EEEE, d. MMMM", "es": "EEEE, d 'de' MMMM", "pt": "EEEE, d 'de' MMMM"}
_SHORT_DATE = {"de": "EE d. MMM"}


def told(instant: datetime, person: Person, *, language: str = DEFAULT_LANGUAGE) -> str:
    """ "Tuesday 3 March, 08:00 EST": in the person's zone, and in the language of the words around it (BCP 47)."""
    there = instant.astimezone(person.zone)
    return f"{_written(there, _DATE.get(_main(language), 'EEEE d MMMM'), language)}, {there:%H:%M %Z}"


def told_shortly(instant: datetime, person: Person, *, language: str = DEFAULT_LANGUAGE) -> str:
    """ "Tue 3 Mar 08:00 EST"."""
    there = instant.astimezone(person.zone)
    return f"{_written(there, _SHORT_DATE.get(_main(language), 'EEE d MMM'), language)} {there:%H:%M %Z}"


def told_span(duty: Duty, person: Person) -> str:
    """ "from Tuesday 3 March, 08:00 EST, until Wednesday 4 March, 08:00 EST"."""
    return f"from {told(duty.starts_at, person)}, until {told(duty.ends_at, person)}"


def _main(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _written(there: datetime, pattern: str, language: str) -> str:
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        locale = Locale.parse(DEFAULT_LANGUAGE)
    return str(format_datetime(there, pattern, locale=locale))
