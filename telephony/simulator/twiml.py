"""Running TwiML: one leg goes through a document verb by verb until it hangs up or runs out of verbs.

Source: twilio.com/docs/voice/twiml and the pages of each verb.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from xml.etree.ElementTree import Element

from telephony.simulator.grammar import BadTwiml, flag, number, parse, text_of
from telephony.simulator.webhooks import Answer, Webhook, absolute, is_http_url

if TYPE_CHECKING:
    from datetime import datetime

    from telephony.simulator.calls import Call
    from telephony.simulator.phones import Heard
    from telephony.simulator.schedule import Event

APPLICATION_ERROR = "We are sorry. An application error has occurred. Goodbye."
PLAY_SECONDS = 5.0
"""How long every recording lasts that nobody really plays."""
DIGIT_SECONDS = 0.5
ENDLESS = 1000
"""loop="0" means until the call ends; a thousand times is that."""
MAX_DOCUMENTS_AT_ONCE = 100
"""Documents one leg may load in the same second: more is a circle of redirects."""


class Verb(Protocol):
    """A verb under way."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Be interrupted: the leg ends or goes elsewhere."""

    def key(self, digit: str) -> bool:
        """A key was pressed; whether it was wanted."""

    def speech(self, words: str) -> None:
        """The phone said something."""


Starter = Callable[["Run", Element], Verb]
LONG_VERBS: dict[str, Starter] = {}
"""Verbs that take time, by name; each module that has one registers it here."""


