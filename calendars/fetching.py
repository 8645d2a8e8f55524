"""Fetches a calendar by its address: politely, within a few seconds, and never from inside our own network.

The address is somebody's input and its server may be anybody's. So every hop is resolved once, looked at, and
connected to at the very address that was looked at (a name may mean something else a moment later); one deadline holds
for everything together, and one limit for what comes out of the compression. What the server calls its answer
(Content-Type) is not believed. Addresses are secrets: no error and no log holds one.
"""

import socket
import ssl
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import certifi

from calendars.addresses import Address, address_of, is_public
from calendars.busy import MOST_BYTES
from calendars.refused import FetchFailed

SECONDS = 5.0
MOST_REDIRECTS = 5
MOST_TRIED = 4  # of the IP addresses of one host
USER_AGENT = "Officer-of-the-Day/1.0 (reads busy calendars)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was there; `address` is where it was in the end, `etag` and `last_modified` are for asking again."""

    content: bytes = field(repr=False)
    etag: str
    last_modified: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotModified:
    """The calendar is still the one that is known."""


def fetch(
    address: str,
    *,
    etag: str = "",
    last_modified: str = "",
    allow_private: bool = False,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Fetched | NotModified:
    """One GET, conditional when `etag` or `last_modified` of an earlier answer are given. Raises FetchFailed.

    `allow_private`: addresses of this machine and its networks are allowed too.
    """
    deadline = monotonic() + seconds
    here = address_of(address)
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers |= {
        name: value for name, value in conditions.items() if value.isascii() and value.isprintable() and value
    }
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(here, headers, deadline, allow_private, most_bytes)
        if not isinstance(answer, str):
            return answer
        there = address_of(answer, seen_from=here.url)
        if here.secure and not there.secure:
            raise FetchFailed(
                "insecure_redirect", "The calendar's server leads to an address without encryption."
            )
        here = there
    raise FetchFailed("too_many_redirects", "The calendar's address leads from one to another without end.")


def _ask(
    here: Address, headers: dict[str, str], deadline: float, allow_private: bool, most_bytes: int
) -> Fetched | NotModified | str:
    """What one server answers; a str is where it sends us."""
    connection = HTTPConnection(here.host, here.port)
    try:
        connection.sock = _connected(here, deadline, allow_private)
        connection.request("GET", here.target, headers={"Host": _host_header(here), **headers})
        with closing(connection.getresponse()) as response:
            return _read(response, here, headers, most_bytes)
    except TimeoutError:
        raise FetchFailed("too_slow", "The calendar's server takes too long to answer.") from None
    except ssl.SSLCertVerificationError:
        raise FetchFailed(
            "bad_certificate", "The calendar's server does not prove who it is: its certificate is not valid."
        ) from None
    except (HTTPException, zlib.error, ValueError):
        raise FetchFailed("broken_answer", "The calendar's server gave an answer that broke off.") from None
    except OSError:
        raise FetchFailed("unreachable", "The calendar's server cannot be reached.") from None
    finally:
        connection.close()


def _read(
    response: HTTPResponse, here: Address, headers: dict[str, str], most_bytes: int
) -> Fetched | NotModified | str:
    if response.status in _REDIRECTS and (location := response.headers["Location"]):
        return str(location)
    if response.status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
        return NotModified()
    if response.status != 200:
        raise _refusal(response)
    return Fetched(
        content=_body(response, most_bytes),
        etag=response.headers.get("ETag", ""),
        last_modified=response.headers.get("Last-Modified", ""),
        address=here.url,
    )


def _host_header(here: Address) -> str:
    host = f"[{here.host}]" if ":" in here.host else here.host
    return host if here.port == (443 if here.secure else 80) else f"{host}:{here.port}"


def _refusal(response: HTTPResponse) -> FetchFailed:
    status = response.status
    if status in {401, 403, 407}:
        return FetchFailed(
            "needs_sign_in", "The calendar's server asks for a sign-in: give the calendar's secret address."
        )
    if status in {404, 410}:
        return FetchFailed("not_found", "There is no calendar at this address any more: give the new one.")
    if status in {429, 503}:
        return FetchFailed("asked_to_wait", "The calendar's server asks us to come back later.")
    if status >= 500:
        return FetchFailed("server_error", f"The calendar's server has a fault of its own (HTTP {status}).")
    return FetchFailed("broken_answer", f"The calendar's server gave no calendar (HTTP {status}).")


def _body(response: HTTPResponse, most_bytes: int) -> bytes:
    """The whole body, decompressed as it comes, so that no more than the limit is ever held."""
    encoding = (response.headers["Content-Encoding"] or "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise FetchFailed(
            "broken_answer", "The calendar's server compresses in a way that we did not ask for."
        )
    unpack = None if encoding == "identity" else zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    pieces: list[bytes] = []
    left = most_bytes
    while piece := response.read(_CHUNK):
        if unpack is not None:
            piece = unpack.decompress(piece, left + 1)
        left -= len(piece)
        if left < 0:
            raise FetchFailed(
                "too_big",
                f"The calendar is larger than {most_bytes // 2**20} MB: publish it without details.",
            )
        pieces.append(piece)
    if response.length or (unpack is not None and not unpack.eof):
        raise HTTPException("The body ended before its end.")
    return b"".join(pieces)


# --- The way there ------------------------------------------------------------------------------------


class _Deadline:
    """A socket whose every wait ends at one moment, however little comes at a time."""

    deadline: float

    def recv_into(self: Any, *arguments: Any, **options: Any) -> int:
        self.settimeout(_left(self.deadline))
        read: int = super().recv_into(*arguments, **options)  # type: ignore[misc]  # the socket's, beside us
        return read


class _Socket(_Deadline, socket.socket):
    pass


class _SecureSocket(_Deadline, ssl.SSLSocket):
    pass


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(here: Address, deadline: float, allow_private: bool) -> socket.socket:
    places = _resolved(here, deadline)
    if not allow_private and not all(is_public(place[4][0]) for place in places):
        raise FetchFailed(
            "private_address", "The address leads into a private network, from where no calendar is fetched."
        )
    for number, (family, kind, protocol, _, place) in enumerate(places, start=1):
        plain = _Socket(family, kind, protocol)
        plain.deadline = deadline
        try:
            plain.settimeout(_left(deadline) / (len(places) - number + 1))
            plain.connect(place)
            plain.settimeout(_left(deadline))
            return _secured(plain, here, deadline) if here.secure else plain
        except ssl.SSLError:
            plain.close()
            raise
        except OSError:
            plain.close()
            if number == len(places):
                raise
    raise OSError("The host has no address.")


def _secured(plain: socket.socket, here: Address, deadline: float) -> ssl.SSLSocket:
    """TLS by the host's name, whichever address it was reached at. One deadline holds for the handshake (CPython)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())  # beside the system's, which may have none
    context.sslsocket_class = _SecureSocket
    secured = context.wrap_socket(plain, server_hostname=here.host)
    secured.deadline = deadline  # type: ignore[attr-defined]
    return secured


def _resolved(here: Address, deadline: float) -> list[Any]:
    """Where the host is, of what `getaddrinfo` says. It knows no deadline, so a thread waits for it."""
    answer: SimpleQueue[list[Any] | OSError | UnicodeError] = SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(here.host, here.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    Thread(target=look_up, daemon=True, name="calendar address").start()
    try:
        found = answer.get(timeout=_left(deadline))
    except Empty:
        raise TimeoutError from None
    if not isinstance(found, list):
        raise FetchFailed(
            "unknown_host", "The calendar's server does not exist: check the address."
        ) from None
    return found[:MOST_TRIED]
