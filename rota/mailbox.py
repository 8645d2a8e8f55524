"""The mailbox that invitations come from, read by IMAP: the plain way for answers to come back.

A mail is marked as seen after it was acted on: a process that dies in between reads it again, which changes nothing.
What is too large is flagged for a human instead of being read.
"""

import contextlib
import imaplib
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

from calendars.replies import LONGEST_MAIL
from rota.mail_in import Received, receive

logger = logging.getLogger(__name__)

TIMEOUT = 20.0
"""Seconds for each exchange with the server."""
MOST_AT_ONCE = 200
"""Mails of one run; the next one, a minute later, goes on."""

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; `str()` says why, in words for an administrator."""


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where the mailbox is: `imaps://USER:PASSWORD@HOST[:PORT]/FOLDER`, user and password percent-encoded.

    `imap://` begins in the clear and asks for TLS (RFC 8314 section 3 prefers imaps); a server elsewhere that offers
    none is refused, for the password would be read on the way.
    """

    tls: bool
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def from_url(cls, url: str) -> "Mailbox":
        """Raises MailboxTrouble that names what is wrong, never the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise MailboxTrouble("MAILBOX_URL is no address.") from error
        if parts.scheme not in ("imaps", "imap"):
            raise MailboxTrouble("MAILBOX_URL begins with imaps:// or imap://.")
        if not (parts.hostname and parts.username and parts.password):
            raise MailboxTrouble(
                "MAILBOX_URL needs a user, a password and a host: imaps://user:password@host/INBOX."
            )
        tls = parts.scheme == "imaps"
        return cls(
            tls=tls,
            host=parts.hostname,
            port=port or (993 if tls else 143),
            user=unquote(parts.username),
            password=unquote(parts.password),
            folder=unquote(parts.path.strip("/")) or "INBOX",
        )


def fetch_if_set() -> int:
    """Each minute, from the queue: read the mailbox where there is one. Returns how many mails were read."""
    if not settings.MAILBOX_URL:
        return 0
    try:
        return len(fetch())
    except MailboxTrouble as trouble:
        logger.warning("Answers by mail wait: %s", trouble)
        return 0


def fetch() -> list[Received]:
    """Act on every unseen mail of the mailbox, and mark each as seen afterwards. Raises MailboxTrouble."""
    mailbox = Mailbox.from_url(settings.MAILBOX_URL)
    with _opened(mailbox) as server:
        read = [_read_one(server, number) for number in _unseen(server)]
    return [received for received in read if received is not None]


@contextlib.contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    where = f"{mailbox.host}:{mailbox.port}"
    try:
        server = _connect(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxTrouble(f"The mailbox at {where} cannot be reached: {error}") from error
    try:
        _log_in(server, mailbox, where)
        folder = mailbox.folder.replace("\\", "\\\\").replace('"', '\\"')
        if server.select(f'"{folder}"')[0] != "OK":
            raise MailboxTrouble(f"{mailbox.user} has no folder {mailbox.folder}.")
        yield server
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxTrouble(f"{where} broke off: {error}") from error
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _connect(mailbox: Mailbox) -> imaplib.IMAP4:
    secure = ssl.create_default_context()
    if mailbox.tls:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=secure, timeout=TIMEOUT)
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    if "STARTTLS" in server.capabilities:
        server.starttls(ssl_context=secure)
    elif not _here(server.sock):
        server.shutdown()
        raise imaplib.IMAP4.error("it offers no TLS, and a password is not sent in the clear. Use imaps://.")
    return server


def _log_in(server: imaplib.IMAP4, mailbox: Mailbox, where: str) -> None:
    try:
        # LOGIN knows no letter beyond ASCII (RFC 9051 section 6.2.3), SASL does.
        if "AUTH=PLAIN" in server.capabilities:
            server.authenticate("PLAIN", lambda _: f"\0{mailbox.user}\0{mailbox.password}".encode())
        else:
            server.login(mailbox.user, mailbox.password)
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise MailboxTrouble(f"{where} does not let {mailbox.user} in.") from error


def _here(connection: socket.socket) -> bool:
    return ipaddress.ip_address(connection.getpeername()[0]).is_loopback


def _unseen(server: imaplib.IMAP4) -> list[str]:
    """Unique numbers (UID), the oldest first: they stay the same while others delete."""
    status, found = server.uid("SEARCH", "UNSEEN", "UNFLAGGED")
    if status != "OK" or not found or not found[0]:
        return []
    numbers: list[str] = found[0].decode().split()
    return numbers[:MOST_AT_ONCE]


def _read_one(server: imaplib.IMAP4, number: str) -> Received | None:
    size = _size(server, number)
    if size is None:
        return None  # gone meanwhile
    if size > LONGEST_MAIL:
        logger.warning("A mail of %s octets is too large to be read; it is flagged in the mailbox.", size)
        server.uid("STORE", number, "+FLAGS.SILENT", r"(\Flagged)")
        return None
    # PEEK: reading alone must not mark it, or a crash now would lose it.
    message = _literal(server.uid("FETCH", number, "(BODY.PEEK[])")[1])
    if message is None:
        return None
    received = receive(message)
    logger.info("Mail %s: %s", number, received.line)
    server.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
    return received


def _size(server: imaplib.IMAP4, number: str) -> int | None:
    lines = server.uid("FETCH", number, "(RFC822.SIZE)")[1]
    for line in lines:
        if isinstance(line, bytes) and (found := _SIZE.search(line)):
            return int(found[1])
    return None


def _literal(lines: list[bytes | tuple[bytes, bytes] | None]) -> bytes | None:
    return next((line[1] for line in lines if isinstance(line, tuple)), None)
