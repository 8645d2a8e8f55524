"""The simulator as a process of its own, driven over HTTP as crash tests, benchmarks and the wall do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from telephony.simulator.schedule import real_clock
from tests.telephony.simulated_application import ACCOUNT, COMPANY, TOKEN, World, world

ANA = "+15557770001"


@pytest.fixture
def w() -> Iterator[World]:
    with world(clock=real_clock, automatic=True) as everything:
        everything.app.says(
            "/voice", "<Gather numDigits='1' action='/key' timeout='60'><Say>Hi</Say></Gather>"
        )
        everything.app.says("/key", "<Pause length='60'/>")
        yield everything


def control(w: World, path: str, data: object = None, method: str = "POST") -> requests.Response:
    return requests.request(method, f"{w.server.url}/simulator/{path}", json=data or {}, timeout=15)


PATIENCE = 30.0
"""Seconds that a busy machine may take."""


def eventually(true: Callable[[], object]) -> None:
    """Wait, in real time and no longer than needed, until it is so."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end, f"did not happen within {PATIENCE} s"
        pause.wait(0.01)


def phone(w: World) -> dict[str, object]:
    state = requests.get(f"{w.server.url}/simulator/state.json", timeout=15).json()
    return next(p for p in state["phones"] if p["number"] == ANA)  # type: ignore[no-any-return]


def test_a_hand_at_the_wall_answers_presses_speaks_texts_and_hangs_up(w: World) -> None:
    control(w, "phones", [{"number": ANA, "name": "Ana <b>Ruiz</b>", "role": "Officer"}])
    assert phone(w)["name"] == "Ana <b>Ruiz</b>"
    w.call(ANA, Url=w.app.url + "/voice")
    eventually(lambda: phone(w)["state"] == "ringing")
    assert control(w, f"phones/{ANA}/answer").status_code == 200
    eventually(lambda: phone(w)["words"])
    assert control(w, f"phones/{ANA}/press", {"keys": "3"}).status_code == 200
    eventually(lambda: w.app.at("/key"))
    assert w.app.at("/key")[0]["Digits"] == "3"
    assert control(w, f"phones/{ANA}/say", {"words": "Hm"}).status_code == 200
    control(w, f"phones/{ANA}/text", {"body": "1"})
    eventually(lambda: w.app.at("/text"))
    assert control(w, f"phones/{ANA}/hang-up").status_code == 200
    assert control(w, f"phones/{ANA}/hang-up").status_code == 409
    assert control(w, f"phones/{ANA}/call").status_code == 200
    eventually(lambda: w.app.at("/inbound"))


def test_habits_are_set_from_outside(w: World) -> None:
    control(w, f"phones/{ANA}", {"answer_after": 0.0, "press": "1", "press_after": 0.0})
    w.call(ANA, Url=w.app.url + "/voice")
    eventually(lambda: w.app.at("/key"))
    control(w, f"phones/{ANA}", {"when_called": "busy", "mailbox": {"after_seconds": 1}})
    w.call(ANA, Url=w.app.url + "/voice", StatusCallback=w.app.url + "/status")
    eventually(lambda: w.statuses() == ["busy"])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("phones/+15557770001", {"mood": "bad"}),
        ("phones/+15557770001", {"when_called": "sings"}),
        ("phones/nobody/answer", {}),
        (f"phones/{COMPANY}/answer", {}),
        ("phones/+15557770001/fly", {}),
        ("phones/+15557770001/press", {"keys": "A"}),
        ("phones/+15557770001/say", {}),
        ("phones", {"name": "x"}),
        ("faults", {"on": "POST Calls"}),
        ("faults", {"on": "POST Calls", "do": "sing"}),
        ("faults", [1]),
        ("phones/+15557770001", {"mailbox": {"x": 1}}),
    ],
)
def test_nonsense_is_refused_with_a_reason(w: World, path: str, data: object) -> None:
    answer = control(w, path, data)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_another_pages_form_cannot_drive_it(w: World) -> None:
    answer = requests.post(f"{w.server.url}/simulator/phones/{ANA}/answer", data="{}", timeout=5)
    assert answer.status_code == 415


