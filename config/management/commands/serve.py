"""The whole product under one supervisor: web, queue workers, pager and planner, and the simulator where it is on."""

import argparse
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import canary
from config.supervisor import Program, Supervisor
from customers.models import Contact
from people.models import Person

FINISHES = 25
"""Seconds after SIGTERM until a process is killed: a webhook ends far below Twilio's own limit of 15, a call to
Twilio below 10, and a mail that is cut off is sent again."""
SILENT_WEB_AFTER = 60.0
MOST_CUSTOMERS_ON_THE_WALL = 100


class Command(BaseCommand):
    help = (
        "Starts the whole product: web, queue workers, pager and planner under one supervisor, and the simulator "
        "where SIMULATOR is on. What dies is started again. SIGTERM or Ctrl-C finishes what is in flight; "
        "a second one stops at once."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        # A default that is text is read as an argument is: a PORT that is none is refused likewise.
        parser.add_argument("--port", type=_whole(0, 65535), default=os.environ.get("PORT") or "8000")
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all")
        parser.add_argument("--web-workers", type=_whole(1, 64), default=2, help="web processes")
        parser.add_argument(
            "--web-threads", type=_whole(1, 256), default=16, help="threads of each web process"
        )
        parser.add_argument(
            "--finish-within",
            type=_whole(1, 600),
            default=FINISHES,
            metavar="S",
            help="seconds to stop in (default %(default)s)",
        )
        parser.add_argument(
            "--when-ready", type=Path, metavar="FILE", help="print this file once everything answers"
        )
        parser.add_argument(
            "--traffic",
            type=Path,
            metavar="FILE",
            help="calls that go on by themselves in the simulator (see telephony/simulator/traffic.py)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check_key()
        if waiting := _migrations_to_apply():
            raise CommandError(
                f"The database lacks {waiting} migrations: run `python manage.py migrate` first."
            )
        canary.hire()
        listener = _listen(options["bind"], options["port"])
        finishes = options["finish_within"]
        probe = _Probe(options["bind"], listener.getsockname()[1])
        programs = [
            Program(
                "web",
                _web_arguments(listener.fileno(), options),
                pass_fds=(listener.fileno(),),
                stop_seconds=finishes,
                hung=probe.silence,
            ),
            Program("pager", ["manage.py", "run_pager"], stop_seconds=finishes, hung=canary.pager_silence),
            Program("queue", ["manage.py", "qcluster"], stop_seconds=finishes, hung=canary.queue_silence),
            Program("planner", ["manage.py", "run_planner"], stop_seconds=finishes),
        ]
        with TemporaryDirectory() as folder:
            if settings.SIMULATOR:
                programs.insert(0, _simulator(_write_phone_book(Path(folder)), options["traffic"]))
            connection.close()
            supervisor = Supervisor(programs, listeners=[listener])
            welcome = partial(_welcome, supervisor, probe, options["when_ready"])
            threading.Thread(target=welcome, name="welcome", daemon=True).start()
            code = supervisor.run()
        sys.exit(code)


def _whole(least: int, most: int) -> Callable[[str], int]:
    """Reads an argument that is a whole number from `least` to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return read


def _check_key() -> None:
    """Without a key every page would fail, and the first to find out would be who wants to sign in."""
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured as error:
        raise CommandError(
            "SECRET_KEY is not set: nobody could sign in. Make one with "
            'python -c "import secrets; print(secrets.token_urlsafe(64))" and put it into .env.'
        ) from error


def _migrations_to_apply() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _listen(address: str, port: int) -> socket.socket:
    """The socket is the supervisor's: while the web restarts, who connects waits instead of being refused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=2048)
    except OSError as error:
        raise CommandError(f"Cannot listen on {address} port {port}: {error.strerror}.") from None


def _web_arguments(fd: int, options: dict[str, Any]) -> list[str]:
    return [
        "-m", "gunicorn", "config.wsgi:application", "--bind", f"fd://{fd}",
        "--worker-class", "config.web_worker.EvenWorker",
        "--workers", str(options["web_workers"]), "--threads", str(options["web_threads"]),
        # Longer than a proxy in front keeps its connections, so that it is the one to close them.
        "--keep-alive", "75", "--timeout", "60",
        # A little less than the supervisor waits, so that it is gunicorn that ends its workers.
        "--graceful-timeout", str(int(options["finish_within"] * 0.8)),
        # Loaded once and forked: a worker that dies is back within milliseconds.
        "--preload", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip


def _write_phone_book(folder: Path) -> Path:
    """Whose phone is whose, so that the phone wall shows names; the simulator knows no database."""
    book = [
        {"number": number, "name": name, "role": "officer" if executive else "staff"}
        for number, name, executive in Person.objects.active()
        .exclude(phone="")
        .values_list("phone", "name", "is_executive")
    ]
    book += [
        {"number": number, "name": f"{name}, {account}", "role": "customer"}
        for number, name, account in Contact.objects.exclude(phone="").values_list(
            "phone", "name", "account__name"
        )[:MOST_CUSTOMERS_ON_THE_WALL]
    ]
    file = folder / "phones.json"
    file.write_text(json.dumps(book))
    return file


def _simulator(phone_book: Path, traffic: Path | None) -> Program:
    place = urlsplit(settings.TWILIO_API_BASE_URL)
    if place.hostname not in ("127.0.0.1", "localhost") or not place.port:
        raise CommandError(
            "SIMULATOR is on, so TWILIO_API_BASE_URL must be where it will listen, for example "
            "http://127.0.0.1:8001."
        )
    more = ["--traffic", str(traffic)] if traffic is not None else []
    return Program(
        "simulator",
        ["-m", "telephony.simulator", "--port", str(place.port), "--phones", str(phone_book), *more],
        stop_seconds=5.0,
        stops_last=True,
    )


class _Probe:
    """Asks the web for its health, as a visitor."""

    def __init__(self, address: str, port: int) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  # compared, not bound
        self.url = f"http://[{host}]:{port}/healthz" if ":" in host else f"http://{host}:{port}/healthz"
        self.answered_at = 0.0

    def status(self) -> int:
        """The answer's HTTP status, or 0 when there is none within 10 seconds."""
        public = urlsplit(settings.PUBLIC_BASE_URL)
        request = Request(self.url, headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme})  # noqa: S310  # our own address
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310  # our own address
                status = int(answer.status)
        except HTTPError as error:
            status = error.code
        except OSError:
            return 0
        self.answered_at = time.monotonic()
        return status

    def silence(self, seconds_up: float) -> str:
        """Why the web seems to hang, or nothing: whatever it answers, it answers."""
        if self.status():
            return ""
        silent = min(seconds_up, time.monotonic() - self.answered_at)
        return f"no answer for {silent:.0f} s" if silent > SILENT_WEB_AFTER else ""


def _welcome(supervisor: Supervisor, probe: _Probe, file: Path | None) -> None:
    """Says when everything answers; after half a minute, that it does not."""
    patience = time.monotonic() + 30
    while (status := probe.status()) != 200 and time.monotonic() < patience:
        time.sleep(0.1)
    if status == 200:
        supervisor.say(f"ready at {settings.PUBLIC_BASE_URL}")
    else:
        supervisor.say(f"{probe.url} does not say that all is well (status {status}); see the lines above")
    if file is not None:
        sys.stdout.write(file.read_text())
        sys.stdout.flush()
