"""The sentences of this room's reminders in a person's language, from `letter_words.toml`."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".toml")
_DEFAULT = "en"


def words(name: str, language: str, /, **places: object) -> str:
    """One sentence in the language of a BCP 47 tag, English where we do not write it."""
    return sentences()[written_language(language)][name].format(**places)


def written_language(language: str) -> str:
    """The language of ours that serves a BCP 47 tag: "de-AT" reads "de"."""
    main = language.replace("_", "-").split("-")[0].lower()
    return main if main in sentences() else _DEFAULT


@cache
def sentences() -> dict[str, dict[str, str]]:
    """All of them, by language and name."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
