"""The phone wall through the product's own address: bytes in, bytes out, and plain words when it is down."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from pytest_django import Settings


class Echo(BaseHTTPRequestHandler):
    """Stands where the simulator stands and says what it was asked."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        asked = {
            "method": self.command,
            "path": self.path,
            "body": body,
            "type": self.headers.get("Content-Type"),
            "cookie": self.headers.get("Cookie"),
        }
        answer = json.dumps(asked).encode()
        self.send_response(409 if self.path.endswith("busy") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.send_header("Set-Cookie", "theirs=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815  # the names that http.server calls

    def log_message(self, *args: object) -> None:
        """Tests print enough."""


@pytest.fixture
def upstream(settings: Settings) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.SIMULATOR = True
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def body_of(answer: object) -> dict[str, str]:
    return json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


def test_a_page_with_its_query(upstream: ThreadingHTTPServer, client: Client) -> None:
    answer = client.get("/simulator/state.json?since=3&name=Ana%20Ruiz")
    assert answer.status_code == 200
    assert body_of(answer)["path"] == "/simulator/state.json?since=3&name=Ana%20Ruiz"
    assert answer["Content-Security-Policy"] == "default-src 'self'"


def test_a_post_needs_no_form_token_and_carries_its_body(upstream: ThreadingHTTPServer) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/simulator/phones/%2B15550100001", {"answer": True}, "application/json")
    asked = body_of(answer)
    assert (asked["method"], asked["type"]) == ("POST", "application/json")
    assert json.loads(asked["body"]) == {"answer": True}
    assert asked["path"] == "/simulator/phones/+15550100001"


def test_statuses_pass_and_cookies_do_not(upstream: ThreadingHTTPServer, client: Client) -> None:
    client.cookies["sessionid"] = "secret"
    answer = client.delete("/simulator/busy")
    assert answer.status_code == 409
    assert body_of(answer)["cookie"] is None
    assert "theirs" not in answer.cookies


def test_only_the_methods_that_the_wall_has(upstream: ThreadingHTTPServer, client: Client) -> None:
    assert client.put("/simulator/").status_code == 405


def test_without_the_simulator_there_is_no_such_page(client: Client, settings: Settings) -> None:
    settings.SIMULATOR = False
    assert client.get("/simulator/").status_code == 404


def test_a_simulator_that_is_down_is_said_in_plain_words(client: Client, settings: Settings) -> None:
    settings.SIMULATOR = True
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    answer = client.get("/simulator/")
    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()
