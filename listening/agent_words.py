"""What an agent's text means: a handful of words, in the languages we speak. Pure."""

import re
from enum import Enum, auto


class Wish(Enum):
    """What an agent wants of the listeners in the call they are in."""

    DECLINE = auto()
    PAY = auto()
    PAID = auto()
    WHISPER = auto()
    SPEAK = auto()
    MUTE = auto()


_WORDS: dict[str, Wish] = {
    word: wish
    for wish, words in {
        Wish.DECLINE: "no nein non nao não decline",
        Wish.PAY: "pay payment zahlen zahlung pagar paiement payer pagamento",
        Wish.PAID: "paid bezahlt pagado paye payé pago",
        Wish.WHISPER: "whisper flüstern fluestern susurrar chuchoter sussurrar",
        Wish.SPEAK: "speak sprechen hablar parler falar",
        Wish.MUTE: "mute stumm silencio silence silêncio",
    }.items()
    for word in words.split()
}
_NOT_LETTERS = re.compile(r"[^\w-]+")


def read(text: str) -> Wish | None:
    """The wish of a text that is one of these words and nothing else; None for any other text."""
    return _WORDS.get(_NOT_LETTERS.sub("", text.strip().casefold()))
