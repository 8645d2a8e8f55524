"""Settings: what makes no sense is refused by its name before anything starts, and what is empty is not given."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from config.environment import Environment
from tests.product import ROOT

HTTP = ("http", "https")
Reader = Callable[[Environment], Any]


@pytest.mark.parametrize("text", ["maybe", "ture", "2", "off!", "on off"])
def test_a_switch_is_on_or_off_and_never_guessed(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DEBUG: .*neither on nor off"):
        Environment({"DEBUG": text}).yes_no("DEBUG")


@pytest.mark.parametrize(
    ("text", "is_on"), [("on", True), ("True", True), ("1", True), ("off", False), ("NO", False)]
)
def test_the_usual_words_switch(text: str, is_on: bool) -> None:
    assert Environment({"DEBUG": text}).yes_no("DEBUG", not is_on) is is_on


@pytest.mark.parametrize("text", ["fast", "60/min", "nan", "inf", "-1", "1,5", "1e3", "1.2.3", "½", "10-20"])
def test_a_number_is_a_number_and_nothing_is_cut_out_of_it(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^TWILIO_CALLS_PER_SECOND: "):
        Environment({"TWILIO_CALLS_PER_SECOND": text}).number("TWILIO_CALLS_PER_SECOND", 1.0)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("0", lambda env: env.number("IT", 2.0, above=0)),
        ("0", lambda env: env.whole("IT", 8, least=1)),
        ("-3", lambda env: env.whole("IT", 8, least=0)),
        ("8.0", lambda env: env.whole("IT", 8, least=0)),
        ("loud", lambda env: env.one_of("IT", ("INFO", "ERROR"), "INFO")),
        ("example.com", lambda env: env.address("IT", HTTP)),
        ("ftp://example.com", lambda env: env.address("IT", HTTP)),
        ("http://", lambda env: env.address("IT", HTTP)),
        ("http://example.com:port/", lambda env: env.address("IT", HTTP)),
        ("http://[::1/", lambda env: env.address("IT", HTTP)),
        ("http://exam ple.com/", lambda env: env.address("IT", HTTP)),
        ("https://example.com/?a=1", lambda env: env.base_address("IT")),
        ("https://example.com/#a", lambda env: env.base_address("IT")),
        ("https://me:secret@example.com", lambda env: env.base_address("IT")),
        ("10.0.0.1/8", lambda env: env.networks("IT")),
        ("127.0.0.1, proxy", lambda env: env.networks("IT")),
        ("officer", lambda env: env.mail_address("IT", "officer@localhost")),
        ("@example.com", lambda env: env.mail_address("IT", "officer@localhost")),
        ("{", lambda env: env.json_object("IT")),
        ("[]", lambda env: env.json_object("IT")),
        ("nonsense", lambda env: env.database("IT", "")),
        ("mysql://me:secret@example.com/officer", lambda env: env.database("IT", "")),
        ("postgres://me:secret@example.com:port/officer", lambda env: env.database("IT", "")),
        ("postgres://me:secret@example.com", lambda env: env.database("IT", "")),
        ("sqlite://:memory:", lambda env: env.database("IT", "")),
        ("nonsense", lambda env: env.mail("IT", "")),
        ("file:", lambda env: env.mail("IT", "")),
        ("imap://me:secret@example.com", lambda env: env.mail("IT", "")),
        ("smtp://me:secret@example.com:port", lambda env: env.mail("IT", "")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_no_password_is_shown(value: str, read: Reader) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^IT: ") as refused:
        read(Environment({"IT": value}))
    assert "secret" not in str(refused.value)


def test_an_empty_setting_counts_as_not_given() -> None:
    env = Environment(dict.fromkeys(["A", "B", "C", "D", "E", "F", "G"], " "))
    assert env.yes_no("A", True) is True
    assert env.whole("B", 8, least=1) == 8
    assert env.number("C", 2.0, above=0) == 2.0
    assert env.words("D", ["localhost"]) == ["localhost"]
    assert env.database("E", "sqlite:////var/officer.sqlite3")["NAME"] == "/var/officer.sqlite3"
    assert env.mail("F", "file:/var/mail") == {"EMAIL_FILE_PATH": "/var/mail"}
    assert env.mail_address("G", "officer@localhost") == "officer@localhost"


def test_what_is_right_is_read() -> None:
    env = Environment(
        {
            "HOSTS": "officer.example.com, localhost,",
            "PROXIES": "127.0.0.1, ::1, 10.0.0.0/8",
            "BASE": "https://officer.example.com/duty/",
            "KEY": "$abc#1",
            "DB": "postgresql://officer@/officer?host=/run/postgresql",
            "MAIL": "smtp+tls://me%40example.com:se%3Acret@mail.example.com:587",
        }
    )
    assert env.words("HOSTS") == ["officer.example.com", "localhost"]
    assert env.networks("PROXIES") == ["127.0.0.1", "::1", "10.0.0.0/8"]
    assert env.base_address("BASE") == "https://officer.example.com/duty"
    assert env.text("KEY") == "$abc#1"  # a key is not the name of another setting
    assert env.database("DB", "")["OPTIONS"] == {"host": "/run/postgresql"}
    mail = env.mail("MAIL", "")
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "se:cret")
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"]) == ("mail.example.com", 587, True)


def test_the_command_line_says_it_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"TWILIO_CALLS_PER_SECOND": "fast"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ImproperlyConfigured: TWILIO_CALLS_PER_SECOND: “fast” is no number")
    assert len(done.stderr.splitlines()) == 1


def test_serve_refuses_to_start_without_a_key(settings) -> None:
    settings.SECRET_KEY = ""
    with pytest.raises(CommandError, match="SECRET_KEY is not set"):
        call_command("serve")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--port", "x"],
        ["--web-workers", "0"],
        ["--web-threads", "-1"],
        ["--finish-within", "0"],
    ],
)
def test_serve_refuses_what_cannot_be(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="is no whole number from"):
        call_command("serve", *arguments)


def test_serve_reads_the_port_of_the_environment_as_strictly(monkeypatch) -> None:
    monkeypatch.setenv("PORT", "abc")
    with pytest.raises(CommandError, match="--port: 'abc' is no whole number from 0 to 65535"):
        call_command("serve")
