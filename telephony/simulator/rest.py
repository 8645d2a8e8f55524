"""The REST face: finds the resource, checks who asks, answers in Twilio's words.

Each kind of resource is a module of its own that registers its verbs with :func:`serves`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from telephony.simulator.refusals import Refused

if TYPE_CHECKING:
    from telephony.simulator.network import Network


@dataclass(frozen=True)
class Reply:
    """An answer. `begin` is what the request sets going once it is answered; `sid` what it made."""

    status: int
    body: dict[str, Any] | None
    sid: str = ""
    begin: Callable[[], None] | None = None
    media: bytes = b""


@dataclass(frozen=True)
class Request:
    """One REST request, read but not yet checked."""

    network: Network
    method: str
    path: str
    query_text: str = ""
    form_text: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The query's names and values, as given."""
        return parse_qsl(self.query_text, keep_blank_values=True)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query."""
        return grouped(self.pairs)

    @property
    def form(self) -> dict[str, list[str]]:
        """The form."""
        return grouped(parse_qsl(self.form_text, keep_blank_values=True))

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.parts[name]

    def sees(self, sid: str) -> bool:
        """Whether reads see `sid` already (they do, unless the `stale` fault hides it for a while)."""
        until = self.network.hidden.get(sid)
        return until is None or until <= self.network.clock()


def grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Names and values, values of one name together."""
    out: dict[str, list[str]] = {}
    for key, value in pairs:
        out.setdefault(key, []).append(value)
    return out


@dataclass(frozen=True)
class Route:
    """One verb of one resource."""

    method: str
    pattern: re.Pattern[str]
    resource: str
    answer: Callable[[Request], Reply]


ROUTES: list[Route] = []
ACCOUNT = re.compile(r"^.*?(?P<path>/2010-04-01/Accounts/(?P<account>[^/.]+)(?P<rest>/.*|\.json))$")


def serves(
    method: str, pattern: str, resource: str
) -> Callable[[Callable[[Request], Reply]], Callable[[Request], Reply]]:
    """Register a function as the answer to `method` on paths of the account that match `pattern`."""

    def register(answer: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
        ROUTES.append(Route(method, re.compile(pattern), resource, answer))
        return answer

    return register


def resource_of(path: str) -> str:
    """The name of the resource at `path`, for faults and the log: Calls, Call, Messages, …"""
    if match := ACCOUNT.match(path):
        for route in ROUTES:
            if route.pattern.fullmatch(match["rest"]):
                return route.resource
    return "unknown"


def answer(network: Network, *, method: str, path: str, query: str, body: str, authorization: str) -> Reply:
    """Answer one request; refusals are answers too."""
    match = ACCOUNT.match(path)
    if not _is_ours(network, authorization, match["account"] if match else ""):
        return refused(Refused(20003))
    if match is None:
        return refused(Refused(20404, path))
    fitting = [(r, m) for r in ROUTES if (m := r.pattern.fullmatch(match["rest"]))]
    for route, found in fitting:
        if route.method == method:
            request = Request(network, method, match["path"], query, body, found.groupdict())
            try:
                with network.lock:
                    return route.answer(request)
            except Refused as refusal:
                return refused(refusal)
    return refused(Refused(20004) if fitting else Refused(20404, match["path"]))


def refused(refusal: Refused) -> Reply:
    """The refusal as an answer."""
    return Reply(refusal.status, refusal.body())


def _is_ours(network: Network, authorization: str, account: str) -> bool:
    kind, _, secret = authorization.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return (
        hmac.compare_digest(user.encode(), network.account_sid.encode())
        and hmac.compare_digest(password.encode(), network.auth_token.encode())
        and account in {"", network.account_sid}
    )
