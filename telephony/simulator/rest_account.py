"""REST: the account, its numbers, its recordings."""

from __future__ import annotations

from typing import Any

from telephony.simulator.calls import rfc2822
from telephony.simulator.parameters import Parameters
from telephony.simulator.recordings import Recording
from telephony.simulator.refusals import Refused
from telephony.simulator.resources import (
    account_json,
    account_path,
    in_span,
    number_json,
    number_sid,
    page_of,
)
from telephony.simulator.rest import Reply, Request, serves


@serves("GET", r"\.json", "Account")
def account(request: Request) -> Reply:
    """The account."""
    return Reply(200, account_json(request.network))


@serves("GET", r"/IncomingPhoneNumbers\.json", "IncomingPhoneNumbers")
def numbers(request: Request) -> Reply:
    """The account's numbers."""
    given = Parameters("ListIncomingPhoneNumber", request.query)
    found = [n for n in request.network.numbers if given.text("PhoneNumber") in {"", n}]
    return Reply(
        200,
        page_of(
            key="incoming_phone_numbers",
            path=f"{account_path(request.network)}/IncomingPhoneNumbers.json",
            items=found,
            parameters=given,
            query=request.pairs,
            show=lambda n: number_json(request.network, n),
        ),
    )


@serves("GET", r"/IncomingPhoneNumbers/(?P<sid>PN\w+)\.json", "IncomingPhoneNumber")
def number(request: Request) -> Reply:
    """One of them."""
    for owned in request.network.numbers:
        if number_sid(owned) == request.part("sid"):
            return Reply(200, number_json(request.network, owned))
    raise Refused(20404, request.path)


@serves("GET", r"/OutgoingCallerIds\.json", "OutgoingCallerIds")
def caller_ids(request: Request) -> Reply:
    """Verified numbers of others: none."""
    given = Parameters("ListOutgoingCallerId", request.query)
    none: list[dict[str, Any]] = []
    path = f"{account_path(request.network)}/OutgoingCallerIds.json"
    return Reply(
        200,
        page_of(
            key="outgoing_caller_ids",
            path=path,
            items=none,
            parameters=given,
            query=request.pairs,
            show=lambda item: item,
        ),
    )


def recording_json(recording: Recording) -> dict[str, Any]:
    """A recording."""
    network = recording.network
    uri = f"{account_path(network)}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": network.account_sid,
        "api_version": "2010-04-01",
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "channels": 1,
        "source": "RecordVerb",
        "status": recording.status,
        "duration": str(recording.seconds),
        "start_time": rfc2822(recording.started_at),
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.started_at),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "media_url": recording.url,
        "uri": f"{uri}.json",
        "subresource_uris": {},
    }


@serves("GET", r"/Recordings\.json", "Recordings")
def recordings(request: Request) -> Reply:
    """List recordings, newest first."""
    given = Parameters("ListRecording", request.query)
    found = [
        r
        for r in reversed(request.network.recordings.values())
        if given.text("CallSid") in {"", r.call_sid}
        and not given.text("ConferenceSid")
        and in_span(given, "DateCreated", r.started_at)
    ]
    path = f"{account_path(request.network)}/Recordings.json"
    return Reply(
        200,
        page_of(
            key="recordings",
            path=path,
            items=found,
            parameters=given,
            query=request.pairs,
            show=recording_json,
        ),
    )


@serves("GET", r"/Recordings/(?P<sid>RE\w+)\.json", "Recording")
def recording(request: Request) -> Reply:
    """One recording."""
    return Reply(200, recording_json(_find(request)))


@serves("GET", r"/Recordings/(?P<sid>RE\w+)(\.wav|\.mp3)?", "RecordingMedia")
def media(request: Request) -> Reply:
    """Its sound."""
    return Reply(200, None, media=_find(request).wav())


@serves("DELETE", r"/Recordings/(?P<sid>RE\w+)\.json", "Recording")
def forget(request: Request) -> Reply:
    """Delete it."""
    del request.network.recordings[_find(request).sid]
    return Reply(204, None)


def _find(request: Request) -> Recording:
    found = request.network.recordings.get(request.part("sid"))
    if found is None:
        raise Refused(20404, request.path)
    return found