def test_faults_and_the_log_over_http(w: World) -> None:
    assert control(w, "faults", {"on": "POST Calls", "do": "status", "status": 429}).json()["in_force"] == 1
    refused = w.post("/Calls.json", To=ANA, From=COMPANY, Url=w.app.url)
    assert refused.status_code == 429
    control(w, "faults", method="DELETE")
    sid = w.call(
        ANA, Url=w.app.url + "/voice", StatusCallback=w.app.url + "/status", StatusCallbackEvent="ringing"
    )
    eventually(lambda: w.statuses() == ["ringing"])

    def logged() -> list[dict[str, object]]:
        return requests.get(f"{w.server.url}/simulator/requests.json?since=0", timeout=5).json()["requests"]  # type: ignore[no-any-return]

    eventually(lambda: len(logged()) == 3)
    assert [(e["direction"], e["kind"], e["status"]) for e in logged()] == [
        ("in", "Calls", 429),
        ("in", "Calls", 201),
        ("out", "status", 200),
    ]
    assert logged()[1]["sid"] == sid
    assert int(str(logged()[1]["ns"])) < time.monotonic_ns()
    later = requests.get(f"{w.server.url}/simulator/requests.json?since=2", timeout=5).json()
    assert [e["number"] for e in later["requests"]] == [3]


def test_the_wall_is_served_under_a_strict_policy(w: World) -> None:
    page = requests.get(f"{w.server.url}/simulator", timeout=5)
    assert page.url.endswith("/simulator/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert "style=" not in page.text
    for name in ("wall.css", "wall.js", "sound.js", "phone.svg"):
        assert requests.get(f"{w.server.url}/simulator/{name}", timeout=5).status_code == 200
    assert requests.get(f"{w.server.url}/simulator/..%2fnetwork.py", timeout=5).status_code == 404


def test_a_look_waits_for_the_next_change(w: World) -> None:
    first = requests.get(f"{w.server.url}/simulator/state.json", timeout=5).json()
    began = time.monotonic()
    query = {"since": first["version"], "boot": first["boot"], "wait": 0.3}
    same = requests.get(f"{w.server.url}/simulator/state.json", params=query, timeout=5).json()
    assert time.monotonic() - began >= 0.3
    assert same["phones"] == []
    w.network.phone(ANA)
    again = requests.get(f"{w.server.url}/simulator/state.json", params=query, timeout=5).json()
    assert [p["number"] for p in again["phones"]] == [ANA]


def test_a_hundred_calls_at_once_each_in_its_own_order(w: World) -> None:
    numbers = [f"+1555888{n:04d}" for n in range(100)]
    for number in numbers:
        w.network.phone(number).always(answer_after=0, press="1", press_after=0)
        w.call(
            number,
            Url=w.app.url + "/voice",
            StatusCallback=w.app.url + "/status",
            StatusCallbackEvent=["initiated", "ringing", "answered", "completed"],
        )
    eventually(lambda: len(w.app.at("/key")) == 100)
    for number in numbers:
        w.network.phone(number).hang_up()
    eventually(lambda: w.statuses().count("completed") == 100)
    orders: dict[str, list[str]] = {}
    for form in w.app.at("/status"):
        orders.setdefault(form["CallSid"], []).append(form["SequenceNumber"])
    assert set(map(tuple, orders.values())) == {("0", "1", "2", "3")}


def test_the_process_knows_the_phones_it_is_given_and_ends_on_sigterm(tmp_path: Path) -> None:
    book = tmp_path / "phones.json"
    book.write_text(json.dumps([{"number": ANA, "name": "Ana Ruiz", "role": "officer"}]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM_NUMBER": COMPANY,
        "PUBLIC_BASE_URL": "http://127.0.0.1:9",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "telephony.simulator", "--port", str(port), "--phones", str(book)],
        env=environment,
        stderr=subprocess.PIPE,
    )

    def is_up() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/simulator/state.json", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    try:
        eventually(is_up)
        state = requests.get(f"http://127.0.0.1:{port}/simulator/state.json", timeout=2).json()
        assert [(p["name"], p["role"]) for p in state["phones"]] == [("Ana Ruiz", "officer")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()


def test_without_an_account_it_says_what_is_missing() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TWILIO")}
    ran = subprocess.run(
        [sys.executable, "-m", "telephony.simulator"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 2
    assert "--account-sid is missing" in ran.stderr
