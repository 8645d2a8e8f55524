"""Whose address is on record behind a proxy: the client's, never what a client claims to be."""

import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from people.models import Person
from reports.models import SignIn
from tests.conftest import PASSWORD
from web.client_address import client_address, networks

TRUSTED = networks(["10.0.0.0/8", "127.0.0.1", " 2001:db8::/32 "])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 10.2.3.4", "203.0.113.7"),
        ("2001:db8::1", "2001:4860::8", "2001:4860::8"),
        # What the client wrote stands left of what our proxy wrote, and is not read.
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "127.0.0.1, 10.9.9.9, 203.0.113.7, 10.2.3.4", "203.0.113.7"),
        # Who is no proxy of ours says nothing about others.
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),
        # Nonsense goes as far as it makes sense.
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, _hidden, 10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "203.0.113.7,,", "10.0.0.1"),
        ("", "203.0.113.7", ""),
        # All of them are ours.
        ("10.0.0.1", "10.2.3.4, 10.5.6.7", "10.2.3.4"),
        # With ports, in brackets, mapped.
        ("::ffff:10.0.0.1", "203.0.113.7:51234", "203.0.113.7"),
        ("10.0.0.1", "[2001:4860::8]:443", "2001:4860::8"),
    ],
)
def test_the_nearest_that_is_no_proxy_of_ours(peer: str, forwarded: str, found: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == found


@pytest.mark.parametrize(
    ("trusted", "recorded"), [([], "10.0.0.1"), (["10.0.0.1"], "203.0.113.7"), (["192.0.2.9"], "10.0.0.1")]
)
def test_sign_ins_and_the_log_have_the_clients(
    trusted: list[str], recorded: str, dora: Person, settings, caplog
) -> None:
    settings.TRUSTED_PROXIES = trusted
    client = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    for password in ("wrong", PASSWORD):
        client.post("/accounts/login/", {"login": "dora@example.com", "password": password})
    assert list(SignIn.objects.values_list("address", flat=True)) == [recorded] * 2
    with caplog.at_level(logging.WARNING, logger="telephony.webhooks"):
        assert client.post("/webhooks/twilio/voice", {"From": "+15550100"}).status_code == 400
    assert f"from {recorded}" in caplog.text


@pytest.mark.django_db
def test_each_client_behind_a_proxy_has_tries_of_their_own(settings) -> None:
    """Sign-in's limits go by the address: behind a proxy that is not known, one guesser would lock out all."""
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}

    def statuses(address: str) -> list[int]:
        client = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": address})
        wrong = {"login": "nobody@example.com", "password": "wrong"}
        return [client.post("/accounts/login/", wrong).status_code for _ in range(3)]

    assert statuses("203.0.113.7")[-1] == 429
    assert statuses("203.0.113.8")[0] == 200


def test_what_is_no_address_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"TRUSTED_PROXIES: 'proxy\.example\.com'"):
        networks(["proxy.example.com"])