class Run:
    """The execution of TwiML on one leg, or beside it (a whisper, the waiting room of a conference)."""

    def __init__(
        self,
        call: Call,
        *,
        done: Callable[[], None] | None = None,
        hearers: Callable[[], Sequence[Call]] | None = None,
        form: Callable[[], Mapping[str, str]] | None = None,
        apologises: bool = True,
    ) -> None:
        """Run on `call`; at the end call `done` (default: hang up). `hearers` hear it (default: the leg's
        own phone); `form` gives the parameters of its requests. One that does not apologise falls silent
        when the application fails, and leaves the leg alone."""
        self.call = call
        self.network = call.network
        self.url = ""
        self.stopped = False
        self._done = done
        self._apologises = apologises
        self._hearers = hearers or (lambda: [call])
        self._form = form or call.form
        self._verbs: deque[Element] = deque()
        self._current: Verb | None = None
        self._loads = 0
        self._loads_at: datetime | None = None
        self._first = True
        self._timer: Event | None = None

    # -- documents -----------------------------------------------------------------------------------------

    def fetch(
        self,
        url: str,
        method: str = "POST",
        *,
        kind: str = "voice",
        extra: Mapping[str, str] | None = None,
        fallback: tuple[str, str] = ("", "POST"),
    ) -> None:
        """Ask the application for a document and run it."""
        self._interrupt()
        target = absolute(self.url, url) if url else self.url
        if not is_http_url(target):
            self.fail(11100, f"invalid URL {url!r}")
            return
        hook = Webhook(
            kind,
            target,
            (method or "POST").upper(),
            {**self._form(), **(extra or {})},
            self.call.sid,
            self.call.phone.number,
            *fallback,
        )
        self.network.courier.send(hook, self._answered)

    def _answered(self, answer: Answer, url: str) -> None:
        if self.stopped:
            return
        if not answer.ok:
            self.fail(11200, f"HTTP {answer.status} from {url}", noted=True)
            return
        if not answer.body.strip() and answer.status == 204:
            self.load("<Response/>", url)
            return
        if answer.content_type.split(";")[0].strip() not in {"text/xml", "application/xml", "text/html", ""}:
            self.fail(12300, f"content type {answer.content_type!r} of {url} is not TwiML's")
            return
        self.load(answer.body.decode("utf-8", "replace"), url)

    def load(self, text: str, url: str) -> None:
        """Run the document `text`, which came from `url`."""
        self._interrupt()
        if url:
            self.url = url
        if self._goes_in_circles():
            self.fail(11215, f"more than {MAX_DOCUMENTS_AT_ONCE} documents without a pause")
            return
        try:
            document = parse(text, kind="voice")
        except BadTwiml as error:
            self.fail(error.code, str(error))
            return
        for code, warning in document.warnings:
            self.problem(code, warning)
        self._verbs = deque(document.verbs)
        self.advance()

    def _goes_in_circles(self) -> bool:
        now = self.network.clock()
        if self._loads_at is None or (now - self._loads_at).total_seconds() >= 1:
            self._loads, self._loads_at = 0, now
        self._loads += 1
        return self._loads > MAX_DOCUMENTS_AT_ONCE

    # -- verbs ---------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """The verb under way is done: begin the next one."""
        if self.stopped:
            return
        self._current = None
        verb = self._verbs.popleft() if self._verbs else None
        if verb is not None and verb.tag == "Reject" and self._first and not self.call.is_live:
            self.call.end("busy" if verb.get("reason") == "busy" else "no-answer", sip=603)
            return
        if not self.call.is_live and not flag_answers_on_bridge(verb):
            self.call.go_live()
        self._first = False
        if verb is None:
            self._finish()
        elif verb.tag in {"Hangup", "Reject"}:
            self.stopped = True
            self.call.end("completed")
        elif verb.tag == "Redirect":
            self.fetch(text_of(verb), verb.get("method", "POST"))
        elif verb.tag in LONG_VERBS:
            self._current = LONG_VERBS[verb.tag](self, verb)
            self._current.start()
        else:
            self.fail(12200, f"the simulator does not know <{verb.tag}>")

    def _finish(self) -> None:
        self.stopped = True
        if self._done is not None:
            self._done()
        else:
            self.call.end("completed")

    def key(self, digit: str) -> bool:
        """A key was pressed on the leg's phone; whether anything wanted it."""
        return self._current is not None and self._current.key(digit)

    def speech(self, words: str) -> None:
        """The leg's phone said something."""
        if self._current is not None:
            self._current.speech(words)

    def stop(self) -> None:
        """End it without a word."""
        self.stopped = True
        self._interrupt()
        self._verbs.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _interrupt(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.stop()

    # -- what verbs use ------------------------------------------------------------------------------------

    def hear(
        self, text: str, *, seconds: float | None = None, language: str = "", play: bool = False
    ) -> list[Heard]:
        """Let everybody who hears this run hear `text`."""
        heard: list[Heard] = []
        for call in self._hearers():
            heard += call.hear(text, seconds=seconds, language=language, kind="play" if play else "say")
        return heard

    def later(self, seconds: float, act: Callable[[], None]) -> Event:
        """Do something later unless the run has stopped by then."""
        return self.network.schedule.after(seconds, lambda: None if self.stopped else act())

    def problem(self, code: int, text: str, level: str = "warning") -> None:
        """Write it where Twilio's debugger would show it."""
        self.network.note_problem(code, text, url=self.url, call_sid=self.call.sid, level=level)

    def fail(self, code: int, text: str, *, noted: bool = False) -> None:
        """The application is at fault: say so in the call and end it."""
        self._interrupt()
        self._verbs.clear()
        if not noted:
            self.problem(code, text, "error")
        self.stopped = True
        if not self._apologises:
            return
        if not self.call.is_live:
            self.call.go_live()
        heard = [h for call in self._hearers() for h in call.hear(APPLICATION_ERROR)]
        seconds = max((h.seconds for h in heard), default=0.0)
        self._timer = self.network.schedule.after(seconds, lambda: self.call.end("completed"))


def flag_answers_on_bridge(verb: Element | None) -> bool:
    """Whether `verb` leaves an inbound call ringing until the other side answers."""
    return verb is not None and verb.tag == "Dial" and flag(verb, "answerOnBridge", default=False)


class Prompts:
    """Say, Play and Pause, one after another: alone, in a Gather, in a waiting room."""

    def __init__(self, run: Run, elements: Sequence[Element], done: Callable[[], None]) -> None:
        """Play `elements`, then call `done`."""
        self._run = run
        self._left = deque((e, max(1, number(e, "loop", default=1) or ENDLESS)) for e in elements)
        self._done = done
        self._heard: list[Heard] = []
        self._timer: Event | None = None

    def start(self) -> None:
        """Begin, or go on with the next one."""
        if not self._left:
            self._done()
            return
        element, times = self._left.popleft()
        if times > 1:
            self._left.appendleft((element, times - 1))
        self._timer = self._run.later(self._play(element), self.start)

    def _play(self, element: Element) -> float:
        if element.tag == "Pause":
            return float(number(element, "length", default=1))
        if element.tag == "Play":
            digits = element.get("digits")
            words = f"[keys {digits}]" if digits else f"[{absolute(self._run.url, text_of(element))}]"
            seconds = DIGIT_SECONDS * len(digits) if digits else PLAY_SECONDS
            self._heard = self._run.hear(words, seconds=seconds, play=True)
            return seconds
        words = text_of(element)
        if not words:
            self._run.problem(13520, "<Say> without words")
            return 0.0
        self._heard = self._run.hear(words, language=element.get("language", ""))
        now = self._run.network.clock()
        return max(((h.ends_at() - now).total_seconds() for h in self._heard), default=0.0)

    def stop(self) -> None:
        """Fall silent in the middle of a word."""
        if self._timer is not None:
            self._timer.cancel()
        self._left.clear()
        now = self._run.network.clock()
        for heard in self._heard:
            if heard.ends_at() > now:
                heard.cut_at = now

    def key(self, digit: str) -> bool:
        """Keys mean nothing here."""
        return False

    def speech(self, words: str) -> None:
        """Nor does speech."""


def _single_prompt(run: Run, element: Element) -> Verb:
    return Prompts(run, [element], run.advance)


for _name in ("Say", "Play", "Pause"):
    LONG_VERBS[_name] = _single_prompt
