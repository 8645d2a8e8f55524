"""A guess at what somebody meant to write, for the end of an error message."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """ " Did you mean "…"?" with the nearest known word, or "" where none is near."""
    by_folded = {word.casefold(): word for word in known}
    near = get_close_matches(written.strip().casefold()[:80], by_folded, n=1, cutoff=0.6)
    return f' Did you mean "{by_folded[near[0]]}"?' if near else ""


def one_of(known: Iterable[str]) -> str:
    """The words as they are listed in a message: "a", "b" or "c"."""
    words = [f'"{word}"' for word in known]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
