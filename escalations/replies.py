"""What a text means. Pure: sloppy spelling is understood, anything else is not guessed at.

Two mistakes cost most: an officer who is held to have taken or passed a case and has not, and a case that is closed
although the customer did not say so. So a contradiction, a doubt and a question are no answer from an officer, who is
asked again; and a customer's "no" outweighs a "yes" beside it: a call too many costs a minute, a case closed wrongly
costs the customer.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise

from escalations import answer_words


class Intent(StrEnum):
    ACCEPT = "accept"
    PASS = "pass"  # noqa: S105 (no password: the officer passes the case on)
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


def _words_of(*tables: Sequence[str]) -> frozenset[str]:
    return frozenset(word for table in tables for line in table for word in line.split())


def _meanings(table: Mapping[Intent, frozenset[str]]) -> dict[str, Intent]:
    return {word: intent for intent, words in table.items() for word in words}


_OFFICER = _meanings(
    {
        Intent.YES: _words_of(answer_words.YES),
        Intent.NO: _words_of(answer_words.NO),
        Intent.ACCEPT: _words_of(answer_words.TAKE),
        Intent.PASS: _words_of(answer_words.PASS),
        Intent.CONNECT: _words_of(answer_words.CONNECT),
    }
)
_CUSTOMER = _meanings(
    {
        Intent.YES: _words_of(answer_words.YES, answer_words.FIXED, ["1"]),
        Intent.NO: _words_of(answer_words.NO, answer_words.NOT, answer_words.NOT_FIXED, ["2"]),
    }
)
_NEGATIONS = _words_of(answer_words.NOT)
_FORBIDDING = frozenset({"dont", "not", "nicht"})
_DOUBTS = _words_of(answer_words.DOUBT)
_RESERVATIONS = _words_of(answer_words.BUT, answer_words.NO, answer_words.NOT, answer_words.NOT_FIXED)
_POLITENESS = _words_of(answer_words.POLITE)

# An answer stands among the first words, courtesies aside; later it is talk. A customer's "no" may come later.
_FIRST = 4
_FIRST_FOR_NO = 6

_EMOJI = str.maketrans(dict.fromkeys("👍👌✅✔☑🆗", " yes ") | dict.fromkeys("👎❌✖🚫", " no "))
_PHRASES = {
    r"\b(?:on|got) it\b|\bwill do\b|\bbin dran\b|\bmach ich\b": " take ",
    r"\ball (?:good|set|fine)\b": " yes ",
    r"\bnot (?:so |quite )?sure\b": " unclear ",
    # "1 moment" and "2 questions" count something; "no problem" and "no more questions" deny nothing.
    r"\b(?:1|2|one|two|eins|zwei|uno|dos|dois|deux)\s+(?:more|of|min|mins|minut\w*|sec|secs|second\w*|sekunde\w*"
    r"|segundo\w*|moment\w*|instant\w*|h|hour\w*|stunde\w*|heure\w*|hora\w*|question\w*|frage\w*|pregunta\w*"
    r"|pergunta\w*|problem\w*|issue\w*)\b": " ",
    r"\b(?:not a|no|kein|keine|pas de|aucun|sin|sem)\s+(?:more |further |mas |mais )?"
    r"(?:problem\w*|issues?|worries|questions?|fragen)\b": " ",
}
# A phone's own words about a reaction ("Liked “Is your case …”") are no answer; newer ones begin with the emoji.
_REACTION = re.compile(
    r"\s*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted|removed)\b.*[“\"]", re.I
)
# Machines answer texts too; answering them would never end. "I'm driving, pass" is a human in a car.
_AUTOMATIC = re.compile(
    r"\bauto(?:matic|mated|matically)?[ -]?(?:reply|response|message|generated)\b|\bout of (?:the )?office\b"
    r"|\bi ?a?m driving\b(?: \w+){4}|\bdo not disturb\b|\bnot receiving notifications\b"
    r"|\babwesenheits\w+|\bautomatische (?:antwort|nachricht)\b|\bich fahre gerade\b(?: \w+){3}"
    r"|\breponse automatique\b|\babsente? du bureau\b|\bje conduis\b(?: \w+){3}"
    r"|\brespuesta automatica\b|\bfuera de la oficina\b|\bestoy (?:conduciendo|manejando)\b(?: \w+){3}"
    r"|\bresposta automatica\b|\bfora do escritorio\b|\bestou dirigindo\b(?: \w+){3}"
)
_CASE = re.compile(r"\b\d{4,9}\b")
_CASE_LABEL = re.compile(r"\b(?:no|nr|num|n)[.°º]+\s*(?=\d{4,9}\b)|#(?=\d)", re.I)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")


def read_officer(body: str) -> Reply:
    """What an officer means: take it, pass it on, connect me; "1", "accept!", "Pass 1042", "1 1042 thx"."""
    return _reply(body, _officer_means(list(chain(*_sentences(body, questions=False)))))


def read_customer(body: str) -> Reply:
    """What a customer means by the answer to "is it fixed?": "not fixed" is a no, and so is "no, it is fixed"."""
    return _reply(body, _customer_means(_sentences(body), _sentences(body, questions=False)))


def is_automatic(body: str) -> bool:
    """Whether a machine wrote this text."""
    return bool(_AUTOMATIC.search(re.sub(r"[^\w-]+", " ", _plain(body))))


def _reply(body: str, intent: Intent) -> Reply:
    match = _CASE.search(_plain(body))
    return Reply(intent, int(match.group()) if match else None, body)


def _officer_means(words: list[str]) -> Intent:
    early = words[:_FIRST]
    if not _DOUBTS.isdisjoint(early):
        return Intent.UNKNOWN
    if not _NEGATIONS.isdisjoint(early):
        return _refusal_means(early)
    # A digit is an answer at the beginning or beside another answer; elsewhere it counts something.
    told = pairwise(["1", *early])
    said = {
        _OFFICER[word] for before, word in told if word in _OFFICER and (len(word) > 1 or before in _OFFICER)
    }
    yes, no = said & {Intent.ACCEPT, Intent.YES}, said & {Intent.PASS, Intent.NO}
    # "1 or 2", "no, I take it", "yes and no": two answers are none. "OK, pass" is one, politely.
    if yes and no and said != {Intent.YES, Intent.PASS}:
        return Intent.UNKNOWN
    if no:
        return Intent.PASS
    if yes:
        return Intent.ACCEPT
    return Intent.CONNECT if Intent.CONNECT in said else Intent.UNKNOWN


def _refusal_means(early: list[str]) -> Intent:
    """ "Can't take it" and "not now" pass the case on; "don't pass it on" and "I take it, not Ben" do not."""
    first = next(place for place, word in enumerate(early) if word in _NEGATIONS)
    taken = any(_OFFICER.get(word) is Intent.ACCEPT for word in early[:first])
    kept = early[first] in _FORBIDDING and _OFFICER.get("".join(early[first + 1 : first + 2])) is Intent.PASS
    return Intent.UNKNOWN if taken or kept else Intent.PASS


def _customer_means(sentences: list[list[str]], statements: list[list[str]]) -> Intent:
    everything, stated = list(chain(*sentences)), list(chain(*statements))
    # "Why is it still not fixed?" says no; "fixed?" does not say yes.
    if any(_customer_word(word, everything) is Intent.NO for word in everything[:_FIRST_FOR_NO]):
        return Intent.NO
    yes = next((word for word in stated[:_FIRST] if _customer_word(word, stated) is Intent.YES), None)
    if yes is None:
        return Intent.UNKNOWN
    sentence = next(words for words in statements if yes in words)
    return Intent.YES if _RESERVATIONS.isdisjoint(sentence) else Intent.UNKNOWN


def _customer_word(word: str, words: list[str]) -> Intent | None:
    """A single letter or digit counts alone only: "1 invoice is missing" and the Spanish "y" (and) are talk."""
    return None if len(word) == 1 and len(words) > 1 else _CUSTOMER.get(word)


def _sentences(body: str, *, questions: bool = True) -> list[list[str]]:
    """The sentences that say something, as words without courtesies and case numbers."""
    if _REACTION.match(body):
        return []
    plain = _CASE.sub(" ", _plain(body))
    for phrase, meaning in _PHRASES.items():
        plain = re.sub(phrase, meaning, plain)
    sentences = [s for s in _SENTENCE.findall(plain) if questions or "?" not in s]
    read = ([word for word in re.findall(r"[^\W_]+", s) if word not in _POLITENESS] for s in sentences)
    return [words for words in read if words]


def _plain(body: str) -> str:
    """Lower case, without accents and apostrophes; emoji as words; "yesss" as "yes"."""
    text = re.sub(r"[‘’'`´]", "", _CASE_LABEL.sub(" ", body).translate(_EMOJI))
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    return re.sub(r"([^\W\d_])\1{2,}", r"\1", text)
