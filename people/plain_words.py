"""Words that people type, made fit to be kept, shown and spoken: one line, without invisible tricks."""

import unicodedata

from people.errors import Refused

# Embeddings, overrides and isolates: they can make a page or a text read otherwise than it is written.
# Joiners (U+200C, U+200D) stay: Persian, Hindi and many emoji need them.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")


def one_line(raw: str, *, field: str, most: int, required: bool = False) -> str:
    """The words on one line, runs of white space made single, at most `most` characters. Raises Refused."""
    visible = "".join(character for character in raw if character not in _REORDERING)
    words = unicodedata.normalize("NFC", " ".join(visible.split()))
    if required and not words:
        raise Refused("This is needed.", field=field, code="required")
    if len(words) > most:
        raise Refused(
            f"This has {len(words):,} characters; at most {most} are kept.", field=field, code="too_long"
        )
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in words):
        raise Refused("This holds control characters. Type the words anew.", field=field, code="invalid")
    return words
