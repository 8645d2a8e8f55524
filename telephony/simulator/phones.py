"""Telephones: every number that is not the account's own has one, and somebody (or something) answers it.

A phone rings until it is told what to do: by a story (:mod:`telephony.simulator.story`), by a human at the
phone wall, or by its own habit (:class:`Habit`), set beforehand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from telephony.simulator.story import PhoneStory

if TYPE_CHECKING:
    from telephony.simulator.calls import Call
    from telephony.simulator.network import Network

CHARACTERS_PER_SECOND = 14.0
"""How fast the simulated voices speak: about 160 English words a minute, the middle of what Amazon Polly's
neural voices measure at their normal rate."""

Kind = Literal["say", "play", "speech", "machine", "tone"]
WhenCalled = Literal["ring", "busy", "decline", "unallocated", "off"]

_orders = itertools.count()
"""What happened at the same instant still happened one after the other."""


def speaking_seconds(text: str) -> float:
    """How long it takes to say `text`."""
    return len(text) / CHARACTERS_PER_SECOND


@dataclass
class Heard:
    """Something heard in a call. `speaker` is a number, or "" for the application's own voice."""

    at: datetime
    seconds: float
    text: str
    speaker: str
    call_sid: str
    language: str = ""
    kind: Kind = "say"
    to_machine: bool = False
    """Heard by a voicemail before its beep, so by nobody."""
    recorded: bool = False
    """Heard by a voicemail after its beep: it will be heard later."""
    cut_at: datetime | None = None
    order: int = field(default_factory=_orders.__next__)

    def ends_at(self) -> datetime:
        """When the last word is (or was) said."""
        whole = self.at + timedelta(seconds=self.seconds)
        return whole if self.cut_at is None else min(whole, self.cut_at)

    def said_until(self, now: datetime) -> str:
        """The words said up to `now`."""
        if self.kind in {"play", "tone"}:
            return self.text if now >= self.at else ""
        until = min(now, self.ends_at())
        if self.seconds <= 0 or until >= self.at + timedelta(seconds=self.seconds):
            return self.text
        share = max(0.0, (until - self.at).total_seconds() / self.seconds)
        return self.text[: int(len(self.text) * share)]


@dataclass
class Text:
    """A text message as the phone shows it. `outgoing`: written on this phone."""

    sid: str
    at: datetime
    sender: str
    to: str
    body: str
    outgoing: bool
    expected: bool = False
    order: int = field(default_factory=_orders.__next__)


@dataclass
class Ring:
    """One time the phone rang."""

    call: Call
    at: datetime
    expected: bool = False
    """A step of the story waited for it."""
    programmed: bool = False
    """The phone had its orders, so nobody needs to wait for it."""
    ended: str = ""
    """How: answered, voicemail, declined, no-answer, canceled; "" while it rings."""
    order: int = field(default_factory=_orders.__next__)


@dataclass
class Note:
    """Something the phone did: answered, pressed 1, joined a conference."""

    at: datetime
    text: str
    order: int = field(default_factory=_orders.__next__)


@dataclass(frozen=True)
class Mailbox:
    """A voicemail: answers after `after_seconds` of ringing, greets, beeps, records."""

    after_seconds: float = 20.0
    greeting: str = "You have reached my voicemail. Please leave a message after the tone."
    greeting_seconds: float = 5.0


@dataclass(frozen=True)
class Habit:
    """What a phone does by itself. `amd` is the verdict machine detection gets ("" lets it be right)."""

    when_called: WhenCalled = "ring"
    mailbox: Mailbox | None = None
    answer_after: float | None = None
    press: str = ""
    press_after: float = 1.0
    hang_up_after: float | None = None
    reply: str = ""
    reply_after: float = 1.0
    landline: bool = False
    landline_known: bool = True
    amd: str = ""
    call_waiting: bool = True


