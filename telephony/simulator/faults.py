"""Faults on request: what a provider, a network and a busy day do to an application.

A fault matches REST requests (``on="POST Calls"``) or callbacks (``on="callback:status"``; ``callback:*`` for
all), some or all of them, and does one thing to each. Tests add them to ``network.faults``; other processes
use ``POST /simulator/faults``.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telephony.simulator.webhooks import Webhook

REST_DEEDS = {
    "status": "answer with HTTP `status` and Twilio's error body; the request is not taken",
    "delay": "wait `seconds` of real time, then take the request and answer",
    "delay_after": "take the request, wait `seconds` of real time, then answer",
    "reset_before": "reset the connection; the request is not taken",
    "reset_after": "take the request, then reset the connection: the answer is lost",
    "answer_after_callbacks": "let the first callbacks arrive before the answer",
    "hold": "take the request, then hold the answer until the fault is released",
    "stale": "what was just created is invisible to reads for `seconds`",
}
CALLBACK_DEEDS = {
    "lose": "never arrives",
    "double": "arrives twice",
    "delay": "arrives `seconds` later, others overtake it",
    "reorder": "arrives after the next one of its lane",
    "bad_signature": "arrives with a wrong signature",
}


@dataclass
class Fault:
    """One fault. `nth` counts matching requests from 1; `times` bounds how often it strikes (0: no bound)."""

    on: str
    do: str
    to: str = ""
    nth: int = 0
    times: int = 0
    probability: float = 1.0
    seed: int = 1
    status: int = 503
    seconds: float = 0.0
    retry_after: int = 0
    seen: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)
    released: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    taken: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what would never strike."""
        deeds = CALLBACK_DEEDS if self.on.startswith("callback:") else REST_DEEDS
        if self.do not in deeds:
            raise ValueError(f"do={self.do!r} does not go with on={self.on!r}; one of {', '.join(deeds)}")
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, nothing secret

    def release(self) -> None:
        """Let held answers go."""
        self.released.set()

    def strikes(self, on: str, to: str) -> bool:
        """Whether it strikes this one; counts it."""
        if not fnmatchcase(on, self.on) or (self.to and self.to != to):
            return False
        self.seen += 1
        if self.nth and self.seen != self.nth:
            return False
        if self.times and self.struck >= self.times:
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.struck += 1
        return True

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """A fault from outside this process; unknown names raise ValueError."""
        allowed = {f.name for f in fields(cls) if f.init}
        if unknown := set(data) - allowed:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(allowed))}")
        if not {"on", "do"} <= set(data):
            raise ValueError("a fault needs `on` and `do`")
        try:
            return cls(**data)
        except TypeError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Sending:
    """One copy of a webhook to send; `answers` marks the copy whose answer counts."""

    webhook: Webhook
    lane: str
    delay_seconds: float = 0.0
    answers: bool = True


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        """None in force."""
        self._lock = threading.Lock()
        self._all: list[Fault] = []
        self._held_back: dict[str, list[Sending]] = {}

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force and return it."""
        with self._lock:
            self._all.append(fault)
        return fault

    def count(self) -> int:
        """How many are in force."""
        with self._lock:
            return len(self._all)

    def release(self) -> None:
        """Let everything go that a fault holds; the faults stay in force."""
        with self._lock:
            for fault in self._all:
                fault.release()

    def clear(self) -> None:
        """Lift all faults and release what they hold."""
        with self._lock:
            for fault in self._all:
                fault.release()
            self._all.clear()

    def on_request(self, method: str, resource: str, to: str) -> list[Fault]:
        """The faults that strike this REST request, in the order they were added."""
        with self._lock:
            return [f for f in self._all if f.strikes(f"{method} {resource}", to)]

    def on_callback(self, webhook: Webhook) -> list[Sending]:
        """What is really sent for `webhook`: nothing, once, twice, later, or after the next."""
        with self._lock:
            struck = [f for f in self._all if f.strikes(f"callback:{webhook.kind}", webhook.to)]
            deeds = {f.do: f for f in struck}
            waiting = self._held_back.pop(webhook.lane, [])
            if "bad_signature" in deeds:
                webhook = replace(webhook, bad_signature=True)
            out: list[Sending] = []
            if "lose" not in deeds:
                out = [Sending(webhook, webhook.lane)]
            if "double" in deeds and out:
                out.append(Sending(webhook, webhook.lane, answers=False))
            if "delay" in deeds:
                seconds = deeds["delay"].seconds
                out = [replace(s, lane=f"{s.lane}#late", delay_seconds=seconds) for s in out]
            if "reorder" in deeds and not waiting:
                # What it is held back behind has an answer of its own: this one's must not be taken for it.
                self._held_back[webhook.lane] = [replace(s, answers=False) for s in out]
                return []
            return out + waiting
