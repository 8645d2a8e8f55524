"""Calls that go on by themselves: who calls, talks, holds, pays and hangs up, on the test's own clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from telephony.simulator import controls
from telephony.simulator.traffic import BadTraffic, Order
from tests.telephony.simulated_application import COMPANY, World, world

CALLER, AGENT = "+14195550142", "+15550100031"
ORDER: dict[str, Any] = {
    "callers": [CALLER],
    "agents": [AGENT],
    "pause": [5, 5],
    "talk": [60, 60],
    "hold": {"share": 1, "seconds": [10, 10]},
    "pay": {"share": 1, "seconds": [8, 8], "words": ["PAY", "PAID"]},
    "seed": 7,
}


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        everything.app.says(
            "/inbound",
            "<Dial><Conference beep='false' endConferenceOnExit='true' statusCallback='/events'"
            " statusCallbackEvent='start end join leave hold'>desk</Conference></Dial>",
        )
        yield everything


def control(w: World, method: str, order: Any) -> tuple[int, dict[str, Any]]:
    page = controls.answer(
        w.network,
        method=method,
        path="traffic",
        query="",
        body=json.dumps(order),
        content_type="application/json",
    )
    return page.status, json.loads(page.content)


def test_a_customer_calls_talks_holds_pays_hangs_up_and_calls_again(w: World) -> None:
    status, state = control(w, "POST", ORDER)
    assert (status, state["running"]) == (200, True)
    w.network.advance(6)
    caller, agent = w.network.phone(CALLER), w.network.phone(AGENT)
    assert caller.call is not None
    w.post("/Conferences/desk/Participants.json", From_=COMPANY, To=AGENT, Beep="false")
    w.network.advance(75)
    spoken = {heard.text for heard in agent.heard if heard.speaker == CALLER}
    assert "This is the third time I explain it." in spoken
    kinds = [form["StatusCallbackEvent"] for form in w.app.at("/events")]
    assert kinds.count("participant-hold") == kinds.count("participant-unhold") == 1
    assert "conference-end" in kinds
    assert [text.body for text in agent.texts if text.outgoing] == ["PAY", "PAID"]
    assert len(w.app.at("/inbound")) == 2, "five seconds later the customer calls again"
    control(w, "DELETE", {})
    before = len(w.app.at("/inbound"))
    caller.hang_up()
    w.network.advance(60)
    assert len(w.app.at("/inbound")) == before


def test_who_meets_nobody_hangs_up_after_a_while(w: World) -> None:
    control(w, "POST", ORDER)
    w.network.advance(6)
    caller = w.network.phone(CALLER)
    first = caller.call
    assert first is not None
    w.network.advance(140)
    assert caller.call is first
    w.network.advance(15)
    assert first.ended_at is not None


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({}, "`callers` is a list"),
        (ORDER | {"callers": ["me"]}, "`callers` is a list"),
        (ORDER | {"callers": [COMPANY]}, "the company's own number"),
        (ORDER | {"number": "+15550009999"}, "none of the company's numbers"),
        (ORDER | {"talk": [9, 3]}, "`talk` is"),
        (ORDER | {"hold": {"share": 7}}, "a share is 0 to 1"),
        (ORDER | {"pay": {"words": ["PAY"]}}, "pay.words are two texts"),
        (ORDER | {"lines": [["dog", "woof"]]}, "lines are"),
        (ORDER | {"volume": 11}, "unknown: volume"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(w: World, order: dict[str, Any], says: str) -> None:
    status, answer = control(w, "POST", order)
    assert status == 400
    assert says in answer["error"]


def test_only_an_object_is_an_order() -> None:
    with pytest.raises(BadTraffic):
        Order.from_json([1])
