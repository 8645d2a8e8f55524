"""Reading a REST request's parameters as strictly as Twilio's published contract says, and sometimes more so:
a parameter that nobody knows is refused, so that a misspelt one does not pass unnoticed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import phonenumbers

from telephony.simulator.grammar import contract
from telephony.simulator.refusals import Refused
from telephony.simulator.webhooks import is_http_url

Values = Mapping[str, Sequence[str]]
E164 = re.compile(r"\+[1-9]\d{6,14}")
MISSING = {"To": 21201, "From": 21213, "Url": 21205, "Body": 21602}
MISSING_IN_TEXT = {"To": 21604, "From": 21603, "Body": 21602}


@cache
def operation(name: str) -> dict[str, Any]:
    """The contract of one operation (CreateCall, ListMessage, …)."""
    found: dict[str, Any] = next(o for o in contract()["operations"] if o["id"] == name)
    return found


class Parameters:
    """The checked parameters of one request."""

    def __init__(self, name: str, values: Values) -> None:
        """Check `values` against operation `name`; raises Refused."""
        self._rule = operation(name)
        self._values = values
        known = self._rule["query"] if self._rule["method"] == "GET" else self._rule["form"]
        for key, given in values.items():
            if key not in known:
                raise Refused(20001, f"{key} is not a parameter of {name}")
            for value in given:
                _check(key, value, known[key])
        missing = MISSING_IN_TEXT if "Message" in name else MISSING
        for key in self._rule["required"]:
            if not self.text(key):
                raise Refused(missing.get(key, 20001), f"{key} is required")
        for group in self._rule["conditional"]:
            if not any(self.text(key) for key in group):
                raise Refused(missing.get(group[0], 20001), f"one of {', '.join(group)} is required")

    def __contains__(self, key: str) -> bool:
        """Whether it was given, even empty."""
        return key in self._values

    def text(self, key: str, default: str = "") -> str:
        """A single value; the last one counts."""
        given = self._values.get(key)
        return given[-1] if given else default

    def many(self, key: str) -> list[str]:
        """A repeated parameter; values separated by spaces count as several."""
        return [part for value in self._values.get(key, ()) for part in value.split()]

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        return self.text(key).lower() == "true" if self.text(key) else default

    def number(self, key: str, *, default: int, least: int = 0, most: int = 2**31) -> int:
        """A whole number within bounds."""
        if not self.text(key):
            return default
        value = int(self.text(key))
        if not least <= value <= most:
            raise Refused(20001, f"{key} must be between {least} and {most}")
        return value

    def method(self, key: str) -> str:
        """GET or POST."""
        return self.text(key, "POST").upper()

    def url(self, key: str, *, code: int = 21205) -> str:
        """An http or https address, or ""."""
        value = self.text(key)
        if value and not is_http_url(value):
            raise Refused(code, value)
        return value

    def events(self, key: str, allowed: Sequence[str], *, default: Sequence[str]) -> frozenset[str]:
        """Names of events."""
        given = self.many(key)
        for event in given:
            if event not in allowed:
                raise Refused(21626, event)
        return frozenset(given or default)


def _check(key: str, value: str, rule: Mapping[str, Any]) -> None:
    kind = rule.get("type")
    if not value:
        return
    if "enum" in rule and value not in rule["enum"]:
        raise Refused(20001, f"{key} must be one of {', '.join(rule['enum'])}, not {value!r}")
    if kind == "integer" and not re.fullmatch(r"-?\d{1,18}", value):
        raise Refused(20001, f"{key} must be a whole number, not {value!r}")
    if kind == "integer" and not rule.get("minimum", -(10**18)) <= int(value) <= rule.get("maximum", 10**18):
        raise Refused(20001, f"{key} is out of range")
    if kind == "boolean" and value.lower() not in {"true", "false"}:
        raise Refused(20001, f"{key} must be true or false, not {value!r}")
    if rule.get("format") in {"date", "date-time"}:
        when(key, value)
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        raise Refused(21218 if key == "ApplicationSid" else 20001, f"{key} is not a valid SID: {value!r}")


def when(key: str, value: str) -> tuple[datetime, datetime]:
    """A date or instant of a filter as the span it covers (a date is its whole day, in UTC)."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        pass
    else:
        begin = datetime.combine(day, time(), tzinfo=UTC)
        return begin, begin + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError as error:
            raise Refused(20001, f"{key} is not a date: {value!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment, moment


def is_number(value: str) -> bool:
    """Whether `value` is E.164 and of a length that its country has."""
    if not E164.fullmatch(value):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False
