"""A real IMAP server (pymap) on loopback, with one mailbox that a test puts mail into and looks at."""

import imaplib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

USER, PASSWORD = "rota@example.com", "se:cret/é?"
PATIENCE = 30.0


class ImapServer:
    """`put` brings a mail, `seen` and `flagged` count; `stop` and `start` are an outage (mails do not outlive it)."""

    def __init__(self, *, host: str = "127.0.0.1", certificate: tuple[Path, Path] | None = None) -> None:
        self.host = host
        with socket.create_server((host, 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self._tls = (
            ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate else ["--no-tls"]
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"imap://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@{self.host}:{self.port}/INBOX"

    def start(self) -> None:
        program = shutil.which("pymap", path=str(Path(sys.executable).parent))
        assert program
        listen = ["--host", self.host, "--port", str(self.port), *self._tls]
        self._process = subprocess.Popen(
            [program, *listen, "dict", "--demo-user", USER, "--demo-password", PASSWORD],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while True:
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "the IMAP server does not come up"
                pause.wait(0.05)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
        self._process = None

    def put(self, mail: bytes) -> None:
        with self._inbox() as server:
            assert server.append("INBOX", "", "", mail)[0] == "OK"

    def count(self, criterion: str) -> int:
        """How many mails are SEEN, UNSEEN, FLAGGED, …"""
        with self._inbox() as server:
            return len(server.search(None, criterion)[1][0].split())

    def _inbox(self) -> imaplib.IMAP4:
        server = imaplib.IMAP4(self.host, self.port, timeout=PATIENCE)
        server.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
        server.select("INBOX")
        return server


@pytest.fixture
def imap_server() -> Iterator[ImapServer]:
    server = ImapServer()
    server.start()
    yield server
    server.stop()
