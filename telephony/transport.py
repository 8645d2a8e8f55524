"""How requests travel to Twilio: where to, how long we wait, and what a broken connection means.

The official client speaks through `Transport`. Every failure leaves here as an error of `telephony.errors`,
so nothing above this module ever sees an exception of `twilio` or `requests`.
"""

import contextlib
import ipaddress
import json
import logging
import os
import ssl
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from telephony.errors import OutcomeUnknown, TelephonyError, refusal
from telephony.numbers import is_dialable

TWILIO = "https://api.twilio.com"

# The far side closes an idle connection without a word, and a POST that meets the closing has an unknown
# outcome. So we never use one that was idle for longer than any server keeps it.
IDLE_SECONDS = 15.0
# No process of ours has so many threads; a connection beyond these would be thrown away after one request.
MOST_CONNECTIONS = 64

logger = logging.getLogger(__name__)


class Transport(HttpClient):  # type: ignore[misc] # twilio has no types
    """The HTTP client below the official one: pooled connections, hard timeouts, no retry of anything."""

    def __init__(self, *, base_url: str, connect_timeout: float, read_timeout: float) -> None:
        super().__init__(logger, is_async=False)
        self.base_url = (base_url or TWILIO).rstrip("/")
        self._timeouts = (connect_timeout, read_timeout)
        self._session = requests.Session()
        # A proxy of the environment is for the way out, not for a simulator on this machine.
        self._session.trust_env = not _is_loopback(self.base_url)
        adapter = _Adapter(pool_maxsize=MOST_CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One exchange. Raises `TelephonyError` (surely not done) or `OutcomeUnknown` (only Twilio knows)."""
        try:
            answer = self._session.request(
                method,
                self._address(uri),
                params=params,  # type: ignore[arg-type] # the client gives strings and lists of strings
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _broken(error, method=method) from error
        return _accepted(answer, method=method)

    def _address(self, uri: str) -> str:
        """The official client's address with our scheme, host, port and path prefix put in its place."""
        return self.base_url + uri.removeprefix(TWILIO) if uri.startswith(TWILIO) else uri


def twilio_client() -> Client:
    """The official client with the credentials of the settings as they are now. Raises TelephonyError."""
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        raise TelephonyError(
            "Twilio is not set up.",
            remedy="Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
            permanent=True,
        )
    return _client(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_API_BASE_URL,
        settings.TWILIO_CONNECT_TIMEOUT,
        settings.TWILIO_READ_TIMEOUT,
    )


def warm_up() -> None:
    """Load what the official client, and the look at a number, load only when first used (some 50 ms), so that no
    call waits for it.

    For a pager at its start. No network; nothing is raised when Twilio is not set up yet.
    """
    is_dialable(settings.TWILIO_FROM_NUMBER)
    with contextlib.suppress(TelephonyError):
        client = twilio_client()
        client.calls, client.messages, client.conferences  # noqa: B018 - looking at them loads them


@lru_cache(maxsize=8)
def _client(account_sid: str, token: str, base_url: str, connect: float, read: float) -> Client:
    transport = Transport(base_url=base_url, connect_timeout=connect, read_timeout=read)
    return Client(account_sid, token, http_client=transport)


# A child process that shared its parent's sockets would read the parent's answers.
os.register_at_fork(after_in_child=_client.cache_clear)


class _ShortIdle(HTTPConnection):
    """A connection that counts as dropped once it has been idle for `IDLE_SECONDS`; urllib3 then opens
    anew.
    """

    _used_at: float = 0.0

    def getresponse(self) -> Any:  # urllib3's and http.client's annotations differ
        try:
            return super().getresponse()
        finally:
            self._used_at = time.monotonic()

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._used_at < IDLE_SECONDS


class _ShortIdleTLS(_ShortIdle, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _ShortIdle


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _ShortIdleTLS


class _Adapter(HTTPAdapter):
    """requests' adapter over the pools above."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}


def _accepted(answer: requests.Response, *, method: str) -> Response:
    """The answer if it says yes, else the error that it stands for."""
    status = answer.status_code
    # JSON is UTF-8 (RFC 8259 section 8.1); left alone, requests would guess, slowly.
    text = answer.content.decode("utf-8", "replace")
    body = _json(text)
    if status >= 500:
        words = f"Twilio answered with HTTP {status}."
        if method == "GET":
            raise TelephonyError(words, remedy="Try again in a moment.", permanent=False, code=_code(body))
        raise OutcomeUnknown(words, code=_code(body))
    if status >= 300:
        said = body.get("message") if isinstance(body, dict) else None
        raise refusal(
            status=status,
            code=_code(body),
            words=said if isinstance(said, str) else "",
            retry_after=answer.headers.get("Retry-After", ""),
        )
    if text and not isinstance(body, dict):
        raise _unreadable(method)
    return Response(status, text, answer.headers)


def _unreadable(method: str) -> TelephonyError:
    words = "What answered is not Twilio's API: it sent no JSON."
    if method == "GET":
        return TelephonyError(words, remedy="Check TWILIO_API_BASE_URL.", permanent=False)
    return OutcomeUnknown(words)


def _broken(error: requests.RequestException, *, method: str) -> TelephonyError:
    """What a failed exchange means: nothing was sent, or an answer was lost."""
    if _was_never_sent(error):
        return TelephonyError(
            f"Twilio was not reached ({type(error).__name__}).",
            remedy="Check the network and TWILIO_API_BASE_URL; it may be tried again.",
            permanent=False,
        )
    words = f"The connection to Twilio broke ({type(error).__name__})."
    if method == "GET":
        return TelephonyError(words, remedy="It only asked a question: ask again.", permanent=False)
    return OutcomeUnknown(words)


def _was_never_sent(error: requests.RequestException) -> bool:
    """True only when surely no byte of the request left: no connection, a bad certificate, a bad address."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | ValueError):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NewConnectionError):
        return True
    return any(isinstance(item, ssl.SSLCertVerificationError) for item in getattr(reason, "args", ()))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _code(body: object) -> int | None:
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
