"""Words of several lines, as people type them: made fit to be kept, shown and mailed."""

import unicodedata

from people.errors import Refused
from people.plain_words import one_line


def paragraphs(raw: str, *, field: str, most: int, required: bool = False) -> str:
    """The lines, each tidied like `one_line`, empty ones at both ends left out. Raises Refused."""
    lines = [one_line(line, field=field, most=most) for line in raw.replace("\r", "").split("\n")]
    words = unicodedata.normalize("NFC", "\n".join(lines).strip("\n"))
    if required and not words:
        raise Refused("This is needed.", field=field, code="required")
    if len(words) > most:
        raise Refused(
            f"This has {len(words):,} characters; at most {most:,} are kept.", field=field, code="too_long"
        )
    return words
