"""Two simulated hours of sixty executives in forty calls at once: the ledger against what really was, to the second.

The telephone network runs in this process on a clock of its own; its conferences' events reach the product as signed
webhooks, 1 % of them lost, 5 % doubled and 5 % overtaken. Afterwards each session is debriefed and credited, and the
ledger is held against the network's own truth: equal where nothing was lost, never more, and where something was lost
the reckoning names the event.
"""

import heapq
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benches.figures import say, say_quantiles
from benches.installation import COMPANY_NUMBER, Installation
from telephony.simulator import Fault, Network
from telephony.simulator.calls import Call, Plan
from telephony.simulator.schedule import VirtualClock
from telephony.simulator.truth import Together

LISTENERS, CALLS, HOURS = 60, 40, 2
LOST, DOUBLED, OVERTAKEN = 0.01, 0.05, 0.05


def measure(
    *, database_url: str = "", listeners: int = LISTENERS, calls: int = CALLS, hours: float = HOURS
) -> None:
    """Print the figures; raises where a second was invented, or one is short and nothing says so."""
    # Ahead of the product's clock, for which the past would be stale.
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    plan = _plan(random.Random(7), listeners, calls, int(hours * 3600))  # noqa: S311 - repeatable
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(Path(folder), programmes=1, accounts=1, database_url=database_url)
        with product:
            kept = Path(folder) / "plan.json"
            kept.write_text(json.dumps(plan | {"start": start.isoformat()}))
            product.run("-m", "benches.listening_rows", "make", str(kept))
            hours_of = _Hours(product, plan, start)
            began = time.monotonic()
            really = hours_of.live()
            took = time.monotonic() - began
            told = json.loads(product.run("-m", "benches.listening_rows", "credit", str(kept)))
            memory = product.memory_mib()
    _say(hours_of, really, told, took, memory)


# --- What will happen ------------------------------------------------------------------------------------------


def _plan(chance: random.Random, listeners: int, calls: int, seconds: int) -> dict[str, Any]:
    """Calls on so many lines, one after the other, and visits of so many executives, whole seconds from the start."""
    planned: list[dict[str, Any]] = []
    for line in range(calls):
        at = chance.randint(0, 30)
        while at < seconds - 60:
            end = min(at + chance.randint(60, 240), seconds)
            planned.append(
                {
                    "name": f"hours-{len(planned)}",
                    "line": line,
                    "at": at,
                    "end": end,
                    "holds": _holds(chance, at, end),
                }
            )
            at = end + chance.randint(5, 20)
    visits: list[dict[str, Any]] = []
    for listener in range(listeners):
        at = chance.randint(5, 60)
        while at < seconds - 40:
            running = [n for n, call in enumerate(planned) if call["at"] + 3 <= at <= call["end"] - 20]
            if not running:
                at += 5
                continue
            call = chance.choice(running)
            left = min(planned[call]["end"], at + chance.randint(20, 300))
            visits.append(
                {"label": f"l-{len(visits)}", "listener": listener, "call": call, "at": at, "end": left}
            )
            at = left + chance.randint(4, 12)
    return {"calls": planned, "visits": visits, "lines": calls, "listeners": listeners}


def _holds(chance: random.Random, at: int, end: int) -> list[tuple[str, int, int]]:
    """The customer's or the agent's time on hold, in about half of the calls."""
    if chance.random() < 0.5 or end - at < 40:
        return []
    begin = chance.randint(at + 10, end - 20)
    return [(chance.choice(("customer", "agent")), begin, begin + chance.randint(3, 15))]


def listener_number(index: int) -> str:
    """The phone of an executive."""
    return f"+155520{30000 + index}"


# --- What happens ----------------------------------------------------------------------------------------------


