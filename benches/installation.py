"""A whole installation for a measurement or a hard test: its own folder, database, simulator and processes.

The processes are the product's own (`manage.py serve`), on a database of their own; phones are told what to do
through the simulator's controls, and what reached Twilio is read from the simulator's log, which carries the
monotonic clock that all processes of one machine share.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

ROOT = Path(__file__).resolve().parent.parent
COMPANY_NUMBER = "+15550001000"
PATIENCE_SECONDS = 60.0


def officer_number(index: int) -> str:
    """The number of an example officer."""
    return f"+1555{2_000_000 + index:07d}"


def customer_number(index: int) -> str:
    """The number of an example customer."""
    return f"+1555{5_000_000 + index:07d}"


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Installation:
    """`with Installation(folder) as product:` starts it; leaving stops every process.

    `programmes` each have one primary and one backup of their own; account N belongs to programme N modulo that.
    """

    folder: Path
    programmes: int = 10
    accounts: int = 400
    ring_seconds: int = 20
    calls_per_second: float = 0.0
    extra_ring_seconds: float = 0.0
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    dial_threads: int = 8
    history: int = 0

    def __post_init__(self) -> None:
        self.port, self.simulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulator_url = f"http://127.0.0.1:{self.simulator_port}"
        self.environment = os.environ | {
            "ENV_FILE": os.devnull,
            "DEBUG": "off",
            "SIMULATOR": "on",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": self.database_url or f"sqlite:///{self.folder / 'officer.sqlite3'}",
            "EMAIL_URL": f"file:{self.folder / 'mail'}",
            "PUBLIC_BASE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_FROM_NUMBER": COMPANY_NUMBER,
            "TWILIO_API_BASE_URL": self.simulator_url,
            "TWILIO_CALLS_PER_SECOND": str(self.calls_per_second),
            "SIMULATOR_EXTRA_RING_SECONDS": str(self.extra_ring_seconds),
            "PAGER_DIAL_THREADS": str(self.dial_threads),
            "LOG_LEVEL": "WARNING",
            **self.settings,
        }
        self.session = requests.Session()
        self.simulator_session = requests.Session()
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_line = 0

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "--verbosity", "0")
        token = self.run(
            "-m",
            "benches.organisation",
            str(self.programmes),
            str(self.accounts),
            str(self.ring_seconds),
            str(self.history),
        )
        self.session.headers["Authorization"] = f"Bearer {token.strip()}"
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self, *arguments: str) -> str:
        """Run one Python command of the product to its end; returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run one management command to its end."""
        return self.run("manage.py", *arguments)

    def start(self) -> None:
        """Start the product and wait until it is well."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait_until(self._is_well, "the product is well")

    def _is_well(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """Stop every process, in peace where that works."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process = None

    def processes(self, part: str) -> list[psutil.Process]:
        """The product's processes whose command line holds this ("run_pager", "gunicorn", "qcluster")."""
        assert self._process is not None  # noqa: S101 - only a started product has processes
        family = psutil.Process(self._process.pid).children(recursive=True)
        return [child for child in family if any(part in word for word in _command(child))]

    def memory_mib(self) -> float:
        """Resident memory of all processes but the simulator, in MiB (shared pages counted once each)."""
        simulator = {child.pid for child in self.processes("telephony.simulator")}
        total = sum(_memory(child) for child in self.processes("") if child.pid not in simulator)
        return round(total / 2**20, 1)

    # --- Faces --------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """One call of the API; raises where the answer is an error."""
        answer = self.session.request(
            method, f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=60
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def escalate(self, account: int, *, key: str = "", **fields: Any) -> Any:
        """Raise a case for an example account in its programme; under this Idempotency-Key, where one is given."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.api("POST", "escalations/", self.escalation(account, **fields), **headers)

    def escalation(self, account: int, **fields: Any) -> dict[str, Any]:
        """The body of such a request."""
        return {
            "account": f"A{account:05d}",
            "programme": f"p{account % self.programmes:04d}",
            "summary": "Their plant stands still since the update.",
        } | fields

    def simulator(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the simulator's controls."""
        answer = self.simulator_session.request(
            method, f"{self.simulator_url}/simulator/{path}", json=body, timeout=60
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} /simulator/{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def phone(self, number: str, **habit: Any) -> None:
        """Tell a phone what to do when it is called or texted (`telephony.simulator.phones.Habit`)."""
        self.simulator("POST", f"phones/{number.replace('+', '%2B')}", habit)

    def new_requests(self) -> list[dict[str, Any]]:
        """What passed between the product and Twilio since this was last asked."""
        fresh: list[dict[str, Any]] = []
        while True:
            answer = self.simulator("GET", f"requests.json?since={self._log_line}")
            if not answer["requests"]:
                return fresh
            fresh += answer["requests"]
            self._log_line = answer["last"]

    def wait_until(self, is_so: Any, what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Ask until it is so; raises with the log's end where it never is."""
        until = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > until:
                tail = self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
                raise TimeoutError(f"{what}: not so within {seconds:.0f} s\n{tail}")
            time.sleep(0.02)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
