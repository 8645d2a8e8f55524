"""Whose address a request comes from, behind proxies that we trust: for the record, the log and rate limits."""

from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ClientAddress:
    """Puts the client's own address into `REMOTE_ADDR`, where everything looks for it: Django, allauth, our log.

    `X-Forwarded-For` is read from the right, and only as far as each hop is one of `TRUSTED_PROXIES`: what stands left
    of the first address that is none was written by whoever called, and says nothing. From a peer that is no trusted
    proxy the header is not read at all. Source: MDN, X-Forwarded-For, "Selecting an IP address", trusted proxy list.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = networks(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.trusted and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
            peer = request.META.get("REMOTE_ADDR", "")
            request.META["REMOTE_ADDR"] = client_address(peer, forwarded, self.trusted)
        return self.get_response(request)


def client_address(peer: str, forwarded: str, trusted: Collection[Network]) -> str:
    """The nearest address that is no trusted proxy; the farthest known one where all are. Pure."""
    address = _read(peer)
    hops = forwarded.split(",")
    while address is not None and hops and any(address in network for network in trusted):
        further = _read(hops.pop())
        if further is None:
            break
        address = further
    return peer if address is None else str(address)


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks ("10.0.0.0/8") as they are set. Raises ImproperlyConfigured for what is neither."""
    try:
        return tuple(ip_network(one.strip()) for one in written if one.strip())
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES: {error}. Write addresses or networks such as 10.0.0.0/8, separated by commas."
        ) from error


def _read(text: str) -> Address | None:
    """An address, without the port and brackets that some proxies write; of a mapped IPv4 the IPv4."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
