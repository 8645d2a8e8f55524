"""Telephone calls and texts as a story, for tests.

::

    with_ana = ana.expect_call("Officer of the Day")
    with_ana.press("1").expect_heard("You have it")
    with_ana.hang_up()
    network.assert_nothing_unexpected()

Steps first let the world settle (``network.settle``), and those that wait for words let virtual time pass
(``network.advance``) just as far as those words need. A failing step is an AssertionError that shows the
phone's whole transcript.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.simulator.calls import Call
    from telephony.simulator.network import Network
    from telephony.simulator.phones import Heard, Phone, Ring, Text

SPEECH_WITHIN = 30.0
"""How long (virtual seconds) a step waits for words."""
CONTACT_WITHIN = 2.0
"""How long a step waits for a ring or a text: calls leave at one a second, so not at once."""
STEP = 1.0
"""The longest move of virtual time while waiting."""


def fail(phone: Phone, why: str) -> AssertionError:
    """The error of a step: what was wrong, and everything that happened on the phone."""
    return AssertionError(f"{why}\n\nEverything on {phone.label}:\n{transcript(phone)}")


def transcript(phone: Phone) -> str:
    """Rings, words, keys and texts of a phone in order, for human eyes."""
    lines: list[tuple[int, datetime, str]] = []
    lines += [(r.order, r.at, f"RING  from {r.call.shown_from}: {r.ended or 'rings'}") for r in phone.rings]
    for heard in phone.heard:
        who = heard.speaker or "application"
        cut = f" (cut after {(heard.ends_at() - heard.at).total_seconds():.1f} s)" if heard.cut_at else ""
        where = " [to the voicemail, before the beep]" if heard.to_machine else ""
        where = " [recorded by the voicemail]" if heard.recorded else where
        lines.append((heard.order, heard.at, f"HEARD {who}: {heard.text}{cut}{where}"))
    for text in phone.texts:
        way = f"TEXT  sent to {text.to}" if text.outgoing else f"TEXT  from {text.sender}"
        lines.append((text.order, text.at, f"{way}: {text.body}"))
    lines += [(note.order, note.at, f"PHONE {note.text}") for note in phone.notes]
    if not lines:
        return "  (nothing)"
    return "\n".join(f"  {at:%H:%M:%S}.{at.microsecond // 100000} {line}" for _, at, line in sorted(lines))


class NetworkStory:
    """The network's side of a story; mixed into Network."""

    settle: Callable[[], object]
    """Let everything happen that is due, without moving time. A test's fixture may replace it."""
    advance: Callable[[float], object]
    """Move virtual time by seconds, letting everything on the way happen. A fixture may replace it."""

    if TYPE_CHECKING:
        phones: dict[str, Phone]

        def clock(self) -> datetime:
            """The time now."""

        def next_due(self) -> datetime | None:
            """When something wants to happen."""

        def run_due(self) -> int:
            """Do it."""

        @property
        def automatic(self) -> bool:
            """Whether things happen by themselves."""

        def clock_source(self) -> object:
            """The callable that tells the time."""

    def __init__(self) -> None:
        """Settle and advance this network alone."""
        self.settle = self._settle_alone
        self.advance = self._advance_alone

    def _settle_alone(self) -> None:
        if not self.automatic:
            while self.run_due():
                pass

    def _advance_alone(self, seconds: float) -> None:
        if self.automatic:
            time.sleep(min(seconds, 0.05))
            return
        move = getattr(self.clock_source(), "advance", None)
        if move is None:
            raise RuntimeError("set network.advance, or give the network a VirtualClock")
        target = self.clock() + timedelta(seconds=seconds)
        self.settle()
        while (due := self.next_due()) is not None and due <= target:
            move(max(0.0, (due - self.clock()).total_seconds()))
            self.settle()
        move(max(0.0, (target - self.clock()).total_seconds()))
        self.settle()

    def wait_until(
        self, true: Callable[[], bool], *, within: float, hint: Callable[[], datetime | None] = lambda: None
    ) -> bool:
        """Settle, then let virtual time pass until `true()`, at most `within` seconds; `hint` may know when
        that will be, so that time goes no further."""
        self.settle()
        end = self.clock() + timedelta(seconds=within)
        while not true():
            now = self.clock()
            if now >= end:
                return False
            due = self.next_due()
            step = min(STEP, (end - now).total_seconds())
            for moment in (due, hint()):
                if moment is not None and moment > now:
                    step = min(step, (moment - now).total_seconds())
            self.advance(max(step, 0.001))
        return True

    def assert_nothing_unexpected(self) -> None:
        """Fail when a phone rang or was texted and no step of the story expected it."""
        for phone in list(self.phones.values()):
            for ring in phone.rings:
                if not ring.expected and not ring.programmed:
                    raise fail(phone, f"{phone.label} rang at {ring.at:%H:%M:%S} and nobody expected it")
            for text in phone.texts:
                if not text.outgoing and not text.expected:
                    raise fail(phone, f"{phone.label} was texted and nobody expected it: {text.body}")


