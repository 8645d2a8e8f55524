"""The telephone network: one Twilio account, its numbers, and every phone in the world.

Used in two ways: inside tests with a clock of their own (``automatic=False``), and as a process of its own
(``python -m telephony.simulator``) with the real clock.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers

from telephony.simulator import dialling, gather  # noqa: F401 - they register their verbs
from telephony.simulator.calls import ENDED, Call, Plan, new_sid
from telephony.simulator.conferences import Conference
from telephony.simulator.faults import Faults
from telephony.simulator.messages import Message, receive
from telephony.simulator.phones import Habit, Phone, Text
from telephony.simulator.recordings import Recording
from telephony.simulator.schedule import Schedule, real_clock
from telephony.simulator.story import NetworkStory
from telephony.simulator.traffic import Traffic
from telephony.simulator.webhooks import Courier

log = logging.getLogger("telephony.simulator")

LOG_LENGTH = 200_000
"""Requests remembered; a benchmark reads them, the oldest go first."""


@dataclass(frozen=True)
class Problem:
    """What Twilio's debugger would show: bad TwiML, an application that does not answer."""

    at: datetime
    code: int
    text: str
    level: str
    url: str
    call_sid: str


@dataclass(frozen=True)
class LogEntry:
    """One request: `in` came over REST, `out` is a webhook. `ns`: time.monotonic_ns() at arrival (in) or at
    its end (out)."""

    number: int
    direction: str
    kind: str
    method: str
    url: str
    form: Mapping[str, str]
    status: int
    at: datetime
    ns: int
    seconds: float
    sid: str = ""


