"""Texts through the simulator, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telephony.simulator.messages import opt_out_type, segments
from tests.telephony.simulated_application import COMPANY, World, world

ANA = "+15557770001"


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        yield everything


def send(w: World, body: str = "Hello", to: str = ANA) -> dict[str, object]:
    answer = w.post("/Messages.json", To=to, From=COMPANY, Body=body, StatusCallback=w.app.url + "/status")
    return answer.json()  # type: ignore[no-any-return]


def reported(w: World) -> list[str]:
    return [f["MessageStatus"] for f in w.app.at("/status")]


def test_a_text_arrives_and_is_answered_by_twiml(w: World) -> None:
    w.app.says("/text", "<Message>Thank you</Message><Message><Body>And again</Body></Message>")
    ana = w.network.phone(ANA)
    assert send(w, "Case 1042: reply 1")["status"] == "queued"
    ana.expect_text("case 1042", "REPLY").reply("1")
    assert reported(w) == ["sending", "sent", "delivered"]
    (form,) = w.app.at("/text")
    assert (form["From"], form["To"], form["Body"], form["SmsStatus"]) == (ANA, COMPANY, "1", "received")
    assert "OptOutType" not in form
    ana.expect_text("thank you")
    ana.expect_text("and again")
    w.network.assert_nothing_unexpected()
    assert all(hit.signed for hit in w.app.hits)


def test_an_unexpected_text_fails_the_test(w: World) -> None:
    send(w, "surprise")
    w.network.settle()
    with pytest.raises(AssertionError, match="nobody expected it: surprise"):
        w.network.assert_nothing_unexpected()
    with pytest.raises(AssertionError, match="should not be texted"):
        w.network.phone(ANA).expect_no_text()


def test_stop_blocks_texts_until_start_and_reaches_the_application(w: World) -> None:
    ana = w.network.phone(ANA)
    ana.text("Stop")
    assert send(w)["code"] == 21610
    ana.text("START")
    assert send(w)["status"] == "queued"
    assert [f["OptOutType"] for f in w.app.at("/text")] == ["STOP", "START"]
    ana.expect_text("hello")
    w.network.assert_nothing_unexpected()


@pytest.mark.parametrize(
    ("body", "stopped", "kind"),
    [
        ("STOP", False, "STOP"),
        (" unsubscribe. ", False, "STOP"),
        ("please stop", False, ""),
        ("yes", False, ""),
        ("YES", True, "START"),
        ("unstop", False, "START"),
        ("help", False, "HELP"),
        ("1", False, ""),
    ],
)
def test_the_words_of_opting_out(body: str, stopped: bool, kind: str) -> None:
    assert opt_out_type(body, stopped=stopped) == kind


def test_texts_that_cannot_be_delivered(w: World) -> None:
    w.network.phone(ANA).be_landline()
    assert send(w)["code"] == 21614
    w.network.phone(ANA).be_landline(known=False)
    send(w)
    w.network.phone("+15557770002").be_off()
    send(w, to="+15557770002")
    w.network.phone("+15557770003").be_unallocated()
    send(w, to="+15557770003")
    w.network.settle()
    failed = [f for f in w.app.at("/status") if f["MessageStatus"] == "undelivered"]
    assert [f["ErrorCode"] for f in failed] == ["30006", "30003", "30005"]
    assert w.get("/Messages.json", To="+15557770002").json()["messages"][0]["error_code"] == 30003


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Body": "x"}, 21604),
        ({"To": ANA}, 21602),
        ({"To": "12", "Body": "x"}, 21211),
        ({"To": ANA, "Body": "x" * 1601}, 21617),
        ({"To": ANA, "Body": "x", "From": "+15551119999"}, 21606),
        ({"To": ANA, "Body": "x", "From": "nobody"}, 21212),
        ({"To": ANA, "Body": "x", "StatusCallback": "ftp://x"}, 21609),
        ({"To": ANA, "Body": "x", "Bodie": "x"}, 20001),
        ({"To": ANA, "MediaUrl": "file:///etc/passwd"}, 21620),
        ({"To": ANA, "Body": "x", "MessagingServiceSid": "MG" + "0" * 32}, 21701),
    ],
)
def test_refusals(w: World, form: dict[str, str], code: int) -> None:
    answer = w.post("/Messages.json", **{"From": COMPANY, **form})
    assert answer.json()["code"] == code
    assert answer.json()["status"] == answer.status_code
    assert not w.network.messages


def test_without_a_sender(w: World) -> None:
    assert w.post("/Messages.json", To=ANA, Body="x").json()["code"] == 21603


def test_a_messaging_service_sends_too() -> None:
    service = "MG" + "1" * 32
    with world(messaging_service_sid=service) as w:
        answer = w.post("/Messages.json", To=ANA, Body="x", MessagingServiceSid=service).json()
        assert (answer["status"], answer["from"]) == ("accepted", COMPANY)
        w.network.phone(ANA).expect_text("x")


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("é" * 160, 1),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("€" * 81, 2),
        ("😀" * 36, 2),
    ],
)
def test_segments(body: str, count: int) -> None:
    assert segments(body) == count
