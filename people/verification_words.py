"""The sentences of a verification in a person's language, from `verification_words.toml`."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".toml")
DEFAULT_LANGUAGE = "en"


def words(name: str, language: str, /, **places: object) -> str:
    """One sentence in the language of a BCP 47 tag, English where we do not speak it."""
    table = _sentences()
    spoken = language.replace("_", "-").split("-")[0].lower()
    return table.get(spoken, table[DEFAULT_LANGUAGE])[name].format(**places)


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
