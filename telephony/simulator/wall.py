"""What the phone wall shows: every phone that changed since the page last looked."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from telephony.simulator.phones import Phone

if TYPE_CHECKING:
    from telephony.simulator.calls import Call
    from telephony.simulator.network import Network

BOOT = secrets.token_hex(4)
"""Another value means another process: the page forgets what it knew."""
WORDS_SHOWN = 20
TEXTS_SHOWN = 20


def state(network: Network, *, since: int, boot: str, wait: float) -> dict[str, Any]:
    """The phones that changed after version `since`, waiting up to `wait` seconds for one that does."""
    if boot != BOOT:
        since, wait = 0, 0.0
    end = time.monotonic() + wait
    with network.watched:
        while network.version <= since and (left := end - time.monotonic()) > 0:
            network.watched.wait(left)
    with network.lock:
        changed = [p for p in network.phones.values() if p.version > since]
        return {
            "boot": BOOT,
            "version": network.version,
            "now": _ms(network.clock()),
            "company": network.numbers,
            "phones": [_phone(network, p) for p in changed if p.number not in network.numbers],
        }


def _ms(at: datetime | None) -> int | None:
    """Milliseconds since 1970, as JavaScript counts."""
    return None if at is None else round(at.timestamp() * 1000)


def _phone(network: Network, phone: Phone) -> dict[str, Any]:
    current = phone.call
    last_sid = current.sid if current else (phone.heard[-1].call_sid if phone.heard else "")
    words = [h for h in phone.heard[-WORDS_SHOWN:] if h.call_sid == last_sid]
    return {
        "number": phone.number,
        "name": phone.name,
        "role": phone.role,
        "state": "ringing" if phone.ringing else "call" if current else "idle",
        "ringing": [
            {"sid": c.sid, "from": _label(network, c.shown_from), "since": _ms(c.updated_at)}
            for c in phone.ringing
        ],
        "call": _call(network, current) if current else None,
        "words": [
            {
                "id": h.order,
                "at": _ms(h.at),
                "seconds": h.seconds,
                "text": h.text,
                "kind": h.kind,
                "speaker": _name(network, h.speaker) if h.speaker else "",
                "cut": _ms(h.cut_at),
                "language": h.language,
                "machine": h.to_machine or h.recorded,
            }
            for h in words
        ],
        "texts": [
            {
                "id": t.order,
                "at": _ms(t.at),
                "body": t.body,
                "out": t.outgoing,
                "with": t.to if t.outgoing else t.sender,
            }
            for t in phone.texts[-TEXTS_SHOWN:]
        ],
        "note": phone.notes[-1].text if phone.notes else "",
        "noted": _ms(phone.notes[-1].at) if phone.notes else None,
        "habit": {"when_called": phone.habit.when_called, "mailbox": phone.habit.mailbox is not None},
    }


def _call(network: Network, call: Call) -> dict[str, Any]:
    if call.seat is not None:
        room = call.seat.conference
        others = [s.call.phone.number for s in room.seats if s.call is not call]
        how = " (muted)" if call.seat.muted else " (on hold)" if call.seat.hold else ""
        where = "waits in a conference" if not room.started else "in a conference with "
        with_whom = where + (", ".join(_name(network, n) for n in others) if room.started else "") + how
    elif call.bridge is not None:
        with_whom = "connected with " + ", ".join(
            _name(network, c.phone.number) for c in call.bridge.others(call)
        )
    else:
        other = call.to if call.direction == "inbound" else call.shown_from
        with_whom = f"in a call with {_name(network, other)}"
    return {
        "sid": call.sid,
        "live": call.is_live,
        "since": _ms(call.started_at or call.created_at),
        "with": with_whom,
    }


def _label(network: Network, number: str) -> str:
    if number in network.numbers:
        return f"the company, {number},"
    phone = network.phones.get(number)
    return f"{phone.name}, {number}," if phone and phone.name else number


def _name(network: Network, number: str) -> str:
    phone = network.phones.get(number)
    return "the company" if number in network.numbers else (phone.name if phone and phone.name else number)
