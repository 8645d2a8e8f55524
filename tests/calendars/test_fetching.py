"""Calendars are fetched from real servers on this machine: politely, in time, and from nowhere they must not be."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from calendars.addresses import address_of, is_public
from calendars.busy import MOST_BYTES
from calendars.fetching import Fetched, NotModified, fetch
from calendars.refused import FetchFailed

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


class Handler(BaseHTTPRequestHandler):
    """Answers by path; notes the headers of what is asked."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers.items())))
        self.server.answers[self.path](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass

    def give(self, status: int = 200, body: bytes = CALENDAR, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: dict[str, Callable[[Handler], None]]
    asked: list[tuple[str, dict[str, str]]]
    scheme = "http"

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server_address[1]}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.answers, made.asked = {"/": Handler.give}, []
    if context is not None:
        made.socket = context.wrap_socket(made.socket, server_side=True)
        made.scheme = "https"
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def got(address: str, **options: object) -> Fetched:
    answer = fetch(address, allow_private=True, **options)  # type: ignore[arg-type]
    assert isinstance(answer, Fetched)
    return answer


def refused(address: str, **options: object) -> str:
    with pytest.raises(FetchFailed) as failure:
        fetch(address, **{"allow_private": True, **options})  # type: ignore[arg-type]
    assert str(failure.value).endswith(".")
    assert "127.0.0.1" not in str(failure.value)
    return failure.value.code


# --- What is there ------------------------------------------------------------------------------------


def test_the_calendar_comes_with_what_it_takes_to_ask_again(server: Server) -> None:
    server.answers["/a.ics?key=1"] = lambda asked: asked.give(
        ETag='W/"7"', Last_Modified="Sun, 01 Mar 2026 10:00:00 GMT"
    )
    assert got(server.at("/a.ics?key=1#top")) == Fetched(
        CALENDAR, 'W/"7"', "Sun, 01 Mar 2026 10:00:00 GMT", server.at("/a.ics?key=1")
    )
    [(_, headers)] = server.asked
    assert headers["User-Agent"].startswith("Officer-of-the-Day/")
    assert headers["Host"] == f"127.0.0.1:{server.server_address[1]}"
    assert "If-None-Match" not in headers


def test_what_has_not_changed_is_not_sent_again(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(304, b"")
    known = {"etag": '"7"', "last_modified": "Sun, 01 Mar 2026 10:00:00 GMT"}
    assert fetch(server.at("/"), allow_private=True, **known) == NotModified()
    [(_, headers)] = server.asked
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == tuple(known.values())


def test_not_modified_is_no_answer_to_whoever_knows_nothing(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(304, b"")
    assert refused(server.at("/")) == "broken_answer"


def test_a_stored_tag_cannot_add_a_header(server: Server) -> None:
    assert got(server.at("/"), etag='"7"\r\nX-Evil: 1').content == CALENDAR
    assert "X-Evil" not in server.asked[0][1]


def test_a_compressed_calendar(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(200, gzip.compress(CALENDAR), Content_Encoding="gzip")
    assert got(server.at("/")).content == CALENDAR


def test_a_calendar_in_chunks(server: Server) -> None:
    def give(asked: Handler) -> None:
        asked.protocol_version = "HTTP/1.1"
        asked.send_response(200)
        asked.send_header("Transfer-Encoding", "chunked")
        asked.end_headers()
        for piece in (CALENDAR[:10], CALENDAR[10:]):
            asked.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        asked.wfile.write(b"0\r\n\r\n")

    server.answers["/"] = give
    assert got(server.at("/")).content == CALENDAR


def test_what_the_server_calls_it_is_not_asked(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(Content_Type="text/html")
    assert got(server.at("/")).content == CALENDAR


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "needs_sign_in"), (403, "needs_sign_in"), (404, "not_found"), (410, "not_found"), (429, "asked_to_wait"),
        (503, "asked_to_wait"), (500, "server_error"), (502, "server_error"), (204, "broken_answer"),
        (206, "broken_answer"), (300, "broken_answer"), (418, "broken_answer"),
    ],
)  # fmt: skip
def test_an_error_with_a_calendar_for_its_body_is_an_error(server: Server, status: int, code: str) -> None:
    server.answers["/"] = lambda asked: asked.give(status, CALENDAR)
    assert refused(server.at("/")) == code


# --- Redirects ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server: Server, status: int) -> None:
    server.answers["/old"] = lambda asked: asked.give(status, b"", Location="new/a.ics")
    server.answers["/new/a.ics"] = Handler.give
    assert got(server.at("/old")).address == server.at("/new/a.ics")


def test_not_for_ever(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(302, b"", Location="/")
    assert refused(server.at("/")) == "too_many_redirects"
    assert len(server.asked) == 6


def test_a_redirect_to_no_address(server: Server) -> None:
    server.answers["/file"] = lambda asked: asked.give(302, b"", Location="file:///etc/passwd")
    server.answers["/nowhere"] = lambda asked: asked.give(302, b"")
    assert refused(server.at("/file")) == "bad_address"
    assert refused(server.at("/nowhere")) == "broken_answer"


PUBLIC = "93.184.216.34"
"""Some address of the open internet; in these tests it is this machine."""


@dataclass
class Names:
    """What names mean here, instead of what the world's servers say, and which of its addresses lead back here."""

    means: dict[str, list[str]]
    here: frozenset[str] = frozenset({PUBLIC})
    asked: list[str] = field(default_factory=list)

    def look_up(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        if host not in self.means:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in self.means[host]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made, connect = Names({"127.0.0.1": ["127.0.0.1"]}), socket.socket.connect

    def connect_here(self: socket.socket, place: tuple[str, int]) -> None:
        connect(self, ("127.0.0.1", place[1]) if place[0] in made.here else place)

    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    monkeypatch.setattr(socket.socket, "connect", connect_here)
    return made


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"],  # noqa: S104
)
def test_this_machine_is_not_asked_unless_allowed(server: Server, host: str) -> None:
    assert refused(server.at("/", host), allow_private=False) in {"private_address", "unknown_host"}
    assert not server.asked


def test_a_name_that_means_a_public_and_a_private_address_is_refused(names: Names) -> None:
    names.means["two.example"] = [PUBLIC, "10.0.0.1"]
    assert refused("http://two.example/", allow_private=False) == "private_address"


def test_each_hop_is_looked_at(server: Server, names: Names) -> None:
    names.means |= {"outside.example": [PUBLIC], "inside.example": ["127.0.0.1"]}
    port = server.server_address[1]
    server.answers["/in"] = lambda asked: asked.give(302, b"", Location=f"http://inside.example:{port}/")
    assert refused(server.at("/in", "outside.example"), allow_private=False) == "private_address"
    assert [path for path, _ in server.asked] == ["/in"]


def test_an_address_that_changes_between_look_and_connection_does_not_matter(
    server: Server, names: Names
) -> None:
    """A name server that says something public first, and then ourselves."""
    names.means["rebinding.example"] = [PUBLIC]
    port = server.server_address[1]

    def move(asked: Handler) -> None:
        names.means["rebinding.example"] = ["127.0.0.1"]
        asked.give(302, b"", Location=f"http://rebinding.example:{port}/")

    server.answers["/first"] = move
    assert refused(server.at("/first", "rebinding.example"), allow_private=False) == "private_address"
    assert names.asked == ["rebinding.example", "rebinding.example"]


def test_a_name_is_asked_once_and_what_was_looked_at_is_connected_to(server: Server, names: Names) -> None:
    names.means["once.example"] = [PUBLIC]
    answer = fetch(server.at("/", "once.example"))
    assert isinstance(answer, Fetched)
    assert names.asked == ["once.example"]
    assert server.asked[0][1]["Host"].startswith("once.example:")


def test_the_second_address_is_tried_when_the_first_is_dead(server: Server, names: Names) -> None:
    names.means["two.example"] = ["127.0.0.99", "127.0.0.1"]
    assert got(server.at("/", "two.example")).content == CALENDAR


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("64:ff9b::5db8:d822", True),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.100.100.200", False), ("168.63.129.16", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("0.0.0.0", False), ("198.18.0.1", False), ("::", False), ("::1", False), ("fe80::1%eth0", False),  # noqa: S104
        ("fd00:ec2::254", False), ("ff02::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False), ("nonsense", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(ip: str, public: bool) -> None:
    assert is_public(ip) is public


# --- Servers that hurt --------------------------------------------------------------------------------


def trickle(asked: Handler, *, headers_too: bool) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-A: " if headers_too else b"\r\n"))
    try:
        for _ in range(100):
            asked.wfile.write(b"a")
            asked.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


@pytest.mark.parametrize("headers_too", [False, True])
def test_a_server_that_trickles_is_given_up_in_time(server: Server, headers_too: bool) -> None:
    server.answers["/"] = lambda asked: trickle(asked, headers_too=headers_too)
    began = time.monotonic()
    assert refused(server.at("/"), seconds=0.6) == "too_slow"
    assert time.monotonic() - began < 2.5


def test_one_deadline_holds_for_all_redirects_together(server: Server) -> None:
    def later(asked: Handler) -> None:
        time.sleep(0.3)
        asked.give(302, b"", Location="/")

    server.answers["/"] = later
    began = time.monotonic()
    assert refused(server.at("/"), seconds=0.7) == "too_slow"
    assert time.monotonic() - began < 2.5


def test_a_server_that_says_nothing(names: Names) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert refused(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.3) == "too_slow"


def test_a_server_that_says_nothing_in_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert refused(f"https://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.3) == "too_slow"


def test_a_name_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(5))
    assert refused("http://slow.example/", seconds=0.3) == "too_slow"
    over.set()


def test_nobody_there(names: Names) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert refused(f"http://127.0.0.1:{port}/") == "unreachable"
    assert refused("http://nobody.example/") == "unknown_host"


def test_a_body_that_is_too_large(server: Server) -> None:
    server.answers["/"] = lambda asked: asked.give(body=b"x" * 2_000_000)
    assert refused(server.at("/"), most_bytes=1_000_000) == "too_big"


def test_a_bomb_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 100_000_000, 9), 9)  # twice: a kilobyte or so
    once = gzip.decompress(bomb)
    server.answers["/"] = lambda asked: asked.give(200, once, Content_Encoding="gzip")
    assert len(once) < 200_000
    tracemalloc.start()
    assert refused(server.at("/")) == "too_big"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MOST_BYTES


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN:VCALENDAR",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nContent-Encoding: gzip\r\n\r\n"
        + gzip.compress(CALENDAR, mtime=0)[:20],  # the same in each process that collects the tests
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: br\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nBEGIN:VCALENDAR",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_an_answer_that_breaks_off_or_is_none(server: Server, answer: bytes) -> None:
    server.answers["/"] = lambda asked: asked.wfile.write(answer)
    assert refused(server.at("/")) in {"broken_answer", "unreachable"}


# --- Addresses and certificates -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("webcal://Example.com/a b.ics#x", "https://example.com/a%20b.ics"),
        ("WEBCALS://example.com", "https://example.com"),
        ("  https://example.com:8443/x?y=z  ", "https://example.com:8443/x?y=z"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
    ],
)
def test_what_an_address_means(given: str, meant: str) -> None:
    assert address_of(given).url == meant


@pytest.mark.parametrize(
    "given",
    [
        "", "calendar.ics", "ftp://example.com/a.ics", "file:///etc/passwd", "https://", "http://example.com:99999/",
        "https://exa mple.com/", "https://ana:secret@example.com/", "https://example.com/" + "a" * 3_000,
        "https://example.com/\r\nHost: evil", "gopher://example.com",
    ],
)  # fmt: skip
def test_what_is_no_address(given: str) -> None:
    assert refused(given) == "bad_address"


@dataclass(frozen=True)
class Authority:
    """Who vouches for calendar.example, in a file."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    maker, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    maker.issue_cert("calendar.example").configure_cert(context)
    file = tmp_path_factory.mktemp("authority") / "authority.pem"
    maker.cert_pem.write_to_path(file)
    return Authority(file, context)


@pytest.fixture
def secure(authority: Authority) -> Iterator[Server]:
    with serving(authority.context) as made:
        yield made


def test_a_certificate_is_for_the_name_whatever_the_address(
    secure: Server, names: Names, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    names.means |= {"calendar.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    assert got(secure.at("/", "calendar.example")).content == CALENDAR
    assert refused(secure.at("/", "other.example")) == "bad_certificate"


def test_a_certificate_that_nobody_vouches_for(secure: Server, names: Names) -> None:
    names.means["calendar.example"] = ["127.0.0.1"]
    assert refused(secure.at("/", "calendar.example")) == "bad_certificate"


def test_a_secret_address_is_not_sent_on_without_encryption(
    secure: Server, server: Server, names: Names, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    names.means["calendar.example"] = ["127.0.0.1"]
    secure.answers["/"] = lambda asked: asked.give(302, b"", Location=server.at("/"))
    assert refused(secure.at("/", "calendar.example")) == "insecure_redirect"
    assert not server.asked
