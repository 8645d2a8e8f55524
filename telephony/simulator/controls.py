"""The controls under /simulator/: the phone wall, what a hand does with a phone, faults, the log.

Everything is JSON. A change must say ``Content-Type: application/json``, which no page of another origin can
send without asking first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from telephony.simulator import wall
from telephony.simulator.faults import Fault
from telephony.simulator.parameters import is_number
from telephony.simulator.phones import Habit, Mailbox, Phone
from telephony.simulator.traffic import Order
from telephony.simulator.webhooks import form_of

if TYPE_CHECKING:
    from telephony.simulator.network import Network

FILES = Path(__file__).with_name("wall")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"
LONGEST_WAIT = 10.0
MOST_LOG_LINES = 10_000


@dataclass(frozen=True)
class Page:
    """An answer of the controls."""

    status: int
    content: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Wrong(Exception):
    """The request makes no sense; the words say why."""


def answer(network: Network, *, method: str, path: str, query: str, body: str, content_type: str) -> Page:
    """Answer a request below /simulator/ (`path` is what follows that)."""
    try:
        if method in {"GET", "HEAD"}:
            return _get(network, path, form_of(query))
        if content_type.partition(";")[0].strip() != "application/json":
            return _json(415, {"error": "send Content-Type: application/json"})
        return _change(network, method, path, _parse(body))
    except (Wrong, ValueError) as error:
        return _json(400, {"error": str(error)})


def _get(network: Network, path: str, query: dict[str, str]) -> Page:
    if path == "state.json":
        wait = min(LONGEST_WAIT, float(query.get("wait", "0") or 0))
        return _json(
            200,
            wall.state(
                network, since=int(query.get("since", "0") or 0), boot=query.get("boot", ""), wait=wait
            ),
        )
    if path in {"requests.json", "log"}:
        return _json(200, _log(network, since=int(query.get("since", "0") or 0)))
    if path == "traffic.json":
        return _json(200, network.traffic.state())
    if path == "problems.json":
        shown = [
            {
                "at": p.at.isoformat(),
                "code": p.code,
                "text": p.text,
                "level": p.level,
                "url": p.url,
                "call_sid": p.call_sid,
            }
            for p in network.problems
        ]
        return _json(200, {"problems": shown})
    file = FILES / (path or "wall.html")
    if file.parent != FILES or not file.is_file():
        return _json(404, {"error": "no such page"})
    return Page(
        200,
        file.read_bytes(),
        TYPES[file.suffix],
        (
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cache-Control", "no-cache"),
        ),
    )


def _change(network: Network, method: str, path: str, data: Any) -> Page:
    if path == "faults":
        return _faults(network, method, data)
    if path == "faults/release" and method == "POST":
        network.faults.release()
        return _json(200, {"ok": True})
    if path == "traffic":
        return _traffic(network, method, data)
    if path == "phones" and method == "POST":
        register(network, data)
        return _json(200, {"ok": True})
    match = re.fullmatch(r"phones/([^/]+)(?:/([a-z-]+))?", path)
    if match is None or method != "POST":
        return _json(404, {"error": "no such control"})
    return _hand(network, unquote(match[1]), match[2], data)


def _hand(network: Network, number: str, deed_name: str | None, data: Any) -> Page:
    """A hand takes the phone `number`: it does a deed, or sets habits."""
    if number not in network.phones:
        if not is_number(number):
            raise Wrong(f"{number!r} is not a phone number in E.164")
        if number in network.numbers:
            raise Wrong(f"{number} is the company's own number")
    phone = network.phone(number)
    if deed_name is None:
        _set_habit(phone, data)
        return _json(200, {"ok": True})
    deed = DEEDS.get(deed_name)
    if deed is None:
        raise Wrong(f"a phone can {', '.join(sorted(DEEDS))}, not {deed_name}")
    done = deed(phone, data)
    return _json(200 if done else 409, {"ok": done})


def register(network: Network, data: Any) -> None:
    """Make phones known by name: one `{"number", "name", "role"}` or a list of them. Raises Wrong."""
    phones = data if isinstance(data, list) else [data]
    for phone in phones:
        if not isinstance(phone, dict) or not is_number(str(phone.get("number", ""))):
            raise Wrong(f'a phone is {{"number": "+1…", "name": "…", "role": "…"}}, not {phone!r:.80}')
    for phone in phones:
        network.phone(phone["number"], name=str(phone.get("name", "")), role=str(phone.get("role", "")))


def _set_habit(phone: Phone, data: Any) -> None:
    """Set some of the phone's habits (see Habit; `mailbox` is true, null or its own three values)."""
    if not isinstance(data, dict):
        raise Wrong("habits are a JSON object")
    known = {f.name for f in fields(Habit)}
    if unknown := set(data) - known:
        raise Wrong(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    values = dict(data)
    mailbox = values.get("mailbox")
    if isinstance(mailbox, dict):
        try:
            values["mailbox"] = Mailbox(**mailbox)
        except TypeError as error:
            raise Wrong(str(error)) from error
    elif mailbox is not None:
        values["mailbox"] = Mailbox() if mailbox else None
    if values.get("when_called", "ring") not in {"ring", "busy", "decline", "unallocated", "off"}:
        raise Wrong("when_called is ring, busy, decline, unallocated or off")
    phone.set_habit(replace(phone.habit, **values))


def _say(phone: Phone, data: Any) -> bool:
    return phone.speak(_words(data, "words"))


def _press(phone: Phone, data: Any) -> bool:
    keys = _words(data, "keys")
    if keys.strip("0123456789*#"):
        raise Wrong("keys are 0 to 9, * and #")
    return phone.press(keys)


def _text(phone: Phone, data: Any) -> bool:
    phone.send_text(_words(data, "body"), to=str(data.get("to", "")))
    return True


def _call(phone: Phone, data: Any) -> bool:
    if phone.call is not None:
        return False
    phone.call_number(str(data.get("to", "")) if isinstance(data, dict) else "")
    return True


DEEDS: dict[str, Callable[[Phone, Any], bool]] = {
    "answer": lambda phone, _: phone.answer(),
    "ignore": lambda phone, _: phone.ignore(),
    "decline": lambda phone, _: phone.decline(),
    "voicemail": lambda phone, _: phone.to_voicemail(),
    "hang-up": lambda phone, _: phone.hang_up(),
    "press": _press,
    "say": _say,
    "text": _text,
    "call": _call,
}


def _words(data: Any, key: str) -> str:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value.strip() or len(value) > 1600:
        raise Wrong(f"`{key}` is missing, empty or too long")
    return value


def _faults(network: Network, method: str, data: Any) -> Page:
    if method == "DELETE":
        network.faults.clear()
    else:
        for one in data if isinstance(data, list) else [data]:
            if not isinstance(one, dict):
                raise Wrong("a fault is a JSON object")
            network.faults.add(Fault.from_json(one))
    return _json(200, {"ok": True, "in_force": network.faults.count()})


def _traffic(network: Network, method: str, data: Any) -> Page:
    """Start calls that go on by themselves (see :mod:`telephony.simulator.traffic`), or stop them by DELETE."""
    if method == "DELETE":
        network.traffic.stop()
    else:
        order = Order.from_json(data)
        if ours := set(network.numbers) & {*order.callers, *order.agents}:
            raise Wrong(f"{', '.join(sorted(ours))} is the company's own number")
        if order.number and order.number not in network.numbers:
            raise Wrong(f"{order.number} is none of the company's numbers")
        network.traffic.start(order)
    return _json(200, {"ok": True, **network.traffic.state()})


def _log(network: Network, *, since: int) -> dict[str, Any]:
    entries = network.logged(since=since, most=MOST_LOG_LINES)
    return {
        "requests": [
            {
                "number": e.number,
                "direction": e.direction,
                "kind": e.kind,
                "method": e.method,
                "url": e.url,
                "form": e.form,
                "status": e.status,
                "at": e.at.isoformat(),
                "ns": e.ns,
                "seconds": e.seconds,
                "sid": e.sid,
            }
            for e in entries
        ],
        "last": entries[-1].number if entries else since,
    }


def _parse(body: str) -> Any:
    try:
        return json.loads(body) if body.strip() else {}
    except json.JSONDecodeError as error:
        raise Wrong(f"not JSON: {error}") from error


def _json(status: int, data: Any) -> Page:
    return Page(status, json.dumps(data).encode(), headers=(("Cache-Control", "no-store"),))
