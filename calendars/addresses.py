"""Addresses of calendars on the web, and which machines they may lead to."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from calendars.refused import FetchFailed

LONGEST = 2_000  # characters
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_INSIDE_OF_CLOUDS = frozenset({ip_address("168.63.129.16")})  # Azure's own services, at a public address


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address, taken apart."""

    url: str
    secure: bool
    host: str
    port: int
    target: str


def address_of(text: str, *, seen_from: str = "") -> Address:
    """The address that somebody gave, or that a redirect from `seen_from` names. Raises FetchFailed.

    webcal: is how pages and phones write "subscribe to this"; it means https.
    """
    text = urljoin(seen_from, text.strip()) if seen_from else text.strip()
    for scheme in ("webcal://", "webcals://"):
        if text[: len(scheme)].lower() == scheme:
            text = "https://" + text[len(scheme) :]
    try:
        parsed = parse_url(text)
    except LocationParseError:
        raise _bad() from None
    if (
        parsed.scheme not in {"http", "https"}
        or not parsed.host
        or len(text) > LONGEST
        or not text.isprintable()
    ):
        raise _bad()
    if parsed.auth:
        raise FetchFailed(
            "bad_address",
            "The address holds a user name: give the calendar's secret address, which needs no sign-in.",
        )
    secure = parsed.scheme == "https"
    return Address(
        url=parsed._replace(fragment=None).url,
        secure=secure,
        host=parsed.host.strip("[]"),
        port=parsed.port or (443 if secure else 80),
        target=parsed.request_uri,
    )


def is_public(address: str) -> bool:
    """Whether that IP address is one of the open internet: not of this machine, this network or a cloud's inside."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (inner := _inner(ip)) is not None:
        ip = inner
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in _INSIDE_OF_CLOUDS


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which the network would lead an IPv6 one."""
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _bad() -> FetchFailed:
    return FetchFailed(
        "bad_address", "This is no address of a calendar: it begins with https://, http:// or webcal://."
    )
