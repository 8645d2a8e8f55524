"""A thousand escalations as fast as the API takes them: none lost, none rung twice, how fast they drain.

Once without a limit of calls per second; once more with a pager that stood still meanwhile, so that all of them stand
in the line when it goes on; and once at one a second, until the last one is called, which takes a thousand seconds
(`--paced-seconds` ends it sooner): whether graver ones went first, who was left over, and how far the waits that the
product showed were from those that came. Every hundred seconds it tells how far it is.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benches.figures import say, say_quantiles
from benches.installation import Installation, officer_number
from benches.ring import is_new_call

ESCALATIONS = 1000
CLIENTS = 8
PACED_SECONDS = 1100.0
TELL_EVERY = 100.0
SEVERITIES = ("normal", "high", "critical")


class Sent(NamedTuple):
    """A case as its client raised it: from the request to the answer, in nanoseconds of the monotonic clock."""

    severity: str
    began: int
    answered: int


def measure(*, database_url: str = "", history: int = 0, paced_seconds: float = PACED_SECONDS) -> None:
    """Print all three bursts."""
    _unbounded(database_url, history)
    _standing_line(database_url)
    _paced(database_url, paced_seconds)


def _installation(folder: str, **more: Any) -> Installation:
    """With a programme and an account for each case: none waits for another's phone."""
    return Installation(Path(folder), programmes=ESCALATIONS, accounts=ESCALATIONS, **more)


def _raise_all(product: Installation, count: int, **fields: Any) -> dict[int, Sent]:
    """Raise so many cases from several clients at once; returns how each was sent, by account."""
    sent: dict[int, Sent] = {}
    turns: Iterator[int] = iter(range(count))
    lock = threading.Lock()

    def client() -> None:
        while True:
            with lock:
                account = next(turns, None)
            if account is None:
                return
            severity = SEVERITIES[account % 3]
            before = time.monotonic_ns()
            product.escalate(account, severity=severity, **fields)
            sent[account] = Sent(severity, before, time.monotonic_ns())

    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(client) for _ in range(CLIENTS)]:
            future.result()
    return sent


def _calls(product: Installation, enough: int, seconds: float) -> list[dict[str, Any]]:
    """New calls as Twilio saw them, until there are enough or the time is up."""
    until = time.monotonic() + seconds
    seen: list[dict[str, Any]] = []
    while len(seen) < enough and time.monotonic() < until:
        seen += [one for one in product.new_requests() if is_new_call(one)]
        time.sleep(0.05)
    return seen


def _unbounded(database_url: str, history: int) -> None:
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = _installation(folder, ring_seconds=300, database_url=database_url, history=history)
        with product:
            peak = _Peak(product)
            began = time.monotonic_ns()
            sent = _raise_all(product, ESCALATIONS)
            raised = time.monotonic_ns()
            calls = _calls(product, ESCALATIONS, 120)
            peak.stop()
    by_number = Counter(one["form"]["To"] for one in calls)
    arrived = {one["form"]["To"]: one["ns"] for one in calls}
    details = {"database": "PostgreSQL" if database_url else "SQLite", "clients": CLIENTS}
    waits = [
        (arrived[officer_number(2 * account)] - one.began) / 1e6
        for account, one in sent.items()
        if officer_number(2 * account) in arrived
    ]
    say_quantiles("burst to the call", waits, "ms", **details)
    say("burst raised", ESCALATIONS / ((raised - began) / 1e9), "a second", ESCALATIONS, **details)
    last = max(arrived.values(), default=began)
    say("burst drained", len(arrived) / ((last - began) / 1e9), "a second", len(arrived), **details)
    say("burst lost", ESCALATIONS - len(arrived), "cases", ESCALATIONS, **details)
    twice = sum(count - 1 for count in by_number.values())
    say("burst rung twice", twice, "calls", ESCALATIONS, **details)
    say("burst peak memory", peak.mib, "MiB", ESCALATIONS, **details)