@dataclass
class _Hours:
    """The network, and an agenda of what people do in it."""

    product: Installation
    plan: dict[str, Any]
    start: datetime
    agenda: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    legs: dict[str, Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._order = itertools.count()
        self.clock = VirtualClock(self.start)
        self.network = Network(
            account_sid=self.product.environment["TWILIO_ACCOUNT_SID"],
            auth_token=self.product.environment["TWILIO_AUTH_TOKEN"],
            numbers=[COMPANY_NUMBER],
            clock=self.clock,
            automatic=False,
        )
        for deed, share, seed in (("lose", LOST, 4), ("double", DOUBLED, 2), ("reorder", OVERTAKEN, 3)):
            self.network.faults.add(Fault(on="callback:conference", do=deed, probability=share, seed=seed))
        for call in self.plan["calls"]:
            self._agree(call)
        for visit in self.plan["visits"]:
            name = self.plan["calls"][visit["call"]]["name"]
            number = listener_number(visit["listener"])
            self._at(visit["at"], partial(self._join, visit["label"], name, number, visit["label"]))
            self._at(visit["end"], partial(self._leave, visit["label"]))

    def live(self) -> dict[str, int]:
        """Everything, as fast as the product takes it. Returns the seconds that each executive really listened."""
        truth = Together(self.network, {listener_number(n) for n in range(self.plan["listeners"])})
        while self.agenda:
            second, _, act = heapq.heappop(self.agenda)
            self.clock.now = max(self.clock.now, self.start + timedelta(seconds=second))
            act()
            if not self.agenda or self.agenda[0][0] > second:
                self._settle()
        self.network.faults.clear()
        self._settle()
        truth.stop()
        return truth.seconds(listener_number(n) for n in range(self.plan["listeners"]))

    def _settle(self) -> None:
        while self.network.run_due():
            pass

    def _at(self, second: int, act: Callable[[], object]) -> None:
        heapq.heappush(self.agenda, (second, next(self._order), act))

    def _agree(self, call: dict[str, Any]) -> None:
        name, line = call["name"], call["line"]
        agent, customer = f"+155520{50000 + line}", f"+141955{50000 + line}"
        self._at(call["at"], partial(self._join, f"{name} agent", name, agent, "agent"))
        self._at(call["at"] + 1, partial(self._join, f"{name} customer", name, customer, "customer"))
        for who, begin, until in call["holds"]:
            self._at(begin, partial(self._hold, f"{name} {who}", on=True))
            self._at(until, partial(self._hold, f"{name} {who}", on=False))
        self._at(call["end"], partial(self._leave, f"{name} customer"))
        self._at(call["end"], partial(self._leave, f"{name} agent"))

    def _join(self, key: str, name: str, number: str, label: str) -> None:
        listener = label.startswith("l-")
        how = 'muted="true" startConferenceOnEnter="false"' if listener else ""
        how += ' endConferenceOnExit="true"' if label == "customer" else ""
        twiml = (
            f'<Response><Dial><Conference beep="false" waitUrl="" participantLabel="{label}" {how} '
            f'statusCallback="{self.product.url}/webhooks/twilio/listening/conferences/" '
            f'statusCallbackEvent="start end join leave mute hold modify announcement">{name}</Conference>'
            "</Dial></Response>"
        )
        self.network.phone(number).always(answer_after=0)
        call = self.network.place(to=number, from_=COMPANY_NUMBER, plan=Plan(twiml=twiml))
        self.legs[key] = call
        self.network.begin(call)

    def _hold(self, key: str, *, on: bool) -> None:
        seat = self.legs[key].seat
        if seat is not None:
            with self.network.lock:
                seat.set_hold(on, None, "POST")

    def _leave(self, key: str) -> None:
        call = self.legs.pop(key)
        with self.network.lock:
            if call.ended_at is None:
                call.end("completed", by_phone=True)


# --- What came of it -------------------------------------------------------------------------------------------


def _say(hours: _Hours, really: dict[str, int], told: dict[str, Any], took: float, memory: float) -> None:
    events = [one for one in hours.network.logged() if one.kind == "conference"]
    visits = len(hours.plan["visits"])
    say("hours events", told["events"] / took, "1/s", told["events"], seconds=round(took), visits=visits)
    say_quantiles("hours event", [one.seconds * 1000 for one in events], "ms")
    refused = sum(one.status >= 400 or not one.status for one in events)
    say("hours events refused", refused, "count", len(events))
    sessions = told["sessions"]
    whole = {number for number, one in sessions.items() if not one["missing"]}
    equal = sum(really[number] == one["seconds"] for number, one in sessions.items())
    say("hours ledgers equal where nothing was lost", sum(really[n] == sessions[n]["seconds"] for n in whole),
        "ledgers", len(whole))  # fmt: skip
    say("hours ledgers equal", equal, "ledgers", len(sessions), visits_with_losses=told["visits_with_losses"])
    say("hours visits equal where nothing was lost", told["visits_whole"], "visits", told["visits"])
    short = sum(really[number] - one["seconds"] for number, one in sessions.items())
    say("hours seconds", sum(really.values()), "s", len(really), short=short, doubted=told["doubted"])
    say("hours memory", memory, "MiB", 1)
    for number, one in sessions.items():
        if one["seconds"] > really[number]:
            raise RuntimeError(f"{one['seconds']} s credited of {really[number]}: seconds were invented")
        if one["seconds"] < really[number] and not one["doubts"]:
            raise RuntimeError(f"{one['seconds']} s credited of {really[number]}, and nothing says why")
