"""Twenty escalations a second while one process after another is killed: what is lost, what is doubled, what grows.

Every officer answers and takes the case. What was taken is cancelled some seconds later, so that as many cases are
open at the end as at the beginning and whatever grows is a leak. Whoever raises a case asks again, with the same key,
until there is an answer, as a program should.
"""

import contextlib
import itertools
import re
import sqlite3
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
import requests

from benches.figures import say, say_quantiles
from benches.installation import Installation, officer_number
from benches.ring import is_new_call

SECONDS = 600.0
A_SECOND = 20.0
KILL_EVERY = 15.0
PROGRAMMES = 400
CLIENTS = 24
SAMPLE_EVERY = 5.0
# A case is cancelled so long after it was taken: its call is over by then.
IN_HAND_SECONDS = 5.0
# How long cases may take after the last kill until each has its officer.
PATIENCE_SECONDS = 180.0
# In turn: the program's main process, or one of those that it forked.
VICTIMS = (
    ("pager", "run_pager", True),
    ("web", "gunicorn", True),
    ("queue", "qcluster", True),
    ("pager", "run_pager", True),
    ("web worker", "gunicorn", False),
    ("queue worker", "qcluster", False),
)
# Those of the history are closed.
_RAISED_AND_TAKEN = "SELECT count(*), count(accepted_at) FROM escalations_escalation WHERE closed_at IS NULL"
KINDS = {"run_pager": "pager", "gunicorn": "web", "qcluster": "queue", "run_planner": "planner"}


def measure(
    *,
    database_url: str = "",
    history: int = 0,
    seconds: float = SECONDS,
    a_second: float = A_SECOND,
    kill_every: float = KILL_EVERY,
) -> None:
    """Print what was raised, lost and doubled, the kills, and what the processes held at the start and at the end.

    `kill_every` 0 kills nothing: what grows then is not hidden by new processes.
    """
    count = int(seconds * a_second)
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(
            Path(folder),
            programmes=PROGRAMMES,
            accounts=count,
            database_url=database_url,
            history=history,
        )
        with product:
            for number in range(2 * PROGRAMMES):
                product.phone(officer_number(number), answer_after=0.4, press="1", press_after=0.2)
            soak = _Soak(product, count, a_second, kill_every)
            soak.run()
            soak.say(database="PostgreSQL" if database_url else "SQLite", seconds=seconds, a_second=a_second)


