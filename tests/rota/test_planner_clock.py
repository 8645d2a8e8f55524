"""Within its time the planner gives the best so far, and never calls it optimal; it can be stopped at any moment."""

import time
from datetime import date
from threading import Event
from typing import Any

import pytest

from rota.planner import plan_rota
from rota.planning.breaches import faults
from rota.planning.instance import Instance
from rota.planning.reading import read_instance
from rota.planning.score import score
from rota.planning.search import Progress, Status
from tests.rota.invented_rotas import as_text, invent, with_targets

UNDER_LOAD = 15.0
"""Seconds that a busy machine may add; far less than the minutes that a proof would take."""


def long_content() -> dict[str, Any]:
    """A year of twenty with many burdens: a good plan within seconds, a proof not within minutes."""
    content: dict[str, Any] = invent(
        seed=35, people=20, days=365, start=date(2026, 1, 1), away=0.2, sessions=False
    )
    for day in content["days"]:
        day["burden"] = {4: 5, 5: 6, 6: 7}.get(date.fromisoformat(day["date"]).weekday(), 4)
    return with_targets(content)


def long_rota() -> Instance:
    return read_instance(as_text(long_content()))


def test_the_time_limit_is_kept_and_nothing_unproven_is_called_optimal() -> None:
    instance = long_rota()
    began = time.monotonic()

    result = plan_rota(instance, seconds=6)

    assert time.monotonic() - began < 6 + UNDER_LOAD
    assert result.status in (Status.FEASIBLE, Status.UNKNOWN)
    if result.plan is not None:
        assert faults(instance, result.plan) == []
        assert result.objective == score(instance, result.plan)
        assert result.gap is not None
        assert result.gap > 0


@pytest.mark.parametrize("seconds", [0.001, 0.3])
def test_no_time_at_all_is_no_error(seconds: float) -> None:
    instance = read_instance(as_text(invent(seed=1, people=60, days=90)))

    result = plan_rota(instance, seconds=seconds)

    assert result.status in Status
    assert result.plan is None or faults(instance, result.plan) == []


def test_it_can_be_stopped_and_keeps_the_best_so_far() -> None:
    instance = long_rota()
    stop = Event()
    told: list[Progress] = []

    def listen(progress: Progress) -> None:
        told.append(progress)
        if progress.cost < float("inf"):
            stop.set()

    began = time.monotonic()
    result = plan_rota(instance, seconds=120, stop=stop, on_progress=listen)

    assert time.monotonic() - began < 100
    assert result.status is Status.FEASIBLE
    assert result.plan is not None
    assert faults(instance, result.plan) == []
    assert told[-1].seconds > 0


def test_a_stop_among_the_duties_still_books_the_sessions() -> None:
    instance = read_instance(as_text(invent(seed=2, people=60, days=90, start=date(2026, 1, 1))))
    stop = Event()

    def listen(progress: Progress) -> None:
        stop.set()

    result = plan_rota(instance, seconds=60, stop=stop, on_progress=listen)

    if result.plan is not None:
        assert faults(instance, result.plan) == []
        assert len(result.plan.sessions) == 60 * 2 * 3


def test_progress_is_told_with_a_bound() -> None:
    instance = read_instance(as_text(invent(seed=3, people=22, days=31)))
    told: list[Progress] = []

    result = plan_rota(instance, on_progress=told.append)

    assert result.status is Status.OPTIMAL
    assert result.gap == 0
    assert result.bound == result.objective
    assert {progress.stage for progress in told} >= {"duties", "sessions of 2026-03"}
    assert all(progress.bound <= result.objective for progress in told if result.objective is not None)
