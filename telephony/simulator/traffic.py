"""Calls that go on by themselves: customers ring one of the account's numbers, somebody answers, they talk, hold, pay.

The generator knows telephones and nothing of the application: customers are numbers that call, agents are numbers
that answer and press a key, and a payment is a text that the agent sends and another one after it. It is told by the
controls (``POST /simulator/traffic``) what to do::

    {"callers": ["+14195550142", …], "agents": ["+15550100031", …], "number": "+15550001000",
     "pause": [20, 60], "talk": [60, 240], "caller_keys": "1", "agent_keys": "1",
     "hold": {"share": 0.3, "seconds": [10, 40]}, "pay": {"share": 0.2, "seconds": [15, 40], "words": ["PAY", "PAID"]},
     "lines": [["caller", "The plant stands still."], ["agent", "Let me look into it."]], "seed": 7}

Everything but ``callers`` and ``agents`` may be left out. The same seed on the same clock does the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telephony.simulator.parameters import is_number

if TYPE_CHECKING:
    from telephony.simulator.calls import Call
    from telephony.simulator.network import Network
    from telephony.simulator.phones import Phone
    from telephony.simulator.schedule import Event

Span = tuple[float, float]
LINES = (
    ("agent", "Good day, how may I help you?"),
    ("caller", "Our line stands still since the update, and nobody called back."),
    ("agent", "I am sorry to hear that. Let me look at your account."),
    ("caller", "This is the third time I explain it."),
    ("agent", "I see the two tickets. Did the restart change anything?"),
    ("caller", "For an hour, then the same fault came up again."),
    ("agent", "Then it is not the controller. One moment please."),
    ("caller", "The invoice is wrong as well, by the way."),
    ("agent", "I note it, and I send you the corrected one today."),
    ("caller", "That would be good. I would rather stay with you than look elsewhere."),
    ("agent", "Thank you for saying so. A colleague calls you within the hour."),
)
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0
LINE_SECONDS = 7.0
PATIENCE_SECONDS = 150.0
"""A caller who has met nobody after so long hangs up."""


class BadTraffic(ValueError):
    """The order makes no sense; the words say why."""


@dataclass(frozen=True)
class Order:
    """What the traffic shall be like; spans are seconds, shares 0 to 1."""

    callers: tuple[str, ...]
    agents: tuple[str, ...]
    number: str = ""
    pause: Span = (20.0, 60.0)
    talk: Span = (60.0, 240.0)
    caller_keys: str = "1"
    agent_keys: str = "1"
    hold_share: float = 0.3
    hold: Span = (10.0, 40.0)
    pay_share: float = 0.2
    pay: Span = (15.0, 40.0)
    pay_words: tuple[str, str] = ("PAY", "PAID")
    lines: tuple[tuple[str, str], ...] = LINES
    seed: int | None = None

    @classmethod
    def from_json(cls, data: Any) -> Order:
        """Read an order. Raises BadTraffic."""
        if not isinstance(data, dict):
            raise BadTraffic("traffic is a JSON object")
        known = {"callers", "agents", "number", "pause", "talk", "caller_keys", "agent_keys", "hold", "pay"}
        if unknown := set(data) - known - {"lines", "seed"}:
            raise BadTraffic(f"unknown: {', '.join(sorted(unknown))}")
        hold, pay = _part(data, "hold"), _part(data, "pay")
        words = pay.get("words", ["PAY", "PAID"])
        if not (isinstance(words, list) and len(words) == 2 and all(isinstance(w, str) for w in words)):
            raise BadTraffic("pay.words are two texts")
        lines = data.get("lines", [list(line) for line in LINES])
        if not isinstance(lines, list) or not all(_is_line(line) for line in lines):
            raise BadTraffic('lines are ["caller", "words"] or ["agent", "words"]')
        return cls(
            callers=_numbers(data, "callers"),
            agents=_numbers(data, "agents"),
            number=str(data.get("number", "")),
            pause=_span(data, "pause", cls.pause),
            talk=_span(data, "talk", cls.talk),
            caller_keys=str(data.get("caller_keys", "1")),
            agent_keys=str(data.get("agent_keys", "1")),
            hold_share=_share(hold, cls.hold_share),
            hold=_span(hold, "seconds", cls.hold),
            pay_share=_share(pay, cls.pay_share),
            pay=_span(pay, "seconds", cls.pay),
            pay_words=(words[0], words[1]),
            lines=tuple((line[0], line[1]) for line in lines),
            seed=data.get("seed") if isinstance(data.get("seed"), int) else None,
        )


@dataclass
class Traffic:
    """The traffic of one network. Everything here is done with the network's lock held, by its schedule."""

    network: Network
    order: Order | None = None
    _random: random.Random = field(default_factory=random.Random)
    _timers: list[Event] = field(default_factory=list)
    _before: dict[str, Any] = field(default_factory=dict)

    def start(self, order: Order) -> None:
        """Begin; what went on before stops."""
        with self.network.lock:
            self.stop()
            self.order = order
            self._random = random.Random(order.seed)  # noqa: S311 - when somebody calls is no secret
            for number in order.agents:
                self._take_over(number, answer_after=ANSWER_SECONDS, keys=order.agent_keys)
            for number in order.callers:
                self._take_over(number, answer_after=None, keys=order.caller_keys)
                self._later(self._random.uniform(0, order.pause[1]), lambda n=number: self._call(n))

    def stop(self) -> None:
        """Nobody calls any more; talks under way go on until somebody hangs up."""
        with self.network.lock:
            self.order = None
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()
            for number, habit in self._before.items():
                self.network.phone(number).set_habit(habit)
            self._before.clear()

    def state(self) -> dict[str, Any]:
        """Whether it runs, and who talks."""
        with self.network.lock:
            order = self.order
            busy = [n for n in order.callers if self.network.phone(n).call is not None] if order else []
            return {"running": order is not None, "calls": len(busy), "callers": busy}

    def _take_over(self, number: str, *, answer_after: float | None, keys: str) -> None:
        phone = self.network.phone(number)
        self._before[number] = phone.habit
        if answer_after is None:
            phone.set_habit(type(phone.habit)(press=keys))
        else:
            phone.always(answer_after=answer_after, press=keys)

    def _later(self, seconds: float, act: Any) -> None:
        self._timers = [
            timer for timer in self._timers if not timer.cancelled and timer.due >= self.network.clock()
        ]
        self._timers.append(self.network.schedule.after(seconds, act))

    def _call(self, number: str) -> None:
        order = self.order
        if order is None:
            return
        phone = self.network.phone(number)
        if phone.call is not None or phone.ringing:
            self._again(number)
            return
        call = phone.call_number(order.number)
        self._later(LOOK_SECONDS, lambda: self._meets(phone, call, PATIENCE_SECONDS))

    def _again(self, number: str) -> None:
        if self.order is not None:
            self._later(self._random.uniform(*self.order.pause), lambda: self._call(number))

    def _meets(self, phone: Phone, call: Call, patience: float) -> None:
        """Waits until somebody is at the other end."""
        order = self.order
        if order is None:
            return
        if call.ended_at is not None:
            self._again(phone.number)
        elif (other := self._other(call)) is not None:
            self._talk(phone, call, other)
        elif patience <= 0:
            call.end("completed", by_phone=True)
            self._again(phone.number)
        else:
            self._later(LOOK_SECONDS, lambda: self._meets(phone, call, patience - LOOK_SECONDS))

    def _other(self, call: Call) -> Phone | None:
        """The agent at the other end, where the two hear each other."""
        agents = self.order.agents if self.order is not None else ()
        return next((other.phone for other in call.audience() if other.phone.number in agents), None)

    def _talk(self, phone: Phone, call: Call, agent: Phone) -> None:
        order = self.order
        if order is None:
            return
        ends = self._random.uniform(*order.talk)
        at, turn = 1.0, 0
        while at < ends and order.lines:
            who, words = order.lines[turn % len(order.lines)]
            speaker = phone if who == "caller" else agent
            self._later(at, lambda s=speaker, w=words: self._say(call, s, w))
            at, turn = at + LINE_SECONDS, turn + 1
        if self._random.random() < order.hold_share:
            begins = self._random.uniform(0.1, 0.4) * ends
            lasts = min(self._random.uniform(*order.hold), ends / 4)
            self._later(begins, lambda: self._hold(call, on=True))
            self._later(begins + lasts, lambda: self._hold(call, on=False))
        if self._random.random() < order.pay_share:
            begins = self._random.uniform(0.5, 0.7) * ends
            lasts = min(self._random.uniform(*order.pay), ends / 4)
            before, after = order.pay_words
            self._later(begins, lambda: self._text(call, agent, before))
            self._later(begins + lasts, lambda: self._text(call, agent, after))
        self._later(ends, lambda: self._hang_up(phone, call))

    def _say(self, call: Call, speaker: Phone, words: str) -> None:
        if call.ended_at is None and speaker.call is not None and self._other(call) is not None:
            speaker.speak(words)

    def _hold(self, call: Call, *, on: bool) -> None:
        """As the agent's desk would: the customer hears music."""
        if call.ended_at is None and call.seat is not None:
            call.seat.set_hold(on, None, "POST")

    def _text(self, call: Call, agent: Phone, words: str) -> None:
        if call.ended_at is None:
            agent.send_text(words)

    def _hang_up(self, phone: Phone, call: Call) -> None:
        if call.ended_at is None:
            call.end("completed", by_phone=True)
        self._again(phone.number)


def _numbers(data: dict[str, Any], name: str) -> tuple[str, ...]:
    numbers = data.get(name)
    if not isinstance(numbers, list) or not numbers or not all(is_number(str(n)) for n in numbers):
        raise BadTraffic(f"`{name}` is a list of phone numbers in E.164")
    return tuple(str(number) for number in numbers)


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name, {})
    if not isinstance(part, dict):
        raise BadTraffic(f"`{name}` is a JSON object")
    return part


def _span(data: dict[str, Any], name: str, default: Span) -> Span:
    span = data.get(name, list(default))
    fits = isinstance(span, list) and len(span) == 2 and all(isinstance(n, int | float) for n in span)
    if not fits or not 0 <= span[0] <= span[1] <= 86_400:
        raise BadTraffic(f"`{name}` is [least, most] seconds")
    return float(span[0]), float(span[1])


def _share(data: dict[str, Any], default: float) -> float:
    share = data.get("share", default)
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise BadTraffic("a share is 0 to 1")
    return float(share)


def _is_line(line: Any) -> bool:
    return (
        isinstance(line, list)
        and len(line) == 2
        and line[0] in {"caller", "agent"}
        and isinstance(line[1], str)
        and bool(line[1].strip())
    )