class Network(NetworkStory):
    """An account's view of the world, and the world."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        numbers: Sequence[str],
        voice_url: str = "",
        sms_url: str = "",
        voice_fallback_url: str = "",
        status_url: str = "",
        clock: Callable[[], datetime] = real_clock,
        automatic: bool = False,
        calls_per_second: float = 0.0,
        extra_ring_seconds: float = 0.0,
        messaging_service_sid: str = "",
    ) -> None:
        """`numbers` (E.164) belong to the account; calls and texts to them go to `voice_url` and `sms_url`.
        `calls_per_second` 0 means no limit; `extra_ring_seconds` is what Twilio may add to a Timeout (up to
        5)."""
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.numbers = list(numbers)
        self.voice_url = voice_url
        self.voice_fallback_url = voice_fallback_url
        self.sms_url = sms_url
        self.status_url = status_url
        self.calls_per_second = calls_per_second
        self.extra_ring_seconds = extra_ring_seconds
        self.messaging_service_sid = messaging_service_sid
        self.schedule = Schedule(clock=clock, automatic=automatic)
        self.lock = self.schedule.lock
        self.faults = Faults()
        self.courier = Courier(self)
        self.phones: dict[str, Phone] = {}
        self.calls: dict[str, Call] = {}
        self.problems: list[Problem] = []
        self.requests: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self.messages: dict[str, Message] = {}
        self.conferences: dict[str, Conference] = {}
        self._rooms: dict[str, Conference] = {}
        self.recordings: dict[str, Recording] = {}
        self.stopped: set[tuple[str, str]] = set()
        """(phone, account's number) of those who texted STOP."""
        self.base_url = ""
        self.hidden: dict[str, datetime] = {}
        self.version = 0
        self._request_numbers = itertools.count(1)
        self._next_dial_at: datetime | None = None
        self.born_at = clock()
        self._log_lock = threading.Lock()
        self.observers: list[Callable[[], None]] = []
        """Called, with the lock held, at every change of who is where and who hears whom."""
        self.watched = threading.Condition()
        """Notified when a phone changes: the wall waits on it."""
        self.traffic = Traffic(self)
        NetworkStory.__init__(self)

    # -- time ----------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """The time now (aware)."""
        return self.schedule.clock()

    def clock_source(self) -> object:
        """The callable that tells the time: a VirtualClock can be moved."""
        return self.schedule.clock

    @property
    def automatic(self) -> bool:
        """Whether things happen by themselves."""
        return self.schedule.automatic

    def next_due(self) -> datetime | None:
        """When the earliest thing wants to happen."""
        return self.schedule.next_due()

    def run_due(self) -> int:
        """Do everything due now, in order, on this thread; webhooks are real HTTP. Return how many."""
        return self.schedule.run_due()

    # -- phones --------------------------------------------------------------------------------------------

    def phone(self, number: str, *, name: str = "", role: str = "") -> Phone:
        """The phone with `number` (E.164); it exists from the first time it is asked for."""
        with self.lock:
            phone = self.phones.get(number)
            if phone is None:
                phone = self.phones[number] = Phone(self, number, habit=Habit())
            phone.name = name or phone.name
            phone.role = role or phone.role
            self.touch(phone)
            return phone

    def touch(self, phone: Phone) -> None:
        """Something changed on `phone`: whoever watches looks again."""
        with self.lock:
            self.version += 1
            phone.version = self.version
            self.changed()
        with self.watched:
            self.watched.notify_all()

    def changed(self) -> None:
        """Something changed: whoever observes the network looks at it as it is at this very instant."""
        for look in self.observers:
            look()

    def who_hears(self, number: str) -> set[str]:
        """The numbers whose phones hear what is said into the phone `number` now."""
        with self.lock:
            call = self.phone(number).call
            return set() if call is None else {other.phone.number for other in call.audience()}

    def country(self, number: str) -> str:
        """The ISO country of a number, or ""."""
        try:
            return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
        except phonenumbers.NumberParseException:
            return ""

    # -- calls ---------------------------------------------------------------------------------------------

    def place(
        self,
        *,
        to: str,
        from_: str,
        plan: Plan,
        direction: str = "outbound-api",
        parent: Call | None = None,
        caller_id: str = "",
    ) -> Call:
        """Make a call that waits for :meth:`begin`; it can be seen over REST at once."""
        with self.lock:
            call = Call(self, self.phone(to), direction, from_, to, plan, parent, caller_id)
            self.calls[call.sid] = call
            return call

    def begin(self, call: Call) -> None:
        """Dial `call` when the account's calls per second allow it; a <Dial> is exempt."""
        with self.lock:
            wait = 0.0
            if self.calls_per_second > 0 and call.direction == "outbound-api":
                now = self.clock()
                slot = max(now, self._next_dial_at or now)
                self._next_dial_at = slot + timedelta(seconds=1 / self.calls_per_second)
                wait = (slot - now).total_seconds()
            self.schedule.after(wait, call.dial)

    def call_from(self, phone: Phone, number: str) -> Call:
        """`phone` rings one of the account's numbers: the application answers with TwiML."""
        with self.lock:
            if number not in self.numbers:
                raise ValueError(f"{number} is not one of the account's numbers: {', '.join(self.numbers)}")
            if phone.call is not None:
                raise ValueError(f"{phone.number} is in a call")
            plan = Plan(url=self.voice_url, fallback_url=self.voice_fallback_url, status_url=self.status_url)
            call = Call(self, phone, "inbound", phone.number, number, plan)
            call.status = "ringing"
            self.calls[call.sid] = call
            phone.call = call
            phone.note(f"called {number}")
            self.schedule.after(0, call.begin)
            return call

    def hide(self, sid: str, *, seconds: float) -> None:
        """Let REST reads not see `sid` for `seconds`: they are eventually consistent."""
        self.hidden[sid] = self.clock() + timedelta(seconds=seconds)

    # -- texts ---------------------------------------------------------------------------------------------

    def text_from(self, phone: Phone, number: str, body: str) -> Text:
        """`phone` texts one of the account's numbers."""
        with self.lock:
            if number not in self.numbers:
                raise ValueError(f"{number} is not one of the account's numbers: {', '.join(self.numbers)}")
            return receive(self, phone, number, body)

    def after_pause(self, act: Callable[[], None]) -> None:
        """Do `act` as soon as things happen again (at the next run_due, or at once)."""
        self.schedule.after(0, act)

    # -- conferences ---------------------------------------------------------------------------------------

    def conference(self, name: str) -> Conference:
        """The live conference called `name`; a new one when there is none."""
        with self.lock:
            live = self._rooms.get(name)
            if live is not None and live.status != "completed":
                return live
            made = Conference(self, name, new_sid("CF"))
            self.conferences[made.sid] = self._rooms[name] = made
            return made

    # -- what is on record ---------------------------------------------------------------------------------

    def note_problem(
        self, code: int, text: str, *, url: str = "", call_sid: str = "", level: str = "warning"
    ) -> None:
        """Write what Twilio's debugger would show."""
        with self.lock:
            self.problems.append(Problem(self.clock(), code, text, level, url, call_sid))
        log.log(logging.ERROR if level == "error" else logging.WARNING, "%s %s (%s)", code, text, url)

    def log_request(
        self,
        *,
        direction: str,
        kind: str,
        method: str,
        url: str,
        form: Mapping[str, str],
        status: int,
        seconds: float,
        ns: int | None = None,
        at: datetime | None = None,
        sid: str = "",
    ) -> None:
        """Write one request into the log."""
        with self._log_lock:
            self.requests.append(
                LogEntry(
                    next(self._request_numbers),
                    direction,
                    kind,
                    method,
                    url,
                    dict(form),
                    status,
                    at or self.clock(),
                    ns if ns is not None else time.monotonic_ns(),
                    seconds,
                    sid,
                )
            )

    def logged(self, *, since: int = 0, most: int = LOG_LENGTH) -> list[LogEntry]:
        """The log's entries after number `since`, oldest first, at most `most` of them."""
        with self._log_lock:
            if not self.requests or self.requests[-1].number <= since:
                return []
            skip = max(0, since - self.requests[0].number + 1)
            return list(itertools.islice(self.requests, skip, skip + most))

    def live_calls(self) -> list[Call]:
        """Calls that have not ended, oldest first."""
        with self.lock:
            return [call for call in self.calls.values() if call.status not in ENDED]

    def start(self) -> None:
        """Start automatic mode's threads, if that is the mode."""
        self.schedule.start()

    def stop(self) -> None:
        """Stop them, and let go of the application: a kept-alive connection keeps a thread of it busy."""
        self.faults.clear()
        self.schedule.stop()
        self.courier.close()
