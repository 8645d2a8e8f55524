"""The REST face: what it refuses, how it lists, and that Twilio's own client is content with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.telephony.simulated_application import ACCOUNT, COMPANY, START, TOKEN, World, world

ANA = "+15557770001"
SID = "CA" + "0" * 32


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        yield everything


class Redirected(TwilioHttpClient):
    """Twilio's client, talking to the simulator."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return super().request(method, f"{self.base}/some/prefix{path}", *args, **kwargs)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 21201),
        ({"To": ANA, "From": None}, 21213),
        ({"To": ANA}, 21205),
        ({"To": "555-1234", "Url": "http://a/"}, 21211),
        ({"To": "+1", "Url": "http://a/"}, 21211),
        ({"To": ANA, "From": "x", "Url": "http://a/"}, 21212),
        ({"To": ANA, "From": "+15559998888", "Url": "http://a/"}, 21210),
        ({"To": ANA, "Url": "ftp://x/y"}, 21205),
        ({"To": ANA, "Url": "nonsense"}, 21205),
        ({"To": ANA, "Url": "http://a/", "StatusCallback": "javascript:x"}, 21609),
        ({"To": ANA, "Url": "http://a/", "StatusCallbackEvent": "answerd"}, 21626),
        ({"To": ANA, "Url": "http://a/", "Timeout": "4"}, 20001),
        ({"To": ANA, "Url": "http://a/", "Timeout": "601"}, 20001),
        ({"To": ANA, "Url": "http://a/", "Timeout": "soon"}, 20001),
        ({"To": ANA, "Url": "http://a/", "Method": "PUT"}, 20001),
        ({"To": ANA, "Url": "http://a/", "Status_Callback": "http://a/"}, 20001),
        ({"To": ANA, "Url": "http://a/", "MachineDetection": "Yes"}, 20001),
        ({"To": ANA, "Url": "http://a/", "SendDigits": "1a"}, 21206),
        ({"To": ANA, "Twiml": "<Response><Nope/></Response>"}, 20001),
        ({"To": ANA, "Twiml": "<Response>" + " " * 4000 + "</Response>"}, 20001),
        ({"To": ANA, "ApplicationSid": "AP" + "0" * 32}, 21218),
        ({"To": ANA, "ApplicationSid": "AP1"}, 21218),
    ],
)
def test_calls_that_twilio_would_refuse(w: World, form: dict[str, str | None], code: int) -> None:
    answer = w.session.post(f"{w.base}/Calls.json", data={"From": COMPANY, **form}, timeout=5)
    body = answer.json()
    assert set(body) == {"code", "message", "more_info", "status"}
    assert (body["code"], body["status"]) == (code, answer.status_code)
    assert not w.network.calls


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/Calls/{SID}.json", 404, 20404),
        ("POST", f"/Calls/{SID}.json", 404, 20404),
        ("GET", "/Nonsense.json", 404, 20404),
        ("PUT", "/Calls.json", 405, 20004),
        ("GET", "/Calls.json?Colour=red", 400, 20001),
        ("GET", "/Calls.json?PageSize=0", 400, 20001),
        ("GET", "/Calls.json?PageSize=1001", 400, 20001),
        ("GET", "/Calls.json?StartTime=yesterday", 400, 20001),
        ("GET", "/Calls.json?Status=late", 400, 20001),
        ("GET", "/Messages/SM1.json", 404, 20404),
        ("GET", "/Conferences/CF1.json", 404, 20404),
        ("GET", "/Recordings/RE1.json", 404, 20404),
    ],
)
def test_other_refusals(w: World, method: str, path: str, status: int, code: int) -> None:
    answer = w.session.request(method, w.base + path, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC" + "9" * 32, TOKEN), ("", "")])
def test_who_is_not_the_account_gets_401(w: World, auth: tuple[str, str] | None) -> None:
    answer = requests.get(f"{w.base}/Calls.json", auth=auth, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    foreign = f"{w.server.url}/2010-04-01/Accounts/AC{'9' * 32}/Calls.json"
    assert w.session.get(foreign, timeout=5).status_code == 401


def test_calls_are_listed_newest_first_with_filters(w: World) -> None:
    first = w.call(ANA, "<Hangup/>")
    w.network.phone(ANA).expect_call().expect_ended()
    w.network.advance(60)
    second = w.call(ANA, "<Hangup/>")
    w.call("+15557770002", "<Hangup/>")

    def listed(**query: str) -> list[str]:
        return [c["sid"] for c in w.get("/Calls.json", **query).json()["calls"]]

    assert listed(To=ANA) == [second, first]
    assert listed(Status="completed") == [first]
    day = f"{START:%Y-%m-%d}"
    assert listed(StartTime=day) == [first]
    assert listed(**{"StartTime>": START.isoformat()}) == [first]
    assert listed(**{"StartTime>": (START + timedelta(seconds=1)).isoformat()}) == []
    assert listed(**{"StartTime<": f"{START - timedelta(days=1):%Y-%m-%d}"}) == []
    assert w.get(f"/Calls/{second}.json").json()["start_time"] is None
    assert w.get(f"/Calls/{first}.json").json()["date_created"] == "Mon, 02 Mar 2026 15:00:00 +0000"


def test_twilios_own_client_places_lists_pages_and_ends(w: World) -> None:
    client = Client(ACCOUNT, TOKEN, http_client=Redirected(w.server.url))
    url = w.app.says("/voice", "<Dial><Conference beep='false'>room</Conference></Dial>")
    sids = [
        client.calls.create(
            to=f"+1555777{n:04d}",
            from_=COMPANY,
            url=url,
            timeout=30,
            status_callback=w.app.url + "/status",
            status_callback_event=["initiated", "answered"],
        ).sid
        for n in range(5)
    ]
    assert [c.sid for c in client.calls.list(page_size=2)] == sids[::-1]
    assert len(client.calls.list(to="+15557770003", start_time_after=START)) == 0
    assert client.calls(sids[0]).fetch().date_created == START
    for n in range(2):
        w.network.phone(f"+1555777{n:04d}").expect_call()
    (room,) = client.conferences.list(friendly_name="room", status="in-progress")
    people = room.participants.list()
    assert [p.status for p in people] == ["connected", "connected"]
    assert people[0].update(muted=True).muted
    added = room.participants.create(
        from_=COMPANY, to=ANA, label="guest", beep="false", early_media=True, end_conference_on_exit=False
    )
    assert room.participants("guest").fetch().call_sid == added.call_sid
    assert room.participants("guest").delete()
    assert client.calls(sids[4]).update(status="canceled").status == "canceled"
    assert room.update(status="completed").status == "completed"
    text = client.messages.create(to=ANA, from_=COMPANY, body="Hello")
    w.network.settle()
    assert client.messages(text.sid).fetch().status == "delivered"
    assert client.messages.list(date_sent_after=START)[0].sid == text.sid
    assert client.incoming_phone_numbers.list()[0].phone_number == COMPANY
    assert client.api.accounts(ACCOUNT).fetch().status == "active"


def test_a_deleted_call_is_gone(w: World) -> None:
    sid = w.call(ANA, "<Hangup/>")
    assert w.session.delete(f"{w.base}/Calls/{sid}.json", timeout=5).status_code == 400
    w.network.phone(ANA).expect_call().expect_ended()
    assert w.session.delete(f"{w.base}/Calls/{sid}.json", timeout=5).status_code == 204
    assert w.get(f"/Calls/{sid}.json").status_code == 404
