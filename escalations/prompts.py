"""What the product says and texts of a case, by language: one TOML file each in `prompts/`.

To change a sentence, edit its file; a test keeps the languages' keys and {places} alike.
"""

from pathlib import Path

from telephony.sentences import DEFAULT_LANGUAGE, Sentences

__all__ = ["DEFAULT_LANGUAGE", "FOLDER", "languages", "prompt", "speaking", "spoken_language"]

FOLDER = Path(__file__).with_name("prompts")

_sentences = Sentences(FOLDER)
prompt = _sentences.prompt
speaking = _sentences.speaking
spoken_language = _sentences.spoken_language
languages = _sentences.languages
