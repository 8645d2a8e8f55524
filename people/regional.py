"""Time zones, countries, currencies and languages as people write them, checked against their standards."""

import re
from functools import lru_cache
from zoneinfo import available_timezones

import pycountry

from people.errors import Refused
from people.suggestions import did_you_mean

_LANGUAGE_TAG = re.compile(r"(?P<language>[A-Za-z]{2,3})(?:[-_](?P<region>[A-Za-z]{2}))?")
# In the database of time zones, but the name of no place.
_NO_PLACES = frozenset({"localtime", "Factory"})


def read_time_zone(raw: str, *, field: str = "time_zone") -> str:
    """An IANA time zone by its exact name. Raises Refused, with the nearest name where there is one."""
    name = raw.strip()
    if name in _zone_names():
        return name
    if not name:
        raise Refused("A time zone is needed, such as America/New_York.", field=field, code="required")
    raise Refused(f'"{name[:64]}" is no IANA time zone.{_nearest_zone(name)}', field=field, code="unknown")


def read_country(raw: str, *, field: str = "country") -> str:
    """An ISO 3166 country as its two letters, or "" for none. Raises Refused."""
    code = raw.strip().upper()
    if not code:
        return ""
    if len(code) == 2 and pycountry.countries.get(alpha_2=code) is not None:
        return code
    named = pycountry.countries.get(name=raw.strip()) or pycountry.countries.get(alpha_3=code)
    guess = f' Did you mean "{named.alpha_2}"?' if named else ""
    raise Refused(
        f'"{raw.strip()[:64]}" is no ISO 3166 country of two letters, such as US or DE.{guess}',
        field=field,
        code="unknown",
    )


def read_currency(raw: str, *, field: str = "currency") -> str:
    """An ISO 4217 currency as its three letters. Raises Refused."""
    code = raw.strip().upper()
    if len(code) == 3 and pycountry.currencies.get(alpha_3=code) is not None:
        return code
    raise Refused(
        f'"{raw.strip()[:64]}" is no ISO 4217 currency of three letters, such as USD or EUR.',
        field=field,
        code="unknown",
    )


def read_language(raw: str, *, field: str = "language") -> str:
    """A language, with a region or without, as a BCP 47 tag ("pt-BR"). Raises Refused."""
    tag = raw.strip()
    match = _LANGUAGE_TAG.fullmatch(tag)
    if match is not None:
        language, region = match["language"].lower(), (match["region"] or "").upper()
        if _is_language(language) and (not region or pycountry.countries.get(alpha_2=region)):
            return f"{language}-{region}" if region else language
    raise Refused(
        f'"{tag[:64]}" is no language tag. Write a language, and a region where it matters, such as en, de or'
        " pt-BR.",
        field=field,
        code="unknown",
    )


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def _nearest_zone(written: str) -> str:
    """By the city alone first: people write "New York" more often than "America/New-York"."""
    cities = {name.rpartition("/")[2].casefold(): name for name in sorted(_zone_names()) if "/" in name}
    city = written.rpartition("/")[2].strip().replace(" ", "_").casefold()
    if city in cities:
        return f' Did you mean "{cities[city]}"?'
    return did_you_mean(written.replace(" ", "_"), _zone_names())


@lru_cache(maxsize=512)
def _is_language(code: str) -> bool:
    kind = "alpha_2" if len(code) == 2 else "alpha_3"
    return pycountry.languages.get(**{kind: code}) is not None
