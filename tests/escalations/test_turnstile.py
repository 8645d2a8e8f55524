"""A flood waits at the way in: one case at a time, after webhooks, and nobody for ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from escalations import turnstile
from escalations.turnstile import turn
from telephony.webhooks import UNDER_WAY

FOR_EVER = 600.0
"""Seconds: longer than any test is waited for."""
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("LONGEST_IN_LINE_SECONDS", "LONGEST_FOR_WEBHOOKS_SECONDS"):
        monkeypatch.setattr(turnstile, limit, FOR_EVER)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def go_in() -> None:
    with turn():
        pass


def stays_outside(one: "Future[None]") -> bool:
    threading.Event().wait(0.2)
    return not one.done()


def test_two_go_in_one_after_the_other(beside: ThreadPoolExecutor) -> None:
    with turn():
        second = beside.submit(go_in)
        assert stays_outside(second)
    second.result(PATIENCE)


def test_an_error_lets_the_next_one_in(beside: ThreadPoolExecutor) -> None:
    with pytest.raises(ZeroDivisionError), turn():
        raise ZeroDivisionError
    beside.submit(go_in).result(PATIENCE)


def test_one_webhook_is_dealt_with_in_passing_and_several_go_first(beside: ThreadPoolExecutor) -> None:
    with UNDER_WAY:
        beside.submit(go_in).result(PATIENCE)
        with UNDER_WAY:
            case = beside.submit(go_in)
            assert stays_outside(case)
        case.result(PATIENCE)


def test_nobody_waits_for_ever(beside: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    with turn(), UNDER_WAY, UNDER_WAY:
        monkeypatch.setattr(turnstile, "LONGEST_IN_LINE_SECONDS", 0.05)
        monkeypatch.setattr(turnstile, "LONGEST_FOR_WEBHOOKS_SECONDS", 0.05)
        beside.submit(go_in).result(PATIENCE)
