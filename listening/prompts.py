"""What listening says and texts, by language: one TOML file each in `prompts/`.

To change a sentence, edit its file; a test keeps the languages' keys and {places} alike.
"""

from pathlib import Path

from telephony.sentences import Sentences

FOLDER = Path(__file__).with_name("prompts")

_sentences = Sentences(FOLDER)
prompt = _sentences.prompt
speaking = _sentences.speaking
spoken_language = _sentences.spoken_language
languages = _sentences.languages
