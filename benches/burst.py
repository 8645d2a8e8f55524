"""A thousand escalations as fast as the API takes them: none lost, none rung twice, how fast they drain.

Once without a limit of calls per second, and once at one a second (graver first, nobody starved), where only the
first minute is watched and the order and the waits are checked.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benches.figures import say, say_quantiles
from benches.installation import Installation, officer_number
from benches.ring import is_new_call

ESCALATIONS = 1000
CLIENTS = 8
PACED_ESCALATIONS = 200
PACED_SECONDS = 60
SEVERITIES = ("normal", "high", "critical")


def measure(*, database_url: str = "", history: int = 0) -> None:
    """Print both bursts."""
    _unbounded(database_url, history)
    _paced(database_url)


def _raise_all(product: Installation, count: int, **fields: Any) -> dict[int, tuple[int, str]]:
    """Raise so many cases from several clients at once; returns when each was sent (ns) and its severity."""
    sent: dict[int, tuple[int, str]] = {}
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
            sent[account] = (before, severity)

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
        product = Installation(
            Path(folder),
            programmes=ESCALATIONS,
            accounts=ESCALATIONS,
            ring_seconds=300,
            database_url=database_url,
            history=history,
        )
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
        (arrived[officer_number(2 * account)] - before) / 1e6
        for account, (before, _) in sent.items()
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


def _paced(database_url: str) -> None:
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(
            Path(folder),
            programmes=PACED_ESCALATIONS,
            accounts=PACED_ESCALATIONS,
            ring_seconds=300,
            calls_per_second=1.0,
            database_url=database_url,
        )
        with product:
            sent = _raise_all(product, PACED_ESCALATIONS)
            raised = time.monotonic_ns()
            calls = _calls(product, PACED_ESCALATIONS, PACED_SECONDS)
    severity = {officer_number(2 * account): grave for account, (_, grave) in sent.items()}
    later = [one for one in calls if one["ns"] > raised]
    graver = sum(severity[one["form"]["To"]] == "critical" for one in later)
    gaps = [(b["ns"] - a["ns"]) / 1e9 for a, b in itertools.pairwise(calls)]
    say("paced calls", len(calls), "calls", PACED_ESCALATIONS, seconds=PACED_SECONDS)
    say_quantiles("paced gap", gaps, "s")
    say("paced gravest first", graver / max(len(later), 1), "share", len(later))


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
