"""The simulator's HTTP server: the REST face, the phone wall and its controls, on one port.

The standard library's threading server: faults need the naked socket, and hundreds of requests a second are
enough.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from telephony.simulator import (  # the rest_… modules register their routes
    controls,
    rest,
    rest_account,  # noqa: F401
    rest_calls,  # noqa: F401
    rest_conferences,  # noqa: F401
    rest_messages,  # noqa: F401
)
from telephony.simulator.faults import Fault
from telephony.simulator.refusals import Refused
from telephony.simulator.webhooks import form_of

if TYPE_CHECKING:
    from telephony.simulator.network import Network

LARGEST_BODY = 1_000_000
CALLBACK_WAIT_SECONDS = 5.0


class Server:
    """A network's face on a port of this machine."""

    def __init__(self, network: Network, *, port: int = 0, bind: str = "127.0.0.1") -> None:
        """Bind `port` (0: any free one); requests are answered after :meth:`start`."""
        self.network = network
        self._http = _HttpServer((bind, port), _Handler, network)
        self._thread: threading.Thread | None = None
        network.base_url = self.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """What TWILIO_API_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer requests on threads of its own, and start the network's (if it is automatic)."""
        self.network.start()
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="simulator-http",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self.network.stop()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join(timeout=5)
        self._http.close_all()
        self._http.server_close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], network: Network
    ) -> None:
        self.network = network
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        with self._guard:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "TwilioSimulator"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _HttpServer

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        ns = time.monotonic_ns()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = LARGEST_BODY + 1
        if length > LARGEST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send(413, b"", "text/plain")
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        path, _, query = self.path.partition("?")
        if path == "/simulator" or path.startswith("/simulator/"):
            self._control(path.removeprefix("/simulator"), query, body)
            return
        self._rest(path, query, body, ns)

    def _control(self, path: str, query: str, body: str) -> None:
        if not path:
            self._send(308, b"", "text/plain", {"Location": "/simulator/"})
            return
        page = controls.answer(
            self.server.network,
            method=self.command,
            path=path[1:],
            query=query,
            body=body,
            content_type=self.headers.get("Content-Type", ""),
        )
        self._send(page.status, page.content, page.content_type, dict(page.headers))

    # -- REST, with its faults -----------------------------------------------------------------------------

    def _rest(self, path: str, query: str, body: str, ns: int) -> None:
        network = self.server.network
        resource = rest.resource_of(path)
        form = form_of(body)
        struck = network.faults.on_request(
            self.command, resource, form.get("To", form_of(query).get("To", ""))
        )
        at = network.clock()
        status, sid = 0, ""
        try:
            if self._refused_by(struck):
                status = next((f.status for f in struck if f.do == "status"), 0)
                return
            reply = rest.answer(
                network,
                method=self.command,
                path=path,
                query=query,
                body=body,
                authorization=self.headers.get("Authorization", ""),
            )
            status, sid = reply.status, reply.sid
            self._answer(reply, struck)
        finally:
            network.log_request(
                direction="in",
                kind=resource,
                method=self.command,
                url=self.path,
                form=form,
                status=status,
                seconds=(time.monotonic_ns() - ns) / 1e9,
                ns=ns,
                at=at,
                sid=sid,
            )

    def _refused_by(self, struck: list[Fault]) -> bool:
        """Apply the faults that come before the request is taken; whether it ended there."""
        for fault in struck:
            if fault.do == "delay":
                fault.released.wait(fault.seconds)
            elif fault.do == "reset_before":
                self._reset()
                return True
            elif fault.do == "status":
                code = {429: 20429, 503: 20503}.get(fault.status, 20500)
                refusal = Refused(code, status=fault.status)
                headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
                self._send_json(fault.status, refusal.body(), headers)
                return True
        return False

    def _answer(self, reply: rest.Reply, struck: list[Fault]) -> None:
        network = self.server.network
        deeds = {fault.do: fault for fault in struck}
        if "stale" in deeds and reply.sid:
            network.hide(reply.sid, seconds=deeds["stale"].seconds)
        early = not network.automatic or deeds.keys() & {
            "answer_after_callbacks",
            "hold",
            "delay_after",
            "reset_after",
        }
        if early and reply.begin is not None:
            reply.begin()
        for fault in struck:
            fault.taken.set()
            if fault.do == "answer_after_callbacks":
                self._let_callbacks_go_first(reply.sid)
            elif fault.do == "delay_after":
                fault.released.wait(fault.seconds)
            elif fault.do == "hold":
                fault.released.wait()
            elif fault.do == "reset_after":
                self._reset()
                return
        try:
            if reply.media:
                self._send(reply.status, reply.media, "audio/x-wav")
            else:
                self._send_json(reply.status, reply.body, {})
            self.wfile.flush()
        finally:
            if not early and reply.begin is not None:
                reply.begin()

    def _let_callbacks_go_first(self, lane: str) -> None:
        network = self.server.network
        if not network.automatic:
            network.schedule.run_due(lane=lane)
            return
        end = time.monotonic() + CALLBACK_WAIT_SECONDS
        time.sleep(0.05)
        while not network.schedule.lane_is_quiet(lane) and time.monotonic() < end:
            time.sleep(0.01)

    # -- answering -----------------------------------------------------------------------------------------

    def _send_json(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self._send(status, content, "application/json", headers)

    def _send(
        self, status: int, content: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204 and self.command != "HEAD":
            self.wfile.write(content)

    def _reset(self) -> None:
        """Close the connection the rude way: the client sees ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.close()
        self.rfile.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """The network keeps its own log."""
