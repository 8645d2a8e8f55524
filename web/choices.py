"""What the lists in forms offer: places on the clock, languages that the phone speaks, countries."""

from zoneinfo import available_timezones

import pycountry

# Names of places only: "Etc/GMT+5" and old aliases without a region confuse more people than they serve.
_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

TIME_ZONES: list[tuple[str, str]] = [("UTC", "UTC")] + [
    (name, name.replace("_", " ").replace("/", " / "))
    for name in sorted(available_timezones())
    if name.split("/", 1)[0] in _REGIONS
]

LANGUAGES: list[tuple[str, str]] = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pt", "Português"),
]

_NAMED = sorted((country.name, country.alpha_2) for country in pycountry.countries)
COUNTRIES: list[tuple[str, str]] = [("", "Not said"), *((code, name) for name, code in _NAMED)]


def with_present(choices: list[tuple[str, str]], present: str) -> list[tuple[str, str]]:
    """The choices, and what is there now where an import brought something that they lack."""
    if not present or any(value == present for value, _ in choices):
        return choices
    return [(present, present), *choices]
