"""What a text means. Pure: sloppy spelling is understood, anything else is not guessed at."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    ACCEPT = "accept"
    PASS = "pass"
    CONNECT = "connect"
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender wants, and for which case where they said so. `words` is what they wrote."""

    intent: Intent
    number: int | None
    words: str


_OFFICER = {
    Intent.ACCEPT: "1 one accept acept accpt aceptar acepto take taken yes y ok okay sure mine ja oui si sim annehmen accepter aceitar ubernehmen",
    Intent.PASS: "2 two pass pas past paso no n nein non nao skip decline weiter passer passar pasar cannot cant",
    Intent.CONNECT: "call ring connect anrufen appeler llamar ligar",
}
_CUSTOMER = {
    Intent.YES: "1 yes y yep yeah yess ok okay fixed solved done ja jawohl oui si sim gelost resolu resuelto resolvido erledigt",
    Intent.NO: "2 no n nope not nein non nao kein unfixed still nicht pas",
}
_OFFICER_WORDS = {word: intent for intent, words in _OFFICER.items() for word in words.split()}
_CUSTOMER_WORDS = {word: intent for intent, words in _CUSTOMER.items() for word in words.split()}
# Machines answer texts too ("I am driving and will reply later"); answering them would never end.
_AUTOMATIC = re.compile(
    r"\b(auto(matic)?[ -]?(reply|response)|out of (the )?office|i am driving|i'm driving)\b", re.I
)
_CASE = re.compile(r"\b\d{4,9}\b")


def read_officer(body: str) -> Reply:
    """What an officer means: take it, pass it on, connect me; "1", "accept!", "Pass 1042", "1 1042 thx"."""
    return _read(body, _OFFICER_WORDS)


def read_customer(body: str) -> Reply:
    """What a customer means by the answer to "is it fixed?". "not fixed" is a no: a no anywhere early wins."""
    reply = _read(body, _CUSTOMER_WORDS)
    early = _words(body)[:4]
    if any(_CUSTOMER_WORDS.get(word) is Intent.NO for word in early):
        return Reply(Intent.NO, reply.number, reply.words)
    return reply


def is_automatic(body: str) -> bool:
    """Whether a machine wrote this text."""
    return bool(_AUTOMATIC.search(body))


def _read(body: str, meanings: dict[str, Intent]) -> Reply:
    match = _CASE.search(body)
    number = int(match.group()) if match else None
    # The first words decide; a long message is talk, not an answer, unless it begins with one.
    for word in _words(body)[:3]:
        if word in meanings:
            return Reply(meanings[word], number, body)
    return Reply(Intent.UNKNOWN, number, body)


def _words(body: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", body.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"[‘’']", "", plain)
    return [word for word in re.findall(r"[^\W_]+", plain) if not _CASE.fullmatch(word)]
