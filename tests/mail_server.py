"""A real mail server (aiosmtpd) that keeps what it receives, and is down, slow or unwilling when a test says so.

def test_it_arrives(mail_server, ana):
    letters.write_to(person=ana, …)
    letters_mail.send_due()
    [mail] = mail_server.mails
    assert mail["To"] == "ana@example.com"
"""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


class MailServer:
    """Listens on `port` of this machine from `start` to `stop`; `mails` are as they were received, parsed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.receiving = threading.Event()
        """A mail's body was received and is being answered."""
        self._refusals: dict[tuple[str, str], list[str]] = {}
        self._let_go = threading.Event()
        self._let_go.set()
        self._controller: Controller | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        self.let_go()
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    def answer(self, step: str, address: str, *replies: str) -> None:
        """Answer `step` (MAIL, RCPT or DATA) for this recipient (MAIL: sender) so, each reply once, the last for ever.

        "" takes it, "drop" breaks the connection.
        """
        self._refusals[step, address] = list(replies)

    def hold(self) -> None:
        """Receive whole mails, and leave their senders without an answer until `let_go`."""
        self.receiving.clear()
        self._let_go.clear()

    def let_go(self) -> None:
        self._let_go.set()

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to this address."""
        return [mail for mail in self.mails if mail["To"] == address]

    # --- What aiosmtpd calls ---------------------------------------------------------------------------

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._reply("MAIL", address, server) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply("RCPT", address, server)
        if not reply:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        if reply := self._reply("DATA", address, server):
            return reply
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.receiving.set()
        while not self._let_go.is_set():
            await asyncio.sleep(0.01)
        return "250 OK"

    def _reply(self, step: str, address: str, server: SMTP) -> str:
        replies = self._refusals.get((step, address), [""])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply == "drop":
            server.transport.abort()
        return reply


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """The server that the product sends its mails to."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield server
    server.stop()
