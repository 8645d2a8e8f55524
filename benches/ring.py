"""From an escalation's arrival at the API to Twilio's `Calls` request arriving, one at a time.

The clock starts when the last byte of the request is handed to the system, and stops when the simulator has read the
first line of the `Calls` request. While a case is on its way nobody else asks anything of the machine.
"""

import json
import sqlite3
import time
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import requests

from benches.figures import quantile, say, say_quantiles
from benches.installation import Installation, officer_number

ESCALATIONS = 300
# After the answer, before Twilio's log is looked at: looking costs the machine something.
LET_IT_RING_SECONDS = 0.05


def measure(*, database_url: str = "", history: int = 0, escalations: int = ESCALATIONS) -> None:
    """Print the time to the ring, and the floor measured in the same run."""
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(Path(folder), accounts=escalations, database_url=database_url, history=history)
        with product:
            floor = _floor(product)
            desk = _Desk(product)
            waits = [_one(product, desk, account) for account in range(escalations)]
    details = {"database": "PostgreSQL" if database_url else "SQLite", "old_escalations": history}
    say_quantiles("ring", waits, "ms", **details)
    say("ring first", waits[0], "ms", 1, **details)
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        say(f"floor {label}", quantile(floor, share), "ms", len(floor), **details)
    ratio = quantile(waits, 0.5) / quantile(floor, 0.5)
    say("ring p50 over floor p50", ratio, "times", escalations, **details)


class _Desk:
    """Raises cases over one connection, with nothing to do between the clock's start and the request's departure."""

    def __init__(self, product: Installation) -> None:
        self._product = product
        self._connection = HTTPConnection("127.0.0.1", product.port, timeout=60)
        self._headers = {
            "Authorization": str(product.session.headers["Authorization"]),
            "Content-Type": "application/json",
        }

    def escalate(self, account: int) -> tuple[int, int]:
        """When the request left (ns), and the case's id."""
        body = json.dumps(self._product.escalation(account)).encode()
        if self._connection.sock is None:
            self._connection.connect()
        before = time.monotonic_ns()
        self._connection.request("POST", "/api/v1/escalations/", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status} {said[:500]!r}")
        return before, int(json.loads(said)["id"])


def _one(product: Installation, desk: _Desk, account: int) -> float:
    """Raise one case, find its call in Twilio's log, cancel the case. Milliseconds."""
    product.new_requests()
    number = officer_number(2 * (account % product.programmes))
    before, case = desk.escalate(account)
    time.sleep(LET_IT_RING_SECONDS)
    arrived = _call_to(product, number, before)
    product.api("POST", f"escalations/{case}/cancel/", {"reason": "measured"})
    product.wait_until(lambda: _is_quiet(product, number), f"{number} is quiet")
    return (arrived - before) / 1e6


def _call_to(product: Installation, number: str, before: int) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for one in product.new_requests():
            if is_new_call(one) and one["form"].get("To") == number and one["ns"] > before:
                return int(one["ns"])
        time.sleep(LET_IT_RING_SECONDS)
    raise TimeoutError(f"{number} was not rung within 30 s")


def is_new_call(one: dict[str, Any]) -> bool:
    """Whether a line of the log is Twilio being asked for a new call."""
    return (one["direction"], one["method"], one["kind"]) == ("in", "POST", "Calls")


def _is_quiet(product: Installation, number: str) -> bool:
    state = product.simulator("GET", "state.json?since=0")
    return all(phone["state"] == "idle" for phone in state["phones"] if phone["number"] == number)


def _floor(product: Installation) -> list[float]:
    """One commit on the same disk and one request over loopback, nothing else. Milliseconds."""
    commit, close = _committer(product)
    session = requests.Session()
    spent = []
    for turn in range(ESCALATIONS):
        before = time.monotonic_ns()
        commit(turn)
        session.get(f"{product.simulator_url}/simulator/problems.json", timeout=10)
        spent.append((time.monotonic_ns() - before) / 1e6)
    close()
    return spent


def _committer(product: Installation) -> tuple[Any, Any]:
    if product.database_url:
        server = psycopg.connect(product.database_url, autocommit=True)
        server.execute("CREATE TABLE IF NOT EXISTS floor (turn integer)")
        return lambda turn: server.execute("INSERT INTO floor VALUES (%s)", [turn]), server.close
    file = sqlite3.connect(product.folder / "floor.sqlite3", isolation_level=None)
    file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE floor (turn integer)")
    return lambda turn: file.execute("INSERT INTO floor VALUES (?)", [turn]), file.close