@dataclass
class _Soak:
    product: Installation
    count: int
    a_second: float
    kill_every: float
    sent: dict[int, int] = field(default_factory=dict)
    again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    rang: dict[str, list[int]] = field(default_factory=dict)
    samples: list[dict[str, float]] = field(default_factory=list)
    spent: float = 0.0

    def __post_init__(self) -> None:
        self._raised = threading.Event()
        self._over = threading.Event()

    # --- What runs side by side ---------------------------------------------------------------------

    def run(self) -> None:
        """Raise them all, and wait until each has been taken or nobody will take it any more."""
        began = time.monotonic()
        chores = (self._kill, self._close, self._sample)
        with ThreadPoolExecutor(len(chores)) as pool:
            running = [pool.submit(chore) for chore in chores]
            self._raise_all(began)
            self.spent = time.monotonic() - began
            self._raised.set()
            with contextlib.suppress(TimeoutError):
                self.product.wait_until(self._all_taken, "each case has its officer", PATIENCE_SECONDS)
            self._over.set()
            for chore in running:
                chore.result()
        self._read_log()

    def _raise_all(self, began: float) -> None:
        turns: Iterator[int] = iter(range(self.count))
        lock = threading.Lock()

        def client() -> None:
            session = requests.Session()
            session.headers.update(self.product.session.headers)
            while True:
                with lock:
                    account = next(turns, None)
                if account is None:
                    return
                time.sleep(max(0.0, began + account / self.a_second - time.monotonic()))
                self.sent[account] = time.monotonic_ns()
                self._until_answered(
                    session,
                    "escalations/",
                    f"soak-{account}",
                    self.product.escalation(account, connect="none"),
                )

        with ThreadPoolExecutor(CLIENTS) as pool:
            for future in [pool.submit(client) for _ in range(CLIENTS)]:
                future.result()

    def _until_answered(self, session: requests.Session, path: str, key: str, body: dict[str, Any]) -> None:
        for turn in itertools.count():
            with contextlib.suppress(requests.RequestException):
                answer = session.post(
                    f"{self.product.url}/api/v1/{path}",
                    json=body,
                    headers={"Idempotency-Key": key},
                    timeout=30,
                )
                if answer.status_code < 500:
                    if answer.status_code >= 400 and "cancel" not in path:
                        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
                    return
            self.again += turn == 0
            time.sleep(0.2)

    def _kill(self) -> None:
        victims = itertools.cycle(VICTIMS)
        while self.kill_every and not self._raised.wait(self.kill_every):
            name, part, is_main = next(victims)
            found = self._processes(part, is_main=is_main)
            if found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    found[-1].kill()
                    self.kills[name] += 1

    def _processes(self, part: str, *, is_main: bool) -> list[psutil.Process]:
        found = self.product.processes(part)
        pids = {one.pid for one in found}
        forked = [one for one in found if _parent(one) in pids]
        return [one for one in found if one not in forked] if is_main else forked

    def _close(self) -> None:
        session = requests.Session()
        session.headers.update(self.product.session.headers)
        while not self._over.wait(0.5):
            for (case,) in self._ask(_taken_for_a_while(bool(self.product.database_url))):
                self._until_answered(
                    session, f"escalations/{case}/cancel/", f"close-{case}", {"reason": "soaked"}
                )
            self._read_log()

    def _read_log(self) -> None:
        for one in self.product.new_requests():
            if one["method"] != "POST" or one["direction"] != "in" or not one["sid"]:
                continue
            if is_new_call(one):
                row = _row_of(one["form"].get("Url", ""))
                self.calls[row] += 1
                self.rang.setdefault(one["form"]["To"], []).append(one["ns"])
            elif one["kind"] == "Messages":
                self.texts[_row_of(one["form"].get("StatusCallback", ""))] += 1

    # --- What it holds ------------------------------------------------------------------------------

    def _sample(self) -> None:
        while True:
            with contextlib.suppress(psutil.Error, TimeoutError):
                self.samples.append(self._held())
            if self._over.wait(SAMPLE_EVERY):
                return

    def _held(self) -> dict[str, float]:
        held: dict[str, float] = defaultdict(float)
        for part, kind in KINDS.items():
            for process in self.product.processes(part):
                with contextlib.suppress(psutil.Error):
                    held[f"memory {kind}"] += process.memory_full_info().pss / 2**20
                    held[f"handles {kind}"] += process.num_fds()
                    held["connections"] += _to_database(process)
        for what in ("memory", "handles"):
            held[what] = sum(value for key, value in held.items() if key.startswith(f"{what} "))
        if self.product.database_url:
            ((held["connections"],),) = self._ask(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
        return dict(held)

    # --- The database ---------------------------------------------------------------------------------

    def _ask(self, statement: str) -> list[Any]:
        """One question to the database, beside the product."""
        if self.product.database_url:
            with psycopg.connect(self.product.database_url, autocommit=True) as server:
                return server.execute(statement.encode()).fetchall()
        path = f"file:{self.product.folder / 'officer.sqlite3'}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True, timeout=20)) as file:
            return file.execute(statement).fetchall()

    def _all_taken(self) -> bool:
        time.sleep(0.5)
        return all(taken == cases for cases, taken in self._ask(_RAISED_AND_TAKEN))

    # --- The figures -----------------------------------------------------------------------------------

    def say(self, **details: Any) -> None:
        """Print all figures."""
        ((cases, taken),) = self._ask(_RAISED_AND_TAKEN)
        say(
            "soak raised",
            cases,
            "cases",
            self.count,
            asked_again=self.again,
            rate=round(self.count / self.spent, 2),
            **details,
        )
        say("soak lost", self.count - taken, "cases", self.count, **details)
        say("soak raised twice", cases - self.count, "cases", self.count, **details)
        for what, taken_rows in (("rung", self.calls), ("texted", self.texts)):
            twice = sum(times - 1 for times in taken_rows.values())
            say(f"soak {what} twice", twice, "pages", len(taken_rows), **details)
        say("soak kills", sum(self.kills.values()), "processes", self.count, **self.kills)
        say_quantiles("soak to the call", self._waits(), "ms", **details)
        self._say_growth()
        log = self._log()
        say("soak log", sum(log.values()), "lines", self.count, **dict(log.most_common(12)))

    def _waits(self) -> list[float]:
        """From each request to the first call to its officer after it, in milliseconds."""
        waits = []
        for account, before in self.sent.items():
            rang = self.rang.get(officer_number(2 * (account % PROGRAMMES)), [])
            after = min((ns for ns in rang if ns > before), default=None)
            if after is not None:
                waits.append((after - before) / 1e6)
        return waits

    def _say_growth(self) -> None:
        """The middle of the first minute (or quarter) and of the last one."""
        while_raising = self.samples[: max(4, int(self.spent / SAMPLE_EVERY))]
        minute = max(1, min(int(60 / SAMPLE_EVERY), len(while_raising) // 4))
        # The very first ones are of processes that have not done anything yet.
        first, last = while_raising[1 : 1 + minute], while_raising[-minute:]
        for what, unit in (("memory", "MiB"), ("handles", "files"), ("connections", "connections")):
            start, end = (statistics.median(one.get(what, 0) for one in some) for some in (first, last))
            by_kind = {
                kind: [
                    round(statistics.median(one.get(f"{what} {kind}", 0) for one in some), 1)
                    for some in (first, last)
                ]
                for kind in KINDS.values()
                if what != "connections"
            }
            peak = max(one.get(what, 0) for one in self.samples)
            say(
                f"soak {what} grown",
                end - start,
                unit,
                len(self.samples),
                start=round(start, 1),
                end=round(end, 1),
                peak=round(peak, 1),
                **by_kind,
            )

    def _log(self) -> Counter[str]:
        """What the product's log says above INFO, by kind of line."""
        lines = self.product.log.read_text(errors="replace").splitlines()
        return Counter(words for line in lines if (words := _words(line)))


def _taken_for_a_while(on_postgresql: bool) -> str:
    """The cases that somebody took some seconds ago."""
    then = f"now() - interval '{IN_HAND_SECONDS} seconds'"
    if not on_postgresql:
        then = f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{IN_HAND_SECONDS} seconds')"
    return (
        f"SELECT id FROM escalations_escalation WHERE status = 'accepted' AND accepted_at < {then} LIMIT 50"  # noqa: S608
    )


def _parent(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.ppid())
    return 0


def _row_of(url: str) -> str:
    """ "pages/12": the row that a call's or text's address names."""
    found = re.search(r"(pages|legs|messages)/\d+", url)
    return found.group() if found else url


def _to_database(process: psutil.Process) -> int:
    """How many connections to the SQLite file this process holds open."""
    return sum(file.path.endswith("officer.sqlite3") for file in process.open_files())


def _words(line: str) -> str:
    """A line of the log without what is different each time; "" where nobody need look at it."""
    found = re.match(r"(\w+) +\| \S+ \S+ (WARNING|ERROR|CRITICAL) (\S+) (.*)", line)
    if not found:
        return ""
    program, level, logger, words = found.groups()
    return f"{program} {level} {logger}: {re.sub(r'[0-9a-f]*[0-9][0-9a-f]*', 'N', words)[:90]}"