@dataclass(eq=False)
class Phone(PhoneStory):
    """One telephone and everything it rang, heard and was texted."""

    network: Network
    number: str
    name: str = ""
    role: str = ""
    habit: Habit = field(default_factory=Habit)
    ringing: list[Call] = field(default_factory=list)
    call: Call | None = None
    heard: list[Heard] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
    version: int = 0
    notes: list[Note] = field(default_factory=list)
    """What the phone did (answered, pressed 1, …): shown between the words in a failing story."""

    # -- habits --------------------------------------------------------------------------------------------

    def set_habit(self, habit: Habit) -> Phone:
        """Behave like that from now on."""
        with self.network.lock:
            self.habit = habit
            self.network.touch(self)
        return self

    def always(
        self,
        *,
        answer_after: float = 0.0,
        press: str = "",
        press_after: float = 1.0,
        hang_up_after: float | None = None,
        reply: str = "",
        reply_after: float = 1.0,
    ) -> Phone:
        """Answer every call after `answer_after` seconds; press the keys of `press` one at each prompt that
        asks for keys, `press_after` seconds into it; hang up `hang_up_after` seconds after answering; answer
        every text with `reply`."""
        return self.set_habit(
            replace(
                self.habit,
                when_called="ring",
                answer_after=answer_after,
                press=press,
                press_after=press_after,
                hang_up_after=hang_up_after,
                reply=reply,
                reply_after=reply_after,
            )
        )

    def be_normal(self) -> Phone:
        """Ring until told otherwise; forget all habits."""
        return self.set_habit(Habit())

    def be_busy(self) -> Phone:
        """Answer every call with the busy tone."""
        return self.set_habit(replace(self.habit, when_called="busy"))

    def be_declining(self) -> Phone:
        """Decline every call at once (the network says busy, SIP 603)."""
        return self.set_habit(replace(self.habit, when_called="decline"))

    def be_unallocated(self) -> Phone:
        """Be a number that does not exist (the call fails, SIP 404)."""
        return self.set_habit(replace(self.habit, when_called="unallocated"))

    def be_off(self) -> Phone:
        """Be switched off or out of reach, without a voicemail (no-answer after a few seconds, SIP 480)."""
        return self.set_habit(replace(self.habit, when_called="off"))

    def be_landline(self, *, known: bool = True) -> Phone:
        """Take no texts: creating one is refused (21614), or, if Twilio does not know, it is undelivered."""
        return self.set_habit(replace(self.habit, landline=True, landline_known=known))

    def has_voicemail(
        self,
        *,
        after: float = 20.0,
        greeting: str = Mailbox.greeting,
        seconds: float = Mailbox.greeting_seconds,
    ) -> Phone:
        """Let a voicemail answer after `after` seconds of ringing (0: at once) and greet for `seconds`."""
        return self.set_habit(replace(self.habit, mailbox=Mailbox(after, greeting, seconds)))

    def has_amd_verdict(self, verdict: str) -> Phone:
        """Make machine detection say `verdict` (human, machine_start, fax, unknown) whoever answers."""
        return self.set_habit(replace(self.habit, amd=verdict))

    # -- what the network does to the phone ----------------------------------------------------------------

    def start_ringing(self, call: Call) -> None:
        """Ring for `call` (the lock is held)."""
        habit = self.habit
        programmed = (
            habit.answer_after is not None or habit.mailbox is not None or habit.when_called != "ring"
        )
        self.rings.append(Ring(call, self.network.clock(), programmed=programmed))
        self.ringing.append(call)
        self.network.touch(self)
        if habit.answer_after is not None:
            self.network.schedule.after(habit.answer_after, lambda: self._pick_up(call))
        elif habit.mailbox is not None:
            self.network.schedule.after(habit.mailbox.after_seconds, lambda: self._mailbox_answers(call))

    def stop_ringing(self, call: Call, how: str) -> None:
        """Stop ringing for `call`, because it was answered, declined, cancelled… (the lock is held)."""
        if call in self.ringing:
            self.ringing.remove(call)
        for ring in self.rings:
            if ring.call is call and not ring.ended:
                ring.ended = how
        self.network.touch(self)

    def leave_call(self, call: Call) -> None:
        """The call is over (the lock is held)."""
        if self.call is call:
            self.call = None
            self.note("the call ended")
        self.network.touch(self)

    def keys_wanted(self, call: Call) -> None:
        """A prompt of `call` waits for keys: a phone with a habit presses its next one (lock held)."""
        call.prompts += 1
        if call.prompts <= len(self.habit.press):
            key = self.habit.press[call.prompts - 1]
            self.network.schedule.after(self.habit.press_after, lambda: self._press(call, key))

    def receive_text(self, text: Text) -> None:
        """A text arrives (lock held); a phone with the habit answers it."""
        self.texts.append(text)
        self.network.touch(self)
        if self.habit.reply:
            text.expected = True
            reply = self.habit.reply
            self.network.schedule.after(
                self.habit.reply_after, lambda: self.network.text_from(self, text.sender, reply)
            )

    def note(self, what: str) -> None:
        """Write down what the phone did."""
        self.notes.append(Note(self.network.clock(), what))
        self.network.touch(self)

    # -- what a human does with it -------------------------------------------------------------------------

    def answer(self, call: Call | None = None) -> bool:
        """Take the (first) ringing call, ending the one in progress; False when nothing rings."""
        with self.network.lock:
            target = call or next(iter(self.ringing), None)
            if target is None or target not in self.ringing:
                return False
            self._pick_up(target)
            return True

    def ignore(self) -> bool:
        """Let it ring: it ends by the caller's timeout or in the voicemail."""
        with self.network.lock:
            if self.ringing:
                self.note("ignored the ringing")
            return bool(self.ringing)

    def decline(self) -> bool:
        """Refuse the ringing call: the voicemail takes it, or the caller gets busy."""
        with self.network.lock:
            if not self.ringing:
                return False
            call = self.ringing[0]
            self.note("declined")
            if self.habit.mailbox is not None:
                self._mailbox_answers(call)
            else:
                call.end("busy", sip=603, ring="declined")
            return True

    def to_voicemail(self) -> bool:
        """Let the voicemail answer now, with a plain greeting if none is set up."""
        with self.network.lock:
            if not self.ringing:
                return False
            self._mailbox_answers(self.ringing[0], self.habit.mailbox or Mailbox())
            return True

    def press(self, keys: str) -> bool:
        """Press `keys` one after another in the call; False when there is no call."""
        with self.network.lock:
            if self.call is None:
                return False
            for key in keys:
                self._press(self.call, key)
            return True

    def speak(self, words: str) -> bool:
        """Say `words` into the call; False when there is no call."""
        with self.network.lock:
            if self.call is None:
                return False
            self.note(f'said "{words}"')
            self.call.speak(words)
            return True

    def hang_up(self) -> bool:
        """End the call; False when there is none."""
        with self.network.lock:
            if self.call is None:
                return False
            self.note("hung up")
            self.call.end("completed", by_phone=True)
            return True

    def call_number(self, number: str = "") -> Call:
        """Ring `number` (default: the account's first)."""
        return self.network.call_from(self, number or self.network.numbers[0])

    def send_text(self, body: str, *, to: str = "") -> Text:
        """Text `body` to `to` (default: the account's first number)."""
        return self.network.text_from(self, to or self.network.numbers[0], body)

    def _pick_up(self, call: Call) -> None:
        if call not in self.ringing:
            return
        if self.call is not None and self.call is not call:
            self.call.end("completed", by_phone=True)
        self.stop_ringing(call, "answered")
        self.call = call
        self.note(f"answered {call.shown_from}")
        call.answered()
        if self.habit.hang_up_after is not None:
            self.network.schedule.after(
                self.habit.hang_up_after,
                lambda: call.end("completed", by_phone=True) if self.call is call else None,
            )

    def _mailbox_answers(self, call: Call, mailbox: Mailbox | None = None) -> None:
        box = mailbox or self.habit.mailbox
        if box is None or call not in self.ringing:
            return
        self.stop_ringing(call, "voicemail")
        self.note("the voicemail answered")
        call.answered(machine=box)

    def _press(self, call: Call, key: str) -> None:
        if self.call is not call:
            return
        taken = call.key(key)
        self.note(f"pressed {key}" if taken else f"pressed {key}, and nothing was waiting for a key")
