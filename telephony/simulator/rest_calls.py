"""REST: Calls. Source: twilio.com/docs/voice/api/call-resource."""

from __future__ import annotations

from telephony.simulator.calls import ENDED, Call, Plan
from telephony.simulator.grammar import BadTwiml, parse
from telephony.simulator.parameters import Parameters, is_number
from telephony.simulator.refusals import Refused
from telephony.simulator.resources import account_path, call_json, in_span, page_of
from telephony.simulator.rest import Reply, Request, serves

CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
LONGEST_TWIML = 4000


@serves("POST", r"/Calls\.json", "Calls")
def create(request: Request) -> Reply:
    """Place a call."""
    network, given = request.network, Parameters("CreateCall", request.form)
    to, from_ = given.text("To"), given.text("From")
    check_numbers(request, to, from_)
    if given.text("ApplicationSid"):
        raise Refused(21218, given.text("ApplicationSid"))
    call = network.place(
        to=to, from_=from_, caller_id=given.text("CallerId"), plan=plan_of(given, amd="AsyncAmd")
    )
    return Reply(201, call_json(call), sid=call.sid, begin=lambda: network.begin(call))


def check_numbers(request: Request, to: str, from_: str) -> None:
    """Refuse what cannot be called, and what is not the account's to call from."""
    if not is_number(to):
        raise Refused(21211, to)
    if not is_number(from_):
        raise Refused(21212, from_)
    if from_ not in request.network.numbers:
        raise Refused(21210, from_)


def plan_of(given: Parameters, *, amd: str) -> Plan:
    """What a create request asks for; `amd` names the parameter that makes detection asynchronous ("" when
    it always is)."""
    detection = given.text("MachineDetection")
    if detection not in {"", "Enable", "DetectMessageEnd"}:
        raise Refused(20001, f"MachineDetection must be Enable or DetectMessageEnd, not {detection!r}")
    digits = given.text("SendDigits")
    if digits.strip("0123456789#*wW"):
        raise Refused(21206, digits)
    check_twiml(given)
    prefix = "AsyncAmd" if amd else "Amd"
    return Plan(
        url=given.url("Url"),
        method=given.method("Method"),
        fallback_url=given.url("FallbackUrl"),
        fallback_method=given.method("FallbackMethod"),
        twiml=given.text("Twiml"),
        status_url=given.url("StatusCallback", code=21609),
        status_method=given.method("StatusCallbackMethod"),
        events=given.events("StatusCallbackEvent", CALL_EVENTS, default=("completed",)),
        timeout=given.number("Timeout", default=60, least=5, most=600),
        time_limit=given.number("TimeLimit", default=14400, least=1, most=86400),
        amd=detection,
        amd_async=given.text(amd).lower() == "true" if amd else True,
        amd_url=given.url(f"{prefix}StatusCallback", code=21609),
        amd_method=given.method(f"{prefix}StatusCallbackMethod"),
        send_digits=digits,
    )


def check_twiml(given: Parameters) -> None:
    """Refuse TwiML that no call could run."""
    twiml = given.text("Twiml")
    if not twiml:
        return
    if len(twiml) > LONGEST_TWIML:
        raise Refused(20001, f"Twiml may have {LONGEST_TWIML} characters")
    try:
        parse(twiml, kind="voice")
    except BadTwiml as error:
        raise Refused(20001, f"Twiml: {error}") from error


@serves("GET", r"/Calls\.json", "Calls")
def index(request: Request) -> Reply:
    """List calls, newest first."""
    given = Parameters("ListCall", request.query)

    def fits(call: Call) -> bool:
        return (
            request.sees(call.sid)
            and given.text("To") in {"", call.to}
            and given.text("From") in {"", call.shown_from}
            and given.text("Status") in {"", call.status}
            and given.text("ParentCallSid") in {"", call.parent.sid if call.parent else "-"}
            and in_span(given, "StartTime", call.started_at)
            and in_span(given, "EndTime", call.ended_at)
        )

    found = [call for call in reversed(request.network.calls.values()) if fits(call)]
    return Reply(
        200,
        page_of(
            key="calls",
            path=f"{account_path(request.network)}/Calls.json",
            items=found,
            parameters=given,
            query=request.pairs,
            show=call_json,
        ),
    )


@serves("GET", r"/Calls/(?P<sid>CA\w+)\.json", "Call")
def fetch(request: Request) -> Reply:
    """One call."""
    return Reply(200, call_json(find(request)))


@serves("POST", r"/Calls/(?P<sid>CA\w+)\.json", "Call")
def update(request: Request) -> Reply:
    """End a call, or send it elsewhere; only a call in progress can be redirected (21220)."""
    call, given = find(request), Parameters("UpdateCall", request.form)
    status, url, twiml = given.text("Status"), given.url("Url"), given.text("Twiml")
    fallback = (given.url("FallbackUrl"), given.method("FallbackMethod"))
    check_twiml(given)
    if call.status in ENDED:
        raise Refused(21220)
    if status == "canceled":
        if call.is_live:
            raise Refused(21220)
        call.end("canceled", sip=487, ring="canceled")
    elif status == "completed":
        call.end("canceled", sip=200 if call.is_live else 487, ring="canceled")
    elif url or twiml:
        if not call.is_live:
            raise Refused(21220)
        call.redirect(url=url, method=given.method("Method"), twiml=twiml, fallback=fallback)
    return Reply(200, call_json(call))


@serves("DELETE", r"/Calls/(?P<sid>CA\w+)\.json", "Call")
def delete(request: Request) -> Reply:
    """Forget a call that has ended."""
    call = find(request)
    if call.status not in ENDED:
        raise Refused(20001, "a call in progress cannot be deleted")
    del request.network.calls[call.sid]
    return Reply(204, None)


def find(request: Request) -> Call:
    """The call of the path."""
    call = request.network.calls.get(request.part("sid"))
    if call is None or not request.sees(call.sid):
        raise Refused(20404, request.path)
    return call
