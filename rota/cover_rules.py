"""Tags that an officer must hold, as a programme file writes them: "country:US", "language:es". Pure."""

from people.errors import Refused
from people.regional import read_country, read_language
from people.suggestions import did_you_mean
from rota.toml_table import Table

COUNTRY, LANGUAGE = "country", "language"
MOST_TAGS = 12
_READERS = {COUNTRY: read_country, LANGUAGE: read_language}


def read_tags(table: Table, key: str) -> list[str]:
    """The tags under a key, each made plain ("country:us" is "country:US"); none where it is left out."""
    written = table.texts(key, default=[])
    if len(written) > MOST_TAGS:
        table.wrong(key, f"must have at most {MOST_TAGS} tags.")
    kept: list[str] = []
    for index, raw in enumerate(written[:MOST_TAGS]):
        place = f"{key}[{index}]"
        kind, _, value = raw.partition(":")
        reader = _READERS.get(kind.strip())
        if reader is None or not value.strip():
            guess = did_you_mean(kind, _READERS)
            table.wrong(place, f'must be like "country:US" or "language:es".{guess}')
            continue
        try:
            tag = f"{kind.strip()}:{reader(value)}"
        except Refused as refusal:
            table.wrong(place, str(refusal))
            continue
        if tag in kept:
            table.wrong(place, f'"{tag}" is there twice.')
        else:
            kept.append(tag)
    return kept
