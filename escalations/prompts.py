"""What the product says and texts, by language: one TOML file each in `prompts/`.

To change a sentence, edit its file; a test keeps the languages' keys and {places} alike.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from telephony.twiml import Script

FOLDER = Path(__file__).with_name("prompts")
DEFAULT_LANGUAGE = "en"


def prompt(sentence: str, language: str, /, **places: object) -> str:
    """The sentence `section.name` in that language (English where we do not speak it), its places filled."""
    section, name = sentence.split(".")
    words: str = _sentences(spoken_language(language))[section][name]
    return words.format(**places)


def spoken_language(language: str) -> str:
    """The language of ours that serves a BCP 47 tag: "de-AT" is spoken to in "de"."""
    return _main(language) if _main(language) in languages() else DEFAULT_LANGUAGE


def _main(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def speaking(language: str) -> Script:
    """An empty script in the listener's own voice where we speak the language, else in English: never English
    words in another language's voice.
    """
    return Script(language if _main(language) in languages() else DEFAULT_LANGUAGE)


@cache
def languages() -> frozenset[str]:
    """The languages that have a file."""
    return frozenset(path.stem for path in FOLDER.glob("*.toml"))


@cache
def _sentences(language: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
