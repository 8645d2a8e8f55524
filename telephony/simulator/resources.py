"""The account's things as Twilio's JSON, and lists of them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from telephony.simulator.calls import Call, rfc2822
from telephony.simulator.parameters import Parameters, when

if TYPE_CHECKING:
    from telephony.simulator.network import Network

Json = dict[str, Any]
Item = TypeVar("Item")
PAGE_SIZE = 50


def account_path(network: Network) -> str:
    """The path under which everything of the account lives."""
    return f"/2010-04-01/Accounts/{network.account_sid}"


def call_json(call: Call) -> Json:
    """A call (REST never says `initiated`: a call that is being dialled is still queued)."""
    network = call.network
    uri = f"{account_path(network)}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": network.account_sid,
        "api_version": "2010-04-01",
        "from": call.shown_from,
        "from_formatted": call.shown_from,
        "to": call.to,
        "to_formatted": call.to,
        "status": call.status,
        "direction": call.direction,
        "answered_by": call.answered_by or None,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "start_time": rfc2822(call.started_at),
        "end_time": rfc2822(call.ended_at),
        "duration": str(call.seconds()) if call.ended_at else None,
        "price": None,
        "price_unit": "USD",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "phone_number_sid": None,
        "trunk_sid": None,
        "queue_time": "0",
        "annotation": None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "recordings": f"{uri}/Recordings.json",
            "notifications": f"{uri}/Notifications.json",
        },
    }


def account_json(network: Network) -> Json:
    """The account itself (its token stays hidden)."""
    return {
        "sid": network.account_sid,
        "owner_account_sid": network.account_sid,
        "auth_token": "",
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "date_created": rfc2822(network.born_at),
        "date_updated": rfc2822(network.born_at),
        "uri": f"{account_path(network)}.json",
        "subresource_uris": {},
    }


def number_json(network: Network, number: str) -> Json:
    """One of the account's numbers."""
    sid = number_sid(number)
    return {
        "sid": sid,
        "account_sid": network.account_sid,
        "phone_number": number,
        "friendly_name": number,
        "voice_url": network.voice_url,
        "voice_method": "POST",
        "sms_url": network.sms_url,
        "sms_method": "POST",
        "status_callback": network.status_url,
        "status_callback_method": "POST",
        "voice_fallback_url": network.voice_fallback_url,
        "voice_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "status": "in-use",
        "address_requirements": "none",
        "beta": False,
        "origin": "twilio",
        "api_version": "2010-04-01",
        "voice_receive_mode": "voice",
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "date_created": rfc2822(network.born_at),
        "date_updated": rfc2822(network.born_at),
        "uri": f"{account_path(network)}/IncomingPhoneNumbers/{sid}.json",
    }


def number_sid(number: str) -> str:
    """A SID that belongs to `number` alone."""
    return "PN" + number.lstrip("+").rjust(32, "0")


def page_of(
    *,
    key: str,
    path: str,
    items: Sequence[Item],
    parameters: Parameters,
    query: Sequence[tuple[str, str]],
    show: Callable[[Item], Json],
) -> Json:
    """One page of `items` with Twilio's links to its neighbours."""
    size = parameters.number("PageSize", default=PAGE_SIZE, least=1, most=1000)
    page = parameters.number("Page", default=0)
    shown = items[page * size : (page + 1) * size]
    last = max(0, (len(items) - 1) // size)

    def link(to: int) -> str:
        rest = [(k, v) for k, v in query if k not in {"Page", "PageSize", "PageToken"}]
        return f"{path}?{urlencode([*rest, ('PageSize', size), ('Page', to)])}"

    return {
        key: [show(item) for item in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": max(page * size, page * size + len(shown) - 1),
        "uri": link(page),
        "first_page_uri": link(0),
        "next_page_uri": link(page + 1) if page < last else None,
        "previous_page_uri": link(page - 1) if page else None,
    }


def in_span(parameters: Parameters, key: str, moment: datetime | None) -> bool:
    """Whether `moment` passes the filters `key`, `key<` and `key>` (both ends count, as at Twilio); nothing
    without a moment passes one."""
    for suffix in ("", "<", ">"):
        value = parameters.text(f"{key}{suffix}")
        if not value:
            continue
        begin, end = when(key, value)
        if moment is None:
            return False
        second = moment.replace(microsecond=0)
        if suffix == "<" and second > begin and second >= end:
            return False
        if suffix == ">" and second < begin:
            return False
        if suffix == "" and not (begin <= second < end or second == begin):
            return False
    return True
