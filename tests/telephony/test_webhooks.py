"""Only Twilio's own signed words come in; everything else is refused, logged, and never a crash."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from telephony import events
from telephony.events import (
    CallEvent,
    ConferenceEvent,
    DialDone,
    InboundCall,
    InboundText,
    Keys,
    MachineVerdict,
    RecordingDone,
    TextEvent,
    call_moves_on,
    is_final,
    is_final_text,
    text_moves_on,
)
from telephony.webhooks import LARGEST_BODY_BYTES, twilio_webhook

TOKEN, OLD_TOKEN = "token-of-today", "token-of-yesterday"
OURS = "AC" + "1" * 32
BASE = "https://duty.example.com"
PATH = "/webhooks/twilio/pages/7/status"
CALL = "CA" + "2" * 32
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FORM = {
    "AccountSid": OURS,
    "CallSid": CALL,
    "CallStatus": "ringing",
    "SequenceNumber": "1",
    "From": "+15550001000",
}


@pytest.fixture(autouse=True)
def _account(settings) -> None:
    settings.TWILIO_ACCOUNT_SID = OURS
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.TWILIO_AUTH_TOKEN_SECONDARY = OLD_TOKEN
    settings.PUBLIC_BASE_URL = BASE


@twilio_webhook(CallEvent)
def call_status(request: HttpRequest, event: CallEvent, page: int = 0) -> HttpResponse:
    """A view as other rooms write it."""
    return HttpResponse(f"{page} {event.call_sid} {event.status} {event.sequence} {event.idempotency_token}")


@twilio_webhook(CallEvent, allow_get=True)
def also_by_get(request: HttpRequest, event: CallEvent) -> HttpResponse:
    """A view that Twilio may ask by GET."""
    return HttpResponse(event.status)


def post(
    form: Mapping[str, str] | str,
    *,
    token: str = TOKEN,
    url: str = BASE + PATH,
    signed: Mapping[str, str] | None = None,
    view: Callable[..., HttpResponse] = call_status,
    **extra: str,
) -> HttpResponse:
    """Posts as Twilio would; the request reaches us through a proxy under another host and scheme."""
    body = form if isinstance(form, str) else urlencode(form)
    fields = signed if signed is not None else ({} if isinstance(form, str) else form)
    headers = {"HTTP_X_TWILIO_SIGNATURE": RequestValidator(token).compute_signature(url, fields)} | extra
    path = url.removeprefix(BASE).removeprefix(":443")
    request = RequestFactory().post(
        path, body, content_type="application/x-www-form-urlencoded", HTTP_HOST="10.0.0.7:8000", **headers
    )
    return view(request)


def post_json(document: object, *, digest: str | None = None, token: str = TOKEN) -> HttpResponse:
    """Posts a JSON body whose hash is in the signed address."""
    body = document if isinstance(document, str) else json.dumps(document)
    query = "" if digest == "" else f"?bodySHA256={digest or sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(token).compute_signature(f"{BASE}{PATH}{query}", {})
    request = RequestFactory().post(
        PATH + query, body, content_type="application/json", HTTP_X_TWILIO_SIGNATURE=signature
    )
    return call_status(request)


def test_twilios_own_words_come_in_as_a_frozen_value() -> None:
    answer = post(FORM, HTTP_I_TWILIO_IDEMPOTENCY_TOKEN="token-1")
    assert answer.status_code == 200
    assert answer.content.decode() == f"0 {CALL} ringing 1 token-1"


def test_no_csrf_token_is_asked_for() -> None:
    assert call_status.csrf_exempt


def test_arguments_of_the_address_reach_the_view() -> None:
    signature = RequestValidator(TOKEN).compute_signature(BASE + PATH, FORM)
    request = RequestFactory().post(
        PATH,
        urlencode(FORM),
        content_type="application/x-www-form-urlencoded",
        HTTP_X_TWILIO_SIGNATURE=signature,
    )
    assert call_status(request, page=7).content.startswith(b"7 ")


def test_the_second_token_counts_while_tokens_are_changed() -> None:
    assert post(FORM, token=OLD_TOKEN).status_code == 200


@pytest.mark.parametrize("url", [f"{BASE}:443{PATH}", f"{BASE}{PATH}?page=7&step=a%20b"])
def test_the_signed_address_may_name_the_port_and_a_query(url: str) -> None:
    assert post(FORM, url=url).status_code == 200


def test_blank_and_unknown_fields_are_signed_too() -> None:
    assert post(FORM | {"CallerName": "", "SomethingNew": "ü & 😀"}).status_code == 200


def test_we_may_live_below_a_path(settings) -> None:
    settings.PUBLIC_BASE_URL = BASE + "/duty"
    signature = RequestValidator(TOKEN).compute_signature(f"{BASE}/duty{PATH}", FORM)
    for path in (PATH, f"/duty{PATH}"):
        request = RequestFactory().post(
            path, urlencode(FORM), content_type="application/x-www-form-urlencoded",
            HTTP_X_TWILIO_SIGNATURE=signature,
        )  # fmt: skip
        assert call_status(request).status_code == 200


def test_json_is_vouched_for_by_its_hash() -> None:
    answer = post_json({"CallSid": CALL, "CallStatus": "completed", "SequenceNumber": 3, "extra": {"a": 1}})
    assert answer.content.decode() == f"0 {CALL} completed 3 "


def test_get_is_taken_only_where_it_is_asked_for() -> None:
    url = f"{PATH}?{urlencode(FORM)}"
    signature = RequestValidator(TOKEN).compute_signature(BASE + url, {})
    request = RequestFactory().get(url, HTTP_X_TWILIO_SIGNATURE=signature)
    assert also_by_get(request).content == b"ringing"
    refused = call_status(request)
    assert refused.status_code == 405
    assert refused["Allow"] == "POST"
    assert also_by_get(RequestFactory().get(url + "1", HTTP_X_TWILIO_SIGNATURE=signature)).status_code == 403


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: post(FORM, token="a forger's"), "signature"),
        (lambda: post(FORM, HTTP_X_TWILIO_SIGNATURE=""), "no signature"),
        (lambda: post(FORM, HTTP_X_TWILIO_SIGNATURE="é" * 28), "signature"),
        (lambda: post(FORM | {"CallStatus": "completed"}, signed=FORM), "signature"),
        (lambda: post(FORM | {"Digits": ""}, signed=FORM), "signature"),
        (lambda: post({**FORM, "AccountSid": "AC" + "9" * 32}), "another account"),
        (lambda: post({**FORM, "Timestamp": "Mon, 02 Mar 2026 10:59:59 +0000"}), "stale"),
        (lambda: post_json({"CallSid": CALL}, digest="0" * 64), "signature"),
        (lambda: post_json({"CallSid": CALL}, digest=""), "not signed"),
        (lambda: post_json({"CallSid": CALL}, token="a forger's"), "signature"),
        (lambda: post_json({"CallSid": CALL, "AccountSid": "AC" + "9" * 32}), "another account"),
    ],
)
def test_the_forged_the_stale_and_the_foreign_get_403_and_a_line(
    answer: Callable[[], HttpResponse], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(NOW, tick=False):
        assert answer().status_code == 403
    [line] = [record for record in caplog.records if record.name == "telephony.webhooks"]
    assert line.levelno == logging.WARNING
    assert reason in line.getMessage()
    assert PATH in line.getMessage()
    assert "127.0.0.1" in line.getMessage()
    assert "5550001000" not in line.getMessage()


def test_a_late_callback_is_not_yet_stale() -> None:
    with time_machine.travel(NOW, tick=False):
        assert post({**FORM, "Timestamp": "Mon, 02 Mar 2026 11:30:00 +0000"}).status_code == 200
        assert post({**FORM, "Timestamp": "yesterday, or so"}).status_code == 200


def test_without_a_token_of_ours_nothing_is_believed(settings) -> None:
    settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN_SECONDARY = ""
    assert post(FORM, token="").status_code == 403


def test_the_host_of_the_request_proves_nothing() -> None:
    elsewhere = RequestValidator(TOKEN).compute_signature("http://10.0.0.7:8000" + PATH, FORM)
    assert post(FORM, HTTP_X_TWILIO_SIGNATURE=elsewhere).status_code == 403


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, lambda: post("CallSid=%ff%fe")),
        (400, lambda: post("&".join(f"a{number}=1" for number in range(600)))),
        (400, lambda: post({"AccountSid": OURS})),
        (400, lambda: post({**FORM, "CallSid": "\x00 \n"})),
        (400, lambda: post_json("{")),
        (400, lambda: post_json("[1]")),
        (400, lambda: post_json("[" * 50_000)),
        (400, lambda: post(FORM, CONTENT_LENGTH="many")),
        (413, lambda: post({**FORM, "Body": "x" * LARGEST_BODY_BYTES})),
    ],
)
def test_the_malformed_is_a_clear_refusal_and_never_a_crash(
    status: int, answer: Callable[[], HttpResponse]
) -> None:
    assert answer().status_code == status


def test_bytes_that_are_no_text_are_refused() -> None:
    for content_type in ("application/x-www-form-urlencoded", "application/json"):
        request = RequestFactory().post(PATH, b"\xff\xfe", content_type=content_type)
        assert call_status(request).status_code == 400


def test_a_file_upload_is_no_webhook() -> None:
    assert call_status(RequestFactory().post(PATH, FORM)).status_code == 400


def test_a_path_cannot_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    call_status(RequestFactory().post("/a%0aERROR all is lost", FORM))
    assert "\n" not in caplog.records[-1].getMessage()


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=8), st.binary(max_size=60))
def test_no_signed_form_and_no_bytes_at_all_crash(form: dict[str, str], raw: bytes) -> None:
    clean = {
        name.encode(errors="ignore").decode(): value.encode(errors="ignore").decode()
        for name, value in form.items()
    }
    assert post({**clean, "CallSid": CALL}).status_code in {200, 403}
    request = RequestFactory().post(PATH, raw, content_type="application/x-www-form-urlencoded")
    assert call_status(request).status_code in {400, 403}


EVENTS = [
    CallEvent,
    Keys,
    InboundCall,
    InboundText,
    TextEvent,
    ConferenceEvent,
    MachineVerdict,
    RecordingDone,
    DialDone,
]
FIELDS = """
CallStatus SequenceNumber Timestamp From To CallDuration SipResponseCode ErrorCode Digits Body NumMedia
OptOutType MessageStatus Muted RecordingDuration StatusCallbackEvent DialCallDuration AnsweredBy FriendlyName
""".split()  # noqa: SIM905 - reads better than nineteen lines


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40)))
def test_a_field_that_makes_no_sense_never_breaks_an_event(form: dict[str, str]) -> None:
    names = {"CallSid": CALL, "MessageSid": "SM1", "ConferenceSid": "CF1"}
    for event in EVENTS:
        event.parse(form | names)


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_about_nothing_is_refused(event: type[CallEvent]) -> None:
    with pytest.raises(events.BadWebhook):
        event.parse({})


def test_a_call_event_is_read_whole() -> None:
    event = CallEvent.parse(
        {
            "CallSid": CALL, "CallStatus": "completed", "SequenceNumber": "3", "From": "+15550001000",
            "Timestamp": "Mon, 02 Mar 2026 12:00:01 +0000", "To": "+15550002000", "Direction": "outbound-api",
            "CallDuration": "17", "AnsweredBy": "human", "SipResponseCode": "200", "ErrorCode": "x",
        }
    )  # fmt: skip
    assert event == CallEvent(
        call_sid=CALL, status="completed", sequence=3, at=datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC),
        from_="+15550001000", to="+15550002000", direction="outbound-api", duration=17, answered_by="human",
        sip_code=200, error_code=None, idempotency_token="",
    )  # fmt: skip
    assert event.ended


@pytest.mark.parametrize(
    "written", ["-1", "1.5", "９", "²", "9" * 12, "1e3", "0x10", "", "one", "\x001\x00x"]
)
def test_what_is_no_small_whole_number_is_nothing(written: str) -> None:
    event = CallEvent.parse({"CallSid": CALL, "SequenceNumber": written, "CallDuration": written})
    assert (event.sequence, event.duration) == (None, None)


def test_a_withheld_number_is_no_number() -> None:
    for written in ("+266696687", "Anonymous", "+7378742833", ""):
        assert InboundCall.parse({"CallSid": CALL, "From": written}).from_ == ""


def test_a_participant_who_never_answered_leaves_with_the_reason() -> None:
    event = ConferenceEvent.parse(
        {
            "ConferenceSid": "CF1", "FriendlyName": "case-7", "StatusCallbackEvent": "participant-leave",
            "CallSid": CALL, "ParticipantLabel": "customer",
            "ReasonParticipantLeft": "participant_add_failed",
            "ParticipantCallStatus": "no-answer", "Muted": "false", "Hold": "true", "SequenceNumber": "4",
        }
    )  # fmt: skip
    assert (event.kind, event.label, event.reason) == (
        "participant-leave",
        "customer",
        "participant_add_failed",
    )
    assert (event.muted, event.hold, event.sequence, event.call_status) == (False, True, 4, "no-answer")


def test_machines_are_told_from_people() -> None:
    for word, machine in [("human", False), ("unknown", False), ("machine_start", True), ("fax", True)]:
        assert MachineVerdict.parse({"CallSid": CALL, "AnsweredBy": word}).is_machine is machine


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("STOP", "", "STOP"),
        ("  stop. ", "", "STOP"),
        ("Arrêt !", "", "STOP"),
        ("StopAll", "", "STOP"),
        ("opt  out", "", "STOP"),
        ("ストップ", "", "STOP"),
        ("start", "", "START"),
        ("unstop", "", "START"),
        ("HELP", "", "HELP"),
        ("please stop it", "", None),
        ("yes", "", None),
        ("1", "", None),
        ("yes", "START", "START"),
        ("nope", "STOP", "STOP"),
        ("help", "rubbish", "HELP"),
    ],
)
def test_words_that_stop_and_start_texts_are_known(body: str, kind: str, expected: str | None) -> None:
    text = InboundText.parse({"MessageSid": "SM1", "Body": body, "OptOutType": kind})
    assert text.opt_out == expected


def test_a_text_keeps_its_lines_but_no_nul() -> None:
    assert InboundText.parse({"MessageSid": "SM1", "Body": "one\ntwo\x00"}).body == "one\ntwo"


def test_reordered_and_repeated_steps_move_nothing_back() -> None:
    assert call_moves_on("queued", "ringing")
    assert call_moves_on("", "queued")
    assert not call_moves_on("in-progress", "ringing")
    assert not call_moves_on("completed", "in-progress")
    assert not call_moves_on("completed", "completed")
    assert not call_moves_on("ringing", "nonsense")
    assert is_final("no-answer")
    assert not is_final("in-progress")
    assert text_moves_on("sent", "delivered")
    assert not text_moves_on("delivered", "sent")
    assert text_moves_on("delivered", "read")
    assert is_final_text("undelivered")
    assert not is_final_text("sent")
