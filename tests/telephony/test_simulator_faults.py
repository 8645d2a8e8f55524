"""Faults on request: each does what it says, to what it was asked to, and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from telephony.simulator import Fault
from telephony.simulator.schedule import real_clock
from tests.telephony.simulated_application import COMPANY, World, world

ANA, BEN = "+15557770001", "+15557770002"
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
def w() -> Iterator[World]:
    with world() as everything:
        everything.app.says("/voice", "<Say>Hello there</Say>")
        yield everything


def create(w: World, to: str = ANA) -> requests.Response:
    return w.post(
        "/Calls.json",
        To=to,
        From=COMPANY,
        Url=w.app.url + "/voice",
        StatusCallback=w.app.url + "/status",
        StatusCallbackEvent=EVENTS,
    )


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20503)])
def test_an_error_answer_and_nothing_taken(w: World, status: int, code: int) -> None:
    w.network.faults.add(Fault("POST Calls", "status", status=status, times=1, retry_after=7))
    refused = create(w)
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (
        status,
        code,
        "7",
    )
    assert not w.network.calls
    assert create(w).status_code == 201


def test_only_the_nth_and_only_that_number(w: World) -> None:
    w.network.faults.add(Fault("POST Calls", "status", nth=2, to=BEN))
    assert [create(w, to).status_code for to in (ANA, BEN, ANA, BEN, BEN)] == [201, 201, 201, 503, 201]


def test_by_chance_but_the_same_chance_each_time(w: World) -> None:
    struck = []
    for _ in range(2):
        w.network.faults.clear()
        w.network.faults.add(Fault("GET Calls", "status", probability=0.5, seed=3))
        struck.append([w.get("/Calls.json").status_code for _ in range(12)])
    assert struck[0] == struck[1]
    assert set(struck[0]) == {200, 503}


def test_a_reset_before_takes_nothing_and_after_takes_it(w: World) -> None:
    w.network.faults.add(Fault("POST Calls", "reset_before", nth=1))
    w.network.faults.add(Fault("POST Calls", "reset_after", nth=2))
    with pytest.raises(requests.ConnectionError):
        create(w)
    assert not w.network.calls
    with pytest.raises(requests.ConnectionError):
        create(w)
    assert len(w.network.calls) == 1
    w.network.phone(ANA).expect_call("hello there")


def test_a_slow_answer_runs_into_the_clients_patience(w: World) -> None:
    fault = w.network.faults.add(Fault("POST Calls", "delay_after", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        w.session.post(
            f"{w.base}/Calls.json", data={"To": ANA, "From": COMPANY, "Url": w.app.url}, timeout=0.2
        )
    assert len(w.network.calls) == 1
    fault.release()


def test_an_answer_is_held_until_it_is_released(w: World) -> None:
    fault = w.network.faults.add(Fault("POST Calls", "hold"))
    answers: list[int] = []
    client = threading.Thread(target=lambda: answers.append(create(w).status_code))
    client.start()
    assert fault.taken.wait(5)
    w.network.phone(ANA).expect_call("hello there")
    assert answers == []
    fault.release()
    client.join(5)
    assert answers == [201]


def test_callbacks_may_come_before_the_answer(w: World) -> None:
    w.network.faults.add(Fault("POST Calls", "answer_after_callbacks"))
    create(w)
    assert w.statuses() == ["initiated", "ringing"]


def test_callbacks_may_come_before_the_answer_in_real_time_too() -> None:
    with world(clock=real_clock, automatic=True) as w:
        w.network.faults.add(Fault("POST Calls", "answer_after_callbacks"))
        create(w)
        assert w.statuses()[:1] == ["initiated"]


def test_what_was_created_is_invisible_for_a_while(w: World) -> None:
    w.network.faults.add(Fault("POST Calls", "stale", seconds=3))
    sid = create(w).json()["sid"]
    assert w.get(f"/Calls/{sid}.json").status_code == 404
    assert w.get("/Calls.json").json()["calls"] == []
    w.network.advance(3)
    assert w.get(f"/Calls/{sid}.json").status_code == 200


def run(w: World) -> list[str]:
    create(w)
    w.network.phone(ANA).expect_call("hello there").expect_ended()
    w.network.advance(10)
    return [f["SequenceNumber"] for f in w.app.at("/status")]


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        (Fault("callback:status", "lose", nth=2), ["0", "2", "3"]),
        (Fault("callback:status", "double", nth=1), ["0", "0", "1", "2", "3"]),
        (Fault("callback:status", "delay", nth=2, seconds=5), ["0", "2", "3", "1"]),
        (Fault("callback:status", "reorder", nth=2), ["0", "2", "1", "3"]),
        (Fault("callback:status", "lose", to=BEN), ["0", "1", "2", "3"]),
        (Fault("callback:conference", "lose"), ["0", "1", "2", "3"]),
    ],
)
def test_callbacks_lost_doubled_late_and_reordered(w: World, fault: Fault, order: list[str]) -> None:
    w.network.faults.add(fault)
    assert run(w) == order


def test_a_wrong_signature(w: World) -> None:
    w.network.faults.add(Fault("callback:*", "bad_signature", nth=1))
    run(w)
    assert [hit.signed for hit in w.app.hits][:3] == [False, True, True]


def test_a_lost_request_for_twiml_is_an_application_that_does_not_answer(w: World) -> None:
    w.network.faults.add(Fault("callback:voice", "lose"))
    create(w)
    w.network.phone(ANA).expect_call("application error")


def test_a_fault_that_would_never_strike_is_refused() -> None:
    with pytest.raises(ValueError, match="does not go with"):
        Fault("POST Calls", "double")
    with pytest.raises(ValueError, match="unknown: when"):
        Fault.from_json({"on": "POST Calls", "do": "status", "when": 1})