class PhoneStory:
    """A phone's side of a story; mixed into Phone."""

    if TYPE_CHECKING:
        network: Network
        number: str
        name: str
        ringing: list[Call]
        call: Call | None
        heard: list[Heard]
        texts: list[Text]
        rings: list[Ring]

        def answer(self, call: Call | None = None) -> bool:
            """Take the call."""

        def call_number(self, number: str = "") -> Call:
            """Ring a number."""

        def send_text(self, body: str, *, to: str = "") -> Text:
            """Send a text."""

    @property
    def label(self) -> str:
        """Name and number."""
        return f"{self.name} {self.number}".strip()

    def expect_ring(self, *, from_: str = "", within: float = CONTACT_WITHIN) -> Ringing:
        """The phone rings (from `from_`), unanswered and not yet expected by an earlier step."""
        found: list[Ring] = []

        def rings() -> bool:
            found[:] = [r for r in self.rings if not r.expected and r.call in self.ringing]
            return bool(found)

        if not self.network.wait_until(rings, within=within):
            raise fail(self._phone, f"{self.label} should ring, and does not")
        ring = found[0]
        if from_ and ring.call.shown_from != from_:
            raise fail(self._phone, f"{self.label} should ring from {from_}, not {ring.call.shown_from}")
        ring.expected = True
        return Ringing(self._phone, ring.call)

    def expect_call(self, words: str = "", *, from_: str = "", within: float = CONTACT_WITHIN) -> CallStory:
        """The phone rings; it is answered, and `words` are among the first words heard."""
        story = self.expect_ring(from_=from_, within=within).answer()
        return story.expect_heard(words) if words else story

    def expect_no_call(self, *, during: float = 0.0) -> None:
        """It does not ring (again), now and in the next `during` seconds."""
        if self.network.wait_until(
            lambda: any(not r.expected and not r.programmed for r in self.rings), within=during
        ):
            raise fail(self._phone, f"{self.label} should not ring, and does")

    def expect_text(self, *contains: str, within: float = CONTACT_WITHIN) -> TextStory:
        """A text arrives that contains all of `contains` (case does not matter)."""
        found: list[Text] = []

        def arrived() -> bool:
            found[:] = [
                t
                for t in self.texts
                if not t.outgoing
                and not t.expected
                and all(c.casefold() in t.body.casefold() for c in contains)
            ]
            return bool(found)

        if not self.network.wait_until(arrived, within=within):
            wanted = " and ".join(repr(c) for c in contains) or "anything"
            raise fail(self._phone, f"{self.label} should be texted {wanted}, and is not")
        found[0].expected = True
        return TextStory(self._phone, found[0])

    def expect_no_text(self, *, during: float = 0.0) -> None:
        """No text arrives (that no step expected), now and in the next `during` seconds."""
        unexpected = self._unexpected_texts
        if self.network.wait_until(lambda: bool(unexpected()), within=during):
            raise fail(self._phone, f"{self.label} should not be texted, and is: {unexpected()[0].body}")

    def _unexpected_texts(self) -> list[Text]:
        return [t for t in self.texts if not t.outgoing and not t.expected]

    def dial(self, number: str = "") -> CallStory:
        """Call the account's `number` (default: its first one)."""
        call = self.call_number(number)
        self.network.settle()
        return CallStory(self._phone, call)

    def text(self, body: str, *, to: str = "") -> None:
        """Text the account's number."""
        self.send_text(body, to=to)
        self.network.settle()

    @property
    def _phone(self) -> Phone:
        return self  # type: ignore[return-value]


class Ringing:
    """A phone that rings and has not been answered."""

    def __init__(self, phone: Phone, call: Call) -> None:
        """`call` rings on `phone`."""
        self.phone = phone
        self.call = call

    def answer(self) -> CallStory:
        """Take the call."""
        if not self.phone.answer(self.call):
            raise fail(self.phone, f"{self.phone.label} cannot answer: it no longer rings")
        self.phone.network.settle()
        return CallStory(self.phone, self.call)

    def ignore(self) -> Ringing:
        """Let it ring."""
        self.phone.ignore()
        self.phone.network.settle()
        return self

    def decline(self) -> None:
        """Refuse it."""
        self.phone.decline()
        self.phone.network.settle()

    def voicemail(self) -> CallStory:
        """Let the voicemail answer now."""
        self.phone.to_voicemail()
        self.phone.network.settle()
        return CallStory(self.phone, self.call)

    def expect_stopped(self, *, within: float = SPEECH_WITHIN) -> None:
        """It stops ringing."""
        if not self.phone.network.wait_until(lambda: self.call not in self.phone.ringing, within=within):
            raise fail(self.phone, f"{self.phone.label} should stop ringing, and does not")


