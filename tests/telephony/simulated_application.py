"""An application for the simulator's own tests: answers webhooks from a table, and remembers them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from twilio.request_validator import RequestValidator

from telephony.simulator import Network, Server, VirtualClock

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "a-token-for-tests"
COMPANY = "+15550001000"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

Answer = str | tuple[int, str] | Callable[[Mapping[str, str]], str]


@dataclass
class Hit:
    """One webhook that arrived."""

    path: str
    form: dict[str, str]
    signed: bool
    method: str
    headers: dict[str, str]


@dataclass
class Application:
    """Answers by path; what it does not know gets an empty document."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    def at(self, path: str) -> list[dict[str, str]]:
        """The forms that arrived at `path`."""
        return [hit.form for hit in self.hits if hit.path == path]

    def says(self, path: str, inner: str) -> str:
        """Answer `path` with these verbs; returns its URL."""
        self.answers[path] = f"<Response>{inner}</Response>"
        return self.url + path


def _handler(application: Application) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve("")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def _serve(self, body: str) -> None:
            parts = urlsplit(self.path)
            form = dict(parse_qsl(body or parts.query, keep_blank_values=True))
            signed = RequestValidator(TOKEN).validate(
                application.url + self.path,
                form if self.command == "POST" else {},
                self.headers.get("X-Twilio-Signature", ""),
            )
            application.hits.append(Hit(parts.path, form, signed, self.command, dict(self.headers)))
            answer = application.answers.get(parts.path, "<Response/>")
            status, text = (
                (200, answer(form))
                if callable(answer)
                else (answer if isinstance(answer, tuple) else (200, answer))
            )
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Quiet."""

    return Handler


class QuietServer(ThreadingHTTPServer):
    """A client that went away is no error of the application's."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


class World:
    """A network with a server, an application and a client."""

    def __init__(self, network: Network, server: Server, application: Application) -> None:
        self.network = network
        self.server = server
        self.app = application
        self.session = requests.Session()
        self.session.auth = (ACCOUNT, TOKEN)
        self.base = f"{server.url}/2010-04-01/Accounts/{ACCOUNT}"

    def post(self, path: str, **form: Any) -> requests.Response:
        """POST a form; names end with _ where Python needs it (From_)."""
        return self.session.post(
            self.base + path, data={k.rstrip("_"): v for k, v in form.items()}, timeout=10
        )

    def get(self, path: str, **query: Any) -> requests.Response:
        """GET with a query."""
        return self.session.get(self.base + path, params=query, timeout=10)

    def call(self, to: str, inner: str = "", **form: Any) -> str:
        """Place a call that runs these verbs; returns its SID."""
        if inner:
            form.setdefault("Url", self.app.says("/voice", inner))
        answer = self.post("/Calls.json", To=to, From=COMPANY, **form)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sid"])

    def statuses(self, path: str = "/status") -> list[str]:
        """The call statuses reported to `path`, in order."""
        return [form["CallStatus"] for form in self.app.at(path)]


@contextmanager
def world(**options: Any) -> Iterator[World]:
    """Everything up, by hand and with a virtual clock unless `options` say otherwise."""
    application = Application()
    http = QuietServer(("127.0.0.1", 0), _handler(application))
    application.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    options.setdefault("clock", VirtualClock(START))
    network = Network(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        numbers=[COMPANY],
        voice_url=application.url + "/inbound",
        sms_url=application.url + "/text",
        **options,
    )
    server = Server(network)
    server.start()
    try:
        yield World(network, server, application)
    finally:
        server.stop()
        http.shutdown()
        http.server_close()
