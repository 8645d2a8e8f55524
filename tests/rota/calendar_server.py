"""A web server on this machine that publishes one calendar, well or badly."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class CalendarServer:
    """Serves `content` at every path; with an `etag` it answers 304 to whoever knows it. `asked` keeps the headers of
    each request, and `meanwhile` is called while one is answered."""

    def __init__(self) -> None:
        self.content = b""
        self.status = 200
        self.etag = ""
        self.asked: list[dict[str, str]] = []
        self.meanwhile: Callable[[], object] = lambda: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(dict(self.headers))
                server.meanwhile()
                if server.etag and self.headers.get("If-None-Match") == server.etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(server.content)))
                if server.etag:
                    self.send_header("ETag", server.etag)
                self.end_headers()
                self.wfile.write(server.content)

            def log_message(self, *arguments: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/private-5e7a/basic.ics"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def publish(self, *events: str) -> None:
        """A calendar of these events, each the lines of a VEVENT."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
        for number, event in enumerate(events):
            lines += ["BEGIN:VEVENT", f"UID:{number}@test", "DTSTAMP:20260101T000000Z"]
            lines += [*event.strip().splitlines(), "END:VEVENT"]
        self.content = "\r\n".join([*(line.strip() for line in lines), "END:VCALENDAR", ""]).encode()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def calendar_server() -> Iterator[CalendarServer]:
    server = CalendarServer()
    yield server
    server.stop()