class CallStory:
    """A call in progress, from the phone's end."""

    def __init__(self, phone: Phone, call: Call) -> None:
        """`call` is up on `phone`."""
        self.phone = phone
        self.call = call
        self._from = 0

    @property
    def words(self) -> list[Heard]:
        """Everything heard in this call so far."""
        return [h for h in self.phone.heard if h.call_sid == self.call.sid]

    def press(self, keys: str) -> CallStory:
        """Press keys, one after another; each takes effect before the next."""
        for key in keys:
            self.phone.network.settle()
            self._from = len(self.words)
            if not self.phone.press(key):
                raise fail(self.phone, f"{self.phone.label} cannot press {key}: the call has ended")
            self.phone.network.settle()
        return self

    def say(self, words: str) -> CallStory:
        """Speak into the call."""
        self.phone.network.settle()
        if not self.phone.speak(words):
            raise fail(self.phone, f"{self.phone.label} cannot speak: the call has ended")
        self.phone.network.settle()
        return self

    def expect_heard(self, words: str, *, within: float = SPEECH_WITHIN) -> CallStory:
        """`words` are heard from now on (case and spacing do not matter). Words of the same utterance may be
        expected in any order; those of an earlier utterance, or before the last key, no longer count."""
        network = self.phone.network
        started = network.clock()
        place: list[tuple[int, datetime]] = []

        def spoken() -> bool:
            place[:] = [found] if (found := self._find(words)) else []
            return bool(place) and place[0][1] <= network.clock()

        if not network.wait_until(spoken, within=within, hint=lambda: place[0][1] if place else None):
            waited = (network.clock() - started).total_seconds()
            raise fail(
                self.phone, f"{self.phone.label} should hear {words!r} within {waited:.0f} s, and does not"
            )
        self._from = place[0][0]
        return self

    def _find(self, words: str) -> tuple[int, datetime] | None:
        """Which utterance holds (the end of) `words`, and when they will have been said."""
        wanted = " ".join(words.split()).casefold()
        spoken = ""
        ends: list[tuple[int, int, Heard]] = []
        for index, heard in enumerate(self.words):
            if index < self._from or heard.to_machine:
                continue
            said = heard.said_until(heard.ends_at())
            spoken = f"{spoken} {' '.join(said.split())}".strip()
            ends.append((len(spoken), index, heard))
        position = spoken.casefold().find(wanted)
        if position < 0:
            return None
        last = position + len(wanted)
        start = 0
        for end, index, heard in ends:
            if last <= end:
                if heard.kind in {"play", "tone"}:
                    return index, heard.at
                share = (last - start) / max(1, end - start)
                return index, heard.at + timedelta(seconds=min(1.0, max(0.0, share)) * heard.seconds)
            start = end + 1
        return None

    def expect_not_heard(self, words: str) -> CallStory:
        """`words` have not been said in this call, nor are they being said."""
        self.phone.network.settle()
        spoken = " ".join(h.text for h in self.words)
        if " ".join(words.split()).casefold() in " ".join(spoken.split()).casefold():
            raise fail(self.phone, f"{self.phone.label} should not hear {words!r}, and does")
        return self

    def expect_silence(self, *, during: float = 5.0) -> CallStory:
        """Nothing new is said for `during` seconds once the utterance under way is over."""
        network = self.phone.network
        self.hear_out()
        before = len(self.words)
        if network.wait_until(lambda: len(self.words) > before, within=during):
            raise fail(
                self.phone, f"{self.phone.label} should hear nothing, and hears {self.words[before].text!r}"
            )
        return self

    def hear_out(self) -> CallStory:
        """Listen until the utterance under way is over."""
        network = self.phone.network
        network.settle()
        ends = max((h.ends_at() for h in self.words if h.kind != "tone"), default=network.clock())
        network.advance(max(0.0, (ends - network.clock()).total_seconds()))
        return self

    def hang_up(self) -> None:
        """End the call from this end."""
        self.phone.network.settle()
        if self.phone.call is not self.call or not self.phone.hang_up():
            raise fail(self.phone, f"{self.phone.label} cannot hang up: the call has ended")
        self.phone.network.settle()

    def expect_ended(self, *, within: float = SPEECH_WITHIN) -> CallStory:
        """The call ends (the other side hangs up)."""
        if not self.phone.network.wait_until(lambda: self.call.ended_at is not None, within=within):
            raise fail(self.phone, f"the call of {self.phone.label} should end, and does not")
        return self

    def expect_in_conference_with(self, *others: Phone, within: float = SPEECH_WITHIN) -> CallStory:
        """This phone and `others` are in the same conference, and it has started."""

        def together() -> bool:
            seat = self.call.seat
            if seat is None or not seat.conference.started:
                return False
            present = {p.call.phone.number for p in seat.conference.seats}
            return all(other.number in present for other in others)

        if not self.phone.network.wait_until(together, within=within):
            names = ", ".join(other.label for other in others)
            raise fail(self.phone, f"{self.phone.label} should be in a conference with {names}, and is not")
        return self


class TextStory:
    """A text that arrived."""

    def __init__(self, phone: Phone, text: Text) -> None:
        """`text` arrived on `phone`."""
        self.phone = phone
        self.message = text
        self.body = text.body

    def reply(self, body: str) -> None:
        """Answer it."""
        self.phone.send_text(body, to=self.message.sender)
        self.phone.network.settle()
