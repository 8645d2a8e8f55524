"""Instants as they are told to people: on their own clock, with the zone written."""

from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from people.models import Person
from rota.models import Duty

DEFAULT_LANGUAGE = "en"


def told(instant: datetime, person: Person, *, language: str = DEFAULT_LANGUAGE) -> str:
    """ "Tuesday 3 March, 08:00 EST": in the person's zone, and in the language of the words around it (BCP 47)."""
    there = instant.astimezone(person.zone)
    words = format_datetime(there, "EEEE d MMMM, HH:mm", locale=_locale(language))
    return f"{words} {there:%Z}"


def told_shortly(instant: datetime, person: Person, *, language: str = DEFAULT_LANGUAGE) -> str:
    """ "Tue 3 Mar 08:00 EST"."""
    there = instant.astimezone(person.zone)
    words = format_datetime(there, "EEE d MMM HH:mm", locale=_locale(language))
    return f"{words} {there:%Z}"


def told_span(duty: Duty, person: Person) -> str:
    """ "from Tuesday 3 March, 08:00 EST, until Wednesday 4 March, 08:00 EST"."""
    return f"from {told(duty.starts_at, person)}, until {told(duty.ends_at, person)}"


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(DEFAULT_LANGUAGE)
