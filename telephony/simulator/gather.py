"""<Gather>: ask, wait for keys or speech, send them on; silence falls through to the next verb.

Source: twilio.com/docs/voice/twiml/gather.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from telephony.simulator.grammar import flag, number
from telephony.simulator.twiml import LONG_VERBS, Prompts, Run

if TYPE_CHECKING:
    from telephony.simulator.schedule import Event

KEYS = frozenset("0123456789*#")
DEFAULT_TIMEOUT = 5


class Gather:
    """One <Gather> under way."""

    def __init__(self, run: Run, element: Element) -> None:
        """Read the attributes; nothing is said yet."""
        warnings: list[tuple[int, str]] = []
        self._run = run
        self._element = element
        self._inputs = set(element.get("input", "dtmf").split())
        self._timeout = number(element, "timeout", default=DEFAULT_TIMEOUT, warnings=warnings)
        self._count = number(element, "numDigits", default=0, warnings=warnings)
        self._finish = element.get("finishOnKey", "#")
        self._barge_in = flag(element, "bargeIn", default=True)
        self._digits = ""
        self._timer: Event | None = None
        self._done = False
        nested = [child for child in element if child.tag in {"Say", "Play", "Pause"}]
        self._prompts = Prompts(run, nested, self._listen)
        if self._finish and (len(self._finish) != 1 or self._finish not in KEYS):
            warnings.append((13310, f"<Gather> finishOnKey={self._finish!r}"))
        if element.get("numDigits") is not None and self._count < 1:
            warnings.append((13314, f"<Gather> numDigits={element.get('numDigits')!r}"))
        for code, text in warnings:
            run.problem(code, text)

    def start(self) -> None:
        """Begin to ask."""
        self._run.call.phone.keys_wanted(self._run.call)
        self._prompts.start()

    def _listen(self) -> None:
        self._wait(self._timeout)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._run.later(seconds, self._finished)

    def key(self, digit: str) -> bool:
        """Take a key: it silences the prompt, and may complete the input."""
        if self._done or "dtmf" not in self._inputs:
            return False
        if self._timer is None and not self._barge_in:
            return False
        self._prompts.stop()
        if digit == self._finish:
            self._finished(digit)
            return True
        self._digits += digit
        if self._count and len(self._digits) >= self._count:
            self._finished()
        else:
            self._wait(self._timeout)
        return True

    def speech(self, words: str) -> None:
        """Take what was said, when speech is asked for."""
        if self._done or "speech" not in self._inputs:
            return
        self.stop()
        self._submit(
            {"SpeechResult": words, "Confidence": "0.92", "Language": self._element.get("language", "en-US")}
        )

    def _finished(self, finished_on: str = "") -> None:
        self.stop()
        if not self._digits and not flag(self._element, "actionOnEmptyResult", default=False):
            self._run.advance()
            return
        self._submit({"Digits": self._digits, "FinishedOnKey": finished_on, "msg": "Gather End"})

    def _submit(self, result: dict[str, str]) -> None:
        self._run.fetch(
            self._element.get("action", ""), self._element.get("method", "POST"), kind="gather", extra=result
        )

    def stop(self) -> None:
        """Ask no longer."""
        self._done = True
        self._prompts.stop()
        if self._timer is not None:
            self._timer.cancel()


LONG_VERBS["Gather"] = Gather
