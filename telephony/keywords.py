"""The words by which people stop, restart and ask about texts, as data.

Source: Twilio's support article 223134027 (STOP filtering; REVOKE and OPTOUT since 2025), the French words
from https://www.twilio.com/docs/proxy/opt-out-keywords . The words of other languages are those commonly
set up with Advanced Opt-Out; Twilio marks a text with `OptOutType` when the account has set up its own.
Only a text of exactly one such word counts: "please stop it" is a message to a human.
"""

import unicodedata
from typing import Literal

OptOut = Literal["STOP", "START", "HELP"]

STOP_WORDS = frozenset(
    {
        # English; Twilio blocks on these by itself
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
        # French, by Twilio too
        "arret", "arrete", "arrett",
        # Spanish and Portuguese
        "alto", "parar", "baja", "pare",
        # German, Dutch, Danish, Norwegian, Swedish
        "stopp", "abmelden", "afmelden", "stoppen", "afmeld", "avslutt", "avsluta",
        # Italian, Polish
        "annulla", "basta", "koniec",
        # Japanese
        "停止", "中止", "ストップ",
    }
)  # fmt: skip

START_WORDS = frozenset({"start", "unstop"})
# It restarts texts at Twilio too, but to us it is first of all the answer to a question.
RESTARTING_ANSWERS = frozenset({"yes"})
HELP_WORDS = frozenset({"help", "info"})


def opt_out_of(*, kind: str, body: str) -> OptOut | None:
    """Which command a text is: `kind` is Twilio's OptOutType and wins; else the body's one word decides."""
    match kind.upper():
        case "STOP":
            return "STOP"
        case "START":
            return "START"
        case "HELP":
            return "HELP"
    word = _word(body)
    if word in STOP_WORDS:
        return "STOP"
    if word in START_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None


def is_restarting_answer(body: str) -> bool:
    """Whether this answer to a question of ours is also a word by which Twilio restarts texts."""
    return _word(body) in RESTARTING_ANSWERS


def _word(body: str) -> str:
    """Lower case, without accents, surrounding punctuation and repeated blanks: `Arrêt !` is `arret`."""
    plain = unicodedata.normalize("NFKD", body)
    # Latin accents only: in Japanese the same kind of mark makes another letter.
    letters = "".join(character for character in plain if not "\u0300" <= character <= "\u036f")
    return " ".join(unicodedata.normalize("NFC", letters).casefold().strip(" \n\t.!'\"*").split())
