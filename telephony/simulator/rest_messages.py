"""REST: Messages. Source: twilio.com/docs/messaging/api/message-resource."""

from __future__ import annotations

from typing import Any

from telephony.simulator.calls import rfc2822
from telephony.simulator.messages import Message, segments
from telephony.simulator.parameters import Parameters, is_number
from telephony.simulator.refusals import Refused
from telephony.simulator.resources import account_path, in_span, page_of
from telephony.simulator.rest import Reply, Request, serves
from telephony.simulator.webhooks import is_http_url

LONGEST_BODY = 1600
NOT_SIMULATED = ("SendAt", "ScheduleType", "ContentSid", "ContentVariables", "ApplicationSid")


def message_json(message: Message) -> dict[str, Any]:
    """A text."""
    network = message.network
    uri = f"{account_path(network)}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": network.account_sid,
        "api_version": "2010-04-01",
        "messaging_service_sid": message.service_sid or None,
        "from": message.from_,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": message.direction,
        "num_segments": str(segments(message.body)),
        "num_media": str(len(message.media)),
        "error_code": message.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "date_created": rfc2822(message.created_at),
        "date_updated": rfc2822(message.updated_at),
        "date_sent": rfc2822(message.sent_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


@serves("POST", r"/Messages\.json", "Messages")
def create(request: Request) -> Reply:
    """Send a text."""
    network, given = request.network, Parameters("CreateMessage", request.form)
    for name in NOT_SIMULATED:
        if given.text(name):
            raise Refused(20001, f"{name} is not simulated")
    to, body, service = given.text("To"), given.text("Body"), given.text("MessagingServiceSid")
    from_ = given.text("From") or (network.numbers[0] if network.numbers else "")
    if service and service != network.messaging_service_sid:
        raise Refused(21701, service)
    if not is_number(to):
        raise Refused(21211, to)
    if not is_number(from_):
        raise Refused(21212, from_)
    if from_ not in network.numbers:
        raise Refused(21606, from_)
    if len(body) > LONGEST_BODY:
        raise Refused(21617)
    media = _media(given)
    status_url = given.url("StatusCallback", code=21609)
    if (to, from_) in network.stopped:
        raise Refused(21610)
    phone = network.phone(to)
    if phone.habit.landline and phone.habit.landline_known:
        raise Refused(21614, to)
    message = Message(
        network,
        from_,
        to,
        body,
        "outbound-api",
        "accepted" if service else "queued",
        status_url=status_url,
        service_sid=service,
        media=media,
    )
    return Reply(
        201,
        message_json(message),
        sid=message.sid,
        begin=lambda: network.after_pause(message.send),
    )


def _media(given: Parameters) -> tuple[str, ...]:
    urls = given.many("MediaUrl")
    if bad := [url for url in urls if not is_http_url(url)]:
        raise Refused(21620, ", ".join(bad))
    return tuple(urls)


@serves("GET", r"/Messages\.json", "Messages")
def index(request: Request) -> Reply:
    """List texts, newest first."""
    given = Parameters("ListMessage", request.query)
    found = [
        m
        for m in reversed(request.network.messages.values())
        if request.sees(m.sid)
        and given.text("To") in {"", m.to}
        and given.text("From") in {"", m.from_}
        and in_span(given, "DateSent", m.sent_at)
    ]
    path = f"{account_path(request.network)}/Messages.json"
    return Reply(
        200,
        page_of(
            key="messages", path=path, items=found, parameters=given, query=request.pairs, show=message_json
        ),
    )


@serves("GET", r"/Messages/(?P<sid>(SM|MM)\w+)\.json", "Message")
def fetch(request: Request) -> Reply:
    """One text."""
    return Reply(200, message_json(_find(request)))


@serves("POST", r"/Messages/(?P<sid>(SM|MM)\w+)\.json", "Message")
def update(request: Request) -> Reply:
    """Redact a text's body; nothing here is scheduled, so nothing can be cancelled."""
    message, given = _find(request), Parameters("UpdateMessage", request.form)
    if given.text("Status"):
        raise Refused(30409, message.sid)
    if "Body" in given:
        message.body = given.text("Body")
    return Reply(200, message_json(message))


@serves("DELETE", r"/Messages/(?P<sid>(SM|MM)\w+)\.json", "Message")
def delete(request: Request) -> Reply:
    """Forget a text."""
    del request.network.messages[_find(request).sid]
    return Reply(204, None)


def _find(request: Request) -> Message:
    message = request.network.messages.get(request.part("sid"))
    if message is None or not request.sees(message.sid):
        raise Refused(20404, request.path)
    return message
