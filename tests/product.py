"""The product as a stranger runs it: `manage.py serve` in processes of its own, on a database file of its own.

For what only real processes show: a kill, a restart, a browser on the phone wall. Everything else is a story
(`tests.stories`), which needs no waiting. Such tests carry the marker `once`: they bring their own database, so
that one run of the suite is enough.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.stories import ACCOUNT_SID, AUTH_TOKEN, COMPANY_NUMBER

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds that a busy machine may take to start."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Product:
    """`serve` with the simulator, on ports of its own. `url` is the product, `url`/simulator/ its phone wall."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulator_url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ,
            "ENV_FILE": "/dev/null",
            "DEBUG": "off",
            "SECRET_KEY": "only-for-tests",
            "SIMULATOR": "on",
            "PUBLIC_BASE_URL": self.url,
            "DATABASE_URL": f"sqlite:///{folder}/officer.sqlite3",
            "QUEUE_BROKER_URL": "",
            "EMAIL_URL": f"file:{folder}/mail",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM_NUMBER": COMPANY_NUMBER,
            "TWILIO_API_BASE_URL": self.simulator_url,
            "LOG_LEVEL": "WARNING",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.output = folder / "serve.log"

    def manage(self, *arguments: str) -> str:
        """Runs a management command on the product's database and returns what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.until(lambda: self.health() == 200, "the product should be well")

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def health(self) -> int:
        """The status of /healthz, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def mains(self) -> dict[str, psutil.Process]:
        """The main process of each program, by the word that tells it in its command line."""
        assert self.process is not None
        words = ("telephony.simulator", "gunicorn", "run_pager", "qcluster", "run_planner")
        found = {}
        for child in psutil.Process(self.process.pid).children():
            found |= {word: child for word in words if word in child.cmdline()}
        return found

    def everything(self) -> list[psutil.Process]:
        """The supervisor and all processes below it."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def until(self, true: Callable[[], object], what: str) -> None:
        """Waits until `true()`: other processes cannot be waited for in any other way than by looking."""
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while not true():
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{what}; its output:\n{self.output.read_text()}")
            pause.wait(0.02)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with the demo's example organisation, started once for all tests of a worker."""
    product = Product(tmp_path_factory.mktemp("demo"))
    product.manage("migrate", "--verbosity", "0")
    product.manage("seed_demo")
    product.start("--finish-within", "5")
    yield product
    product.stop()
    product.kill()
