"""Sixty executives in forty calls at once, in real time: events a second, how soon a page knows, and memory.

Customers call, agents answer, talk, hold and pay by themselves in the simulator; 1 % of the conferences' callbacks are
lost and 5 % doubled. What an event costs is Twilio's view of its webhook; the lag to the page is from the instant it
is sent to the first answer of a session's page that shows something new.
"""

import json
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from benches.figures import say, say_quantiles
from benches.installation import Installation

LISTENERS, CALLS = 60, 40
SECONDS = 150
POLL_SECONDS = 0.02


def measure(*, database_url: str = "", history: int = 0) -> None:
    """Print all figures."""
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(
            Path(folder), programmes=1, accounts=10, database_url=database_url, history=history
        )
        with product:
            before = product.memory_mib()
            made = json.loads(
                product.run("-m", "benches.listeners", str(LISTENERS), str(CALLS), str(SECONDS))
            )
            _switch_on(product)
            page = _Page(product, made)
            page.start()
            began = time.monotonic()
            time.sleep(SECONDS + 30)
            page.stop()
            seconds = time.monotonic() - began
            requests_seen = product.new_requests()
            _say_events(requests_seen, seconds)
            page.say(requests_seen)
            say("listening memory", product.memory_mib(), "MiB", 1, idle=before, listeners=LISTENERS)
            product.simulator("DELETE", "traffic", {})


def _switch_on(product: Installation) -> None:
    numbers = _numbers()
    for number in numbers["listeners"]:
        product.phone(number, answer_after=1, press="1")
    product.simulator("POST", "faults", {"on": "callback:conference", "do": "lose", "probability": 0.01})
    product.simulator("POST", "faults", {"on": "callback:conference", "do": "double", "probability": 0.05})
    product.simulator(
        "POST",
        "traffic",
        {
            "callers": numbers["callers"],
            "agents": numbers["agents"],
            "pause": [1, 5],
            "talk": [20, 60],
            "hold": {"share": 0.5, "seconds": [3, 8]},
            "pay": {"share": 0.3, "seconds": [3, 8]},
            "seed": 5,
        },
    )


def _numbers() -> dict[str, list[str]]:
    return {
        "listeners": [f"+155520{30000 + number}" for number in range(LISTENERS)],
        "agents": [f"+155520{50000 + number}" for number in range(CALLS)],
        "callers": [f"+141955{50000 + number}" for number in range(CALLS)],
    }


def _say_events(seen: list[dict[str, Any]], seconds: float) -> None:
    webhooks = [one for one in seen if one["direction"] == "out"]
    events = [one for one in webhooks if one["kind"] == "conference"]
    say("listening events", len(events) / seconds, "1/s", len(events), webhooks=len(webhooks))
    say_quantiles("listening event", [one["seconds"] * 1000 for one in events], "ms")
    others = [one["seconds"] * 1000 for one in webhooks if one["kind"] != "conference"]
    say_quantiles("listening other webhook", others, "ms")
    answers = Counter(one["status"] for one in webhooks)
    say("listening webhooks that failed", sum(n for status, n in answers.items() if status >= 400 or not status),
        "count", len(webhooks), answers={str(status): n for status, n in answers.items()})  # fmt: skip


class _Page:
    """One session's page, looked at all the time, as a browser does that was told of each change."""

    def __init__(self, product: Installation, made: dict[str, Any]) -> None:
        self._product = product
        self._made = made
        self._changes: list[int] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=30)

    def _look(self) -> None:
        with requests.Session() as browser:
            self._sign_in(browser)
            seen = ""
            address = f"{self._product.url}/listening/sessions/{self._made['session']}/live/"
            while not self._stopped.is_set():
                answer = browser.get(address, params={"seen": seen}, timeout=30)
                if answer.status_code == 200:
                    self._changes.append(time.monotonic_ns())
                    seen = answer.text.partition("?seen=")[2].partition('"')[0]
                time.sleep(POLL_SECONDS)

    def _sign_in(self, browser: requests.Session) -> None:
        address = f"{self._product.url}/accounts/login/"
        browser.get(address, timeout=30)
        browser.post(
            address,
            data={
                "login": self._made["email"],
                "password": self._made["password"],
                "csrfmiddlewaretoken": browser.cookies.get("csrftoken", ""),
            },
            headers={"Referer": address},
            timeout=30,
        )

    def say(self, seen: list[dict[str, Any]]) -> None:
        """From the instant Twilio sent an event of a conference this listener was in to the page's next change."""
        number = _numbers()["listeners"][0]
        calls = {one["form"].get("CallSid") for one in seen if one["form"].get("To") == number}
        events = [one for one in seen if one["kind"] == "conference" and one["status"] < 400]
        own = {one["form"]["ConferenceSid"] for one in events if one["form"].get("CallSid") in calls}
        lags = []
        for one in (event for event in events if event["form"]["ConferenceSid"] in own):
            sent = one["ns"] - int(one["seconds"] * 1e9)
            shown = next((at for at in self._changes if at > sent), None)
            if shown is not None and shown - sent < 5e9:
                lags.append((shown - sent) / 1e6)
        if not lags:
            raise RuntimeError(f"the page showed no event ({len(self._changes)} changes)")
        say_quantiles("listening event to page", lags, "ms", changes=len(self._changes))