def _standing_line(database_url: str) -> None:
    """How fast a line of a thousand drains: while cases are raised, raising them is most of the machine's work."""
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = _installation(folder, ring_seconds=300, database_url=database_url)
        with product:
            pagers = product.processes("run_pager")
            for pager in pagers:
                pager.suspend()
            began = time.monotonic_ns()
            _raise_all(product, ESCALATIONS)
            raised = time.monotonic_ns()
            for pager in pagers:
                pager.resume()
            calls = _calls(product, ESCALATIONS, 120)
    details = {"database": "PostgreSQL" if database_url else "SQLite", "clients": CLIENTS}
    say("line raised", ESCALATIONS / ((raised - began) / 1e9), "a second", ESCALATIONS, **details)
    called = {one["form"]["To"] for one in calls}
    last = max((one["ns"] for one in calls), default=raised)
    say("line drained", len(called) / ((last - raised) / 1e9), "a second", len(called), **details)
    say("line lost", ESCALATIONS - len(called), "cases", ESCALATIONS, **details)
    say("line rung twice", len(calls) - len(called), "calls", ESCALATIONS, **details)


def _paced(database_url: str, seconds: float) -> None:
    details = {"database": "PostgreSQL" if database_url else "SQLite"}
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = _installation(folder, ring_seconds=600, calls_per_second=1.0, database_url=database_url)
        with product:
            sent = _raise_all(product, ESCALATIONS)
            raised = time.monotonic_ns()
            shown = _shown_waits(product)
            began, calls = time.monotonic(), list[dict[str, Any]]()
            while len(calls) < ESCALATIONS and time.monotonic() - began < seconds:
                left = seconds - (time.monotonic() - began)
                calls += _calls(product, ESCALATIONS - len(calls), min(TELL_EVERY, left))
                spent = round(time.monotonic() - began, 1)
                say("paced calls", len(calls), "calls", ESCALATIONS, seconds=spent, **details)
    at = {one["form"]["To"]: one["ns"] for one in calls}
    gaps = [(b["ns"] - a["ns"]) / 1e9 for a, b in itertools.pairwise(calls)]
    say_quantiles("paced gap", gaps, "s", **details)
    say("paced out of order", _out_of_order(calls, sent, raised), "calls", len(calls), **details)
    say("paced left over", ESCALATIONS - len(at), "cases", ESCALATIONS, **details)
    say("paced rung twice", len(calls) - len(at), "calls", len(calls), **details)
    wrong = [abs(at[number] - expected) / 1e9 for number, expected in shown.items() if number in at]
    if wrong:
        say_quantiles("paced wait shown less wait had", wrong, "s", **details)


def _out_of_order(calls: list[dict[str, Any]], sent: dict[int, Sent], raised: int) -> int:
    """How many calls, once all cases stood in the line, went out right after that of a less grave or a younger case.

    One is younger whose request began after the other was answered: two that were raised at once may stand either way.
    """
    cases = {officer_number(2 * account): one for account, one in sent.items()}
    # The head start for gravity is minutes, and all were raised within seconds: the graver one always goes first.
    line = [cases[one["form"]["To"]] for one in calls if one["ns"] > raised]
    return sum(
        SEVERITIES.index(after.severity) > SEVERITIES.index(before.severity)
        or (after.severity == before.severity and after.answered < before.began)
        for before, after in itertools.pairwise(line)
    )


def _shown_waits(product: Installation) -> dict[str, int]:
    """When the product says that it calls each number that waits, in nanoseconds of the monotonic clock."""
    apart = time.monotonic_ns() - time.time_ns()
    said = product.run("-m", "benches.shown_waits").split()
    return {number: int(float(at) * 1e9) + apart for number, at in (one.split("=") for one in said)}


class _Peak:
    """The most memory that all processes but the simulator took together, in MiB."""

    def __init__(self, product: Installation) -> None:
        self.mib = 0.0
        self._product = product
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.wait(0.5):
            self.mib = max(self.mib, self._product.memory_mib())

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
