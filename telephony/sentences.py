"""Spoken and texted sentences by language: one TOML file each in a folder, `[section]` and `name = "…{place}…"`.

To change a sentence, edit its file; the tests of each room keep the languages' keys and {places} alike.
"""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from telephony.twiml import Script

DEFAULT_LANGUAGE = "en"


class Sentences:
    """The sentences of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prompt(self, sentence: str, language: str, /, **places: object) -> str:
        """The sentence `section.name` in that language (English where we do not speak it), its places filled."""
        section, name = sentence.split(".")
        words: str = self._all[self.spoken_language(language)][section][name]
        return words.format(**places)

    def spoken_language(self, language: str) -> str:
        """The language of ours that serves a BCP 47 tag: "de-AT" is spoken to in "de"."""
        return main_language(language) if main_language(language) in self.languages() else DEFAULT_LANGUAGE

    def speaking(self, language: str) -> Script:
        """An empty script in the listener's own voice where we speak the language, else in English: never English
        words in another language's voice.
        """
        return Script(language if main_language(language) in self.languages() else DEFAULT_LANGUAGE)

    def languages(self) -> frozenset[str]:
        """The languages that have a file."""
        return frozenset(self._all)

    @cached_property
    def _all(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {
            path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in self.folder.glob("*.toml")
        }


def main_language(language: str) -> str:
    """ "de" of "de-AT" and "de_at"."""
    return language.replace("_", "-").split("-")[0].lower()
