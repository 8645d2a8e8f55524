"""The product in processes of its own that a test may kill, slow down or set wrong one by one.

Unlike `manage.py serve` nothing is started again by itself: the web (two workers), the simulator, and as many pagers
as a test starts, each under a launcher where the test asks for one. The database is the one that this run of the
suite is for, made anew: a file, or a database of the server that DATABASE_URL names.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests
from psycopg import sql

from benches.installation import ROOT, Installation, customer_number, officer_number

SERVER_URL = os.environ.get("DATABASE_URL", "")
ON_POSTGRESQL = SERVER_URL.startswith("postgres")
PROGRAMMES = 220


def _database_url(name: str) -> str:
    return urlunsplit(urlsplit(SERVER_URL)._replace(path=f"/{name}"))


def _on_server(statement: sql.Composed) -> None:
    with psycopg.connect(_database_url("postgres"), autocommit=True) as server:
        server.execute(statement)


@dataclass(frozen=True)
class Template:
    """A migrated database with an example organisation, of which each plant gets a copy, and its API token."""

    name: str
    token: str


def make_template(folder: Path) -> Template:
    """Migrate and fill once; copying is a hundred times faster."""
    name = f"reliability_{os.getpid()}" if ON_POSTGRESQL else str(folder / "template.sqlite3")
    if ON_POSTGRESQL:
        _on_server(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = _database_url(name) if ON_POSTGRESQL else f"sqlite:///{name}"
    made = Installation(folder, programmes=PROGRAMMES, accounts=PROGRAMMES, database_url=url)
    made.manage("migrate", "--verbosity", "0")
    token = made.run("-m", "benches.organisation", str(PROGRAMMES), str(PROGRAMMES), "20", "0")
    return Template(name, token.strip())


def drop_template(template: Template) -> None:
    if ON_POSTGRESQL:
        _on_server(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(template.name)))


@dataclass
class Plant(Installation):
    """`with Plant(folder, template=template) as plant:` starts simulator and web; pagers are the test's."""

    template: Template = field(default_factory=lambda: Template("", ""))
    web_launcher: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.programmes = PROGRAMMES
        self._name = f"{self.template.name}_{os.urandom(4).hex()}"
        if ON_POSTGRESQL:
            self.database_url = _database_url(self._name)
        super().__post_init__()
        self._children: list[subprocess.Popen[bytes]] = []
        self._pagers: list[subprocess.Popen[bytes]] = []
        self._web: subprocess.Popen[bytes] | None = None
        self._seen: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if ON_POSTGRESQL:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            _on_server(copy.format(sql.Identifier(self._name), sql.Identifier(self.template.name)))
        else:
            shutil.copy(self.template.name, self.folder / "officer.sqlite3")
        self.session.headers["Authorization"] = f"Bearer {self.template.token}"
        self.spawn("-m", "telephony.simulator", "--port", str(self.simulator_port))
        self.start_web()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self._children):
            stop(child)
        if ON_POSTGRESQL:
            _on_server(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._name)))

    # --- Processes ----------------------------------------------------------------------------------

    def spawn(self, *program: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start one program, which dies with this test run whatever happens."""
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "config.tethered", *program],
                cwd=ROOT,
                env=self.environment | {"SUPERVISOR_PID": str(os.getpid())} | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def start_web(self, *launcher: str) -> None:
        """Start the web, again where it runs already."""
        if self._web is not None:
            stop(self._web)
        self._web = self.spawn(
            *launcher, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{self.port}",
            "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "60",
            "--graceful-timeout", "3", "--preload", "--no-control-socket", "--log-level", "warning",
        )  # fmt: skip
        self.wait_until(self._web_answers, "the web answers")

    def _web_answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            requests.get(f"{self.simulator_url}/simulator/problems.json", timeout=5)
            return requests.get(f"{self.url}/healthz", timeout=5).status_code in (200, 503)
        return False

    def pager(self, *launcher: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a pager."""
        self._pagers.append(self.spawn(*launcher, "manage.py", "run_pager", **environment))
        return self._pagers[-1]

    def stop_pagers(self) -> None:
        """Stop all pagers."""
        while self._pagers:
            stop(self._pagers.pop())

    def stop_at(self, point: str) -> tuple[list[str], Path]:
        """A launcher that kills its program at this point, and the file that shows that it did."""
        module, function, _ = point.split(":")
        assert callable(getattr(import_module(module), function, None)), f"there is no {function} in {module}"
        mark = self.folder / f"reached-{os.urandom(4).hex()}"
        return ["-m", "tests.reliability.stop_at", point, str(mark)], mark

    # --- What a test asks ---------------------------------------------------------------------------

    def officer(self, programme: int, seat: int = 0) -> str:
        """The phone of this programme's primary (0) or backup (1)."""
        return officer_number(2 * programme + seat)

    def customer(self, programme: int) -> str:
        return customer_number(programme)

    def answers(self, programme: int, key: str = "1", *, seat: int = 0, after: float = 0.3) -> None:
        """This officer answers each call and presses a key."""
        self.phone(self.officer(programme, seat), answer_after=after, press=key, press_after=0.3)

    def case(self, case_id: int) -> dict[str, Any]:
        return dict(self.api("GET", f"escalations/{case_id}/"))

    def wait_for(self, case_id: int, *statuses: str, seconds: float = 40.0) -> dict[str, Any]:
        """The case, once it has one of these statuses."""
        seen: dict[str, Any] = {}

        def is_so() -> bool:
            # A web that is being killed may break off an answer to us, too.
            with contextlib.suppress(requests.RequestException):
                seen.update(self.case(case_id))
            return seen.get("status") in statuses

        self.wait_until(is_so, f"case {case_id} is {statuses}", seconds)
        return seen

    def timeline(self, case_id: int) -> list[dict[str, Any]]:
        """What is on record of a case, in order."""
        answer = self.api("GET", f"escalations/{case_id}/timeline/")
        return list(answer["results"] if isinstance(answer, dict) else answer)

    def ladder(self, programme: int, rungs: list[tuple[str, list[str]]]) -> None:
        """Give this programme a ladder of its own."""
        stored = [{"who": who, "by": by, "at_once": False, "ring_seconds": None} for who, by in rungs]
        words = json.dumps(stored)
        self.execute("UPDATE rota_programme SET rungs = %s WHERE slug = %s", words, f"p{programme:04d}")

    def hand(self, number: str) -> dict[str, Any]:
        """The phone as the wall shows it: its state, what was heard on it, its texts."""
        phones = self.simulator("GET", "state.json?since=0")["phones"]
        return dict(next((one for one in phones if one["number"] == number), {}))

    def rings(self, number: str) -> bool:
        """Whether it rings just now."""
        return self.hand(number).get("state") == "ringing"

    def hand_does(self, number: str, deed: str, **how: str) -> None:
        """A hand takes this phone and does something: press, text, hang-up."""
        self.simulator("POST", f"phones/{number.replace('+', '%2B')}/{deed}", how)

    def requests(self) -> list[dict[str, Any]]:
        """All that ever passed between the product and Twilio."""
        self._seen += self.new_requests()
        return self._seen

    def calls_taken(self) -> Counter[str]:
        """How many calls Twilio took for each page and leg ("pages/12")."""
        return self._taken("Calls", "Url")

    def texts_taken(self) -> Counter[str]:
        """How many texts Twilio took for each page and message."""
        return self._taken("Messages", "StatusCallback")

    def _taken(self, kind: str, names_its_row: str) -> Counter[str]:
        taken: Counter[str] = Counter()
        for one in self.requests():
            if (one["direction"], one["method"], one["kind"]) == ("in", "POST", kind) and one["sid"]:
                found = re.search(r"(pages|legs|messages)/\d+", one["form"].get(names_its_row, ""))
                taken.update([found.group() if found else "of no row"])
        return taken

    def assert_once(self) -> None:
        """No phone rang twice for one page, no text went twice, and no webhook broke."""
        twice = {row: n for row, n in (self.calls_taken() + self.texts_taken()).items() if n > 1}
        assert not twice, f"sent more than once: {twice}"

    @contextlib.contextmanager
    def fault(self, **fault: Any) -> Iterator[None]:
        """A fault of Twilio's in force for a while."""
        self.simulator("POST", "faults", fault)
        yield
        self.lift_faults()

    def lift_faults(self) -> None:
        """Twilio is well again."""
        self.simulator("DELETE", "faults", {})

    def release(self) -> None:
        """Let answers go that a fault holds back."""
        self.simulator("POST", "faults/release", {})

    def execute(self, statement: str, *values: object) -> list[Any]:
        """One SQL statement, on the side (`%s` for values)."""
        if ON_POSTGRESQL:
            with psycopg.connect(self.database_url, autocommit=True) as database:
                cursor = database.execute(statement.encode(), values)
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(self.open_file()) as file:
            return file.execute(statement.replace("%s", "?"), values).fetchall()

    def open_file(self) -> Any:
        """A connection of its own to the SQLite file."""
        return sqlite3.connect(self.folder / "officer.sqlite3", isolation_level=None, timeout=20)


def stop(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL, to the program and all that it started."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
