"""Sends the letters that go by mail: a task of the queue, woken after commit and swept each minute.

One connection carries a run. A letter that the server refuses for good (5xx) has failed at once, one that it refuses
for now (4xx) goes again, ever slower. A server that cannot be reached, or lets nobody in, is no letter's fault: all
wait as they are, and each minute one connection is tried. A worker that dies between the server's yes and our record
sends that one letter twice; it carries the same Message-ID, by which most readers show it once.
"""

import contextlib
import hashlib
import logging
import smtplib
import time
from email import charset
from typing import NoReturn
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from people import letters_status
from people.models import Letter, LetterChannel

logger = logging.getLogger(__name__)

RUN_SECONDS = 10.0
"""Then the rest goes to the end of the queue, so that other tasks have their turn."""
BATCH = 20
LETTERS_A_CONNECTION = 100
"""Many servers close a connection that carried a hundred messages or so."""
BREAKS = 3
"""So many letters in a row that break a new connection are not to blame."""

_QUOTED_PRINTABLE = charset.Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = charset.QP

_SERVICE_CLOSES = 421  # RFC 5321 section 4.2.3
# Replies that speak of us and of no letter: log in first, wrong password, no TLS (RFC 4954 section 6, RFC 3207).
_ABOUT_US = frozenset({432, 454, 530, 534, 535, 538})


class ServerTrouble(Exception):
    """Nothing goes out by mail now; `str()` says why, in words for an administrator."""


class BrokenOff(ServerTrouble):
    """The connection broke, or the server wants no more on it, while one letter was being handed over."""


class NotTaken(Exception):
    """The server did not take this letter: for good where `permanent`, else for now."""

    def __init__(self, why: str, *, code: int | None = None, permanent: bool) -> None:
        super().__init__(why)
        self.code = code
        self.permanent = permanent


def send_due() -> int:
    """Send the mails that are due, for some seconds; where some are left, another task goes on. Returns how many."""
    letters_status.take_from_the_dead()
    if letters_status.somebody_sends(LetterChannel.MAIL):
        return 0
    until = time.monotonic() + RUN_SECONDS
    count = 0
    with contextlib.closing(MailServer()) as server:
        while claimed := letters_status.claim(LetterChannel.MAIL, BATCH):
            if not count and letters_status.somebody_sends(LetterChannel.MAIL, before=claimed):
                letters_status.give_back(claimed)
                letters_status.wake(LetterChannel.MAIL)
                break
            try:
                count += _send_all(claimed, server, until)
            except ServerTrouble as trouble:
                logger.warning("No mail goes out: %s", trouble)
                letters_status.hold(LetterChannel.MAIL, why=str(trouble))
                return count
            if time.monotonic() >= until:
                letters_status.wake(LetterChannel.MAIL)
                break
    return count


def _send_all(claimed: list[Letter], server: "MailServer", until: float) -> int:
    count = 0
    for place, letter in enumerate(claimed):
        if time.monotonic() >= until or not letters_status.is_mine(letter):
            letters_status.give_back(claimed[place:])
            break
        try:
            server.send(composed(letter))
        except NotTaken as refusal:
            _not_taken(letter, refusal)
        except ServerTrouble as trouble:
            letters_status.give_back(claimed[place:], why=str(trouble))
            raise
        else:
            count += letters_status.sent(letter)
    return count


def _not_taken(letter: Letter, refusal: NotTaken) -> None:
    logger.warning("%s was not taken: %s", letter, refusal)
    if refusal.permanent:
        letters_status.failed(letter, why=str(refusal), code=refusal.code)
    else:
        letters_status.again(letter, why=str(refusal), code=refusal.code)


def composed(letter: Letter) -> EmailMultiAlternatives:
    """The letter as a mail. A calendar is the last alternative, inline, and the same bytes are attached.

    Gmail, Outlook and Apple each look for it in another of these places; its MIME method equals its METHOD
    (RFC 6047 section 2.4). All leaves as 7 bits, so that no relay on the way has to touch it.
    """
    mail = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        from_email=letter.from_address or None,
        to=[letter.address],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        # RFC 3834 section 5: no absence note answers it.
        headers={"Message-ID": message_id(letter), "Auto-Submitted": "auto-generated"} | letter.headers,
    )
    mail.encoding = _QUOTED_PRINTABLE
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    if letter.calendar:
        # Django adds the charset: naming it here would double it.
        mail.attach_alternative(letter.calendar, f"text/calendar; method={letter.calendar_method}")
        mail.attach("invite.ics", letter.calendar.encode(), "application/ics")
    return mail


def message_id(letter: Letter) -> str:
    """The same for the same letter, however often it is sent."""
    digest = hashlib.sha256(f"{letter.pk}:{letter.key}".encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.PUBLIC_BASE_URL).hostname or 'localhost'}>"


class MailServer:
    """The mail server, by one connection that is opened when it is first needed and anew when it breaks."""

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None
        self._carried = 0
        self._breaks = 0

    def send(self, mail: EmailMultiAlternatives) -> None:
        """Hand over one mail. Raises `NotTaken` or `ServerTrouble`."""
        fresh = self._open()
        try:
            self._hand_over(mail)
        except BrokenOff as broken:
            self.close()
            if fresh:
                self._count_break(broken)
            # An idle or much used connection is closed by the server at its pleasure: once more on a new one.
            self.send(mail)
        else:
            self._breaks = 0

    def _count_break(self, broken: BrokenOff) -> NoReturn:
        """One letter alone may be what the server cannot stand: it goes again later, and the others now."""
        self._breaks += 1
        if self._breaks >= BREAKS:
            raise broken
        raise NotTaken(str(broken), permanent=False)

    def close(self) -> None:
        """Say goodbye; where the server does not hear it any more, nothing is lost."""
        if self._backend is not None:
            with contextlib.suppress(OSError):
                self._backend.close()
        self._backend = None

    def _open(self) -> bool:
        """Whether the connection is a new one."""
        if self._backend is not None and self._carried < LETTERS_A_CONNECTION:
            return False
        self.close()
        backend = get_connection()
        try:
            backend.open()
        except OSError as error:  # smtplib's errors are OSErrors too
            raise ServerTrouble(_why(error)) from error
        self._backend, self._carried = backend, 0
        return True

    def _hand_over(self, mail: EmailMultiAlternatives) -> None:
        assert self._backend is not None  # noqa: S101 - just opened
        self._carried += 1
        try:
            self._backend.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refusal(code, words) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotTaken(f"The mail server cannot carry it: {error}", permanent=True) from error
        except OSError as error:
            raise BrokenOff(_why(error)) from error
        except (ValueError, LookupError, TypeError) as error:
            raise NotTaken(f"It could not be put into a mail: {error}", permanent=True) from error


def _refusal(code: int, words: bytes | str) -> NotTaken | ServerTrouble:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    why = f"The mail server answered {code}: {' '.join(said.split())}"
    if code == _SERVICE_CLOSES:
        return BrokenOff(why)
    return ServerTrouble(why) if code in _ABOUT_US else NotTaken(why, code=code, permanent=code >= 500)


def _why(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server does not take our name and password (EMAIL_URL)."
    if isinstance(error, smtplib.SMTPResponseException):
        return str(_refusal(error.smtp_code, error.smtp_error))
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "The mail server did not answer in time."
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionResetError | BrokenPipeError):
        return "The mail server broke the connection off."
    return f"The mail server cannot be reached: {error.strerror or error}."
