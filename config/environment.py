"""Reads settings from the environment. One that is empty counts as not given; one that makes no sense is refused by
its name, before anything starts on a guess. What may hold a password is never shown.

    settings_from = Environment(os.environ)
    DEBUG = settings_from.yes_no("DEBUG")
"""

import json
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

YES, NO = ("on", "yes", "true", "y", "1"), ("off", "no", "false", "n", "0")
_DATABASES = ("sqlite", "postgres", "postgresql", "pgsql", "psql")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_SMTP = ("smtp", "smtp+tls", "smtps", "smtp+ssl")


class Environment:
    """The environment's settings. Every way to read one raises ImproperlyConfigured that names it and says what is
    right.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given

    def text(self, name: str, default: str = "") -> str:
        return self.given.get(name, "").strip() or default

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """What stands between commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def yes_no(self, name: str, default: bool = False) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text not in YES + NO:
            raise _wrong(name, f"“{text}” is neither on nor off")
        return text in YES

    def whole(self, name: str, default: int, *, least: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= least):
            raise _wrong(name, f"“{text}” is no whole number from {least} on")
        return int(text)

    def number(self, name: str, default: float, *, above: float | None = None) -> float:
        """A number that is not negative; more than `above`, where that is given."""
        text = self.text(name)
        if not text:
            return default
        plain = text.replace(".", "", 1)
        if not (plain.isascii() and plain.isdecimal() and len(plain) < 10):
            raise _wrong(name, f"“{text}” is no number such as 1 or 0.5")
        if above is not None and float(text) <= above:
            raise _wrong(name, f"it must be more than {above:g}")
        return float(text)

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        text = self.text(name, default).upper()
        if text not in known:
            raise _wrong(name, f"“{text}” is none of {', '.join(known)}")
        return text

    def address(self, name: str, schemes: Sequence[str], default: str = "") -> str:
        """An address with one of these schemes."""
        text = self.text(name, default)
        if text:
            _check_address(name, text, schemes)
        return text

    def base_address(self, name: str, default: str = "") -> str:
        """Scheme, host, port and path prefix and nothing more; without a slash at the end."""
        text = self.address(name, ("http", "https"), default)
        if any(mark in text for mark in "?#@"):
            raise _wrong(name, "it is more than scheme, host, port and path prefix")
        return text.rstrip("/")

    def networks(self, name: str) -> list[str]:
        """Addresses and networks ("10.0.0.0/8"), as they are written."""
        written = self.words(name)
        for one in written:
            try:
                ip_network(one)
            except ValueError as error:
                raise _wrong(name, f"{error}; write addresses or networks such as 10.0.0.0/8") from None
        return written

    def mail_address(self, name: str, default: str) -> str:
        """A sender, with or without a name."""
        text = self.text(name, default)
        mailbox = parseaddr(text)[1]
        if not all(mailbox.rpartition("@")) or len(text.splitlines()) > 1:
            raise _wrong(
                name, f"“{text}” is no mail address such as Officer of the Day <officer@example.com>"
            )
        return text

    def json_object(self, name: str) -> dict[str, Any]:
        text = self.text(name)
        try:
            value = json.loads(text) if text else {}
        except ValueError as error:
            raise _wrong(name, f"it is no JSON ({error})") from None
        if not isinstance(value, dict):
            raise _wrong(name, 'it is no JSON object such as {"WEBHOOK_SECRET": "USER:PASSWORD"}')
        return value

    def database(self, name: str, default: str) -> dict[str, Any]:
        """What Django wants to know of the database; SQLite in a file, or PostgreSQL."""
        url = self.text(name, default)
        if url.partition("://")[0] not in _DATABASES:
            raise _wrong(name, "it begins neither with sqlite:/// nor with postgres://")
        try:
            found: dict[str, Any] = environ.Env.db_url_config(url)
        except ValueError as error:
            raise _wrong(name, "it is no address of a database") from error
        if found["NAME"] in ("", ":memory:"):
            raise _wrong(name, "it names no database: sqlite:////path/to/file, or postgres://user@host/name")
        return found

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """What Django wants to know of sending mail: `EMAIL_FILE_PATH` for `file:DIR`, else a mail server's."""
        url = self.text(name, default)
        if url.startswith("file:"):
            if not (folder := url.removeprefix("file:")):
                raise _wrong(name, "it names no folder: file:DIR")
            return {"EMAIL_FILE_PATH": folder}
        _check_address(name, url, _SMTP, more=" and is not file:DIR")
        return dict(environ.Env.email_url_config(url))


def _check_address(name: str, text: str, schemes: Sequence[str], *, more: str = "") -> None:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise _wrong(name, "it is no address") from error
    if parts.scheme not in schemes:
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise _wrong(name, f"it does not begin with {begins}{more}")
    if not (parts.hostname or parts.scheme == "unix") or any(letter.isspace() for letter in text):
        raise _wrong(name, "it is no address")


def _wrong(name: str, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {why}. It is set in the environment or in .env; see .env.example.")
