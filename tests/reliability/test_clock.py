"""One process's clock is half a minute wrong: timers are on time all the same, for the database's clock counts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from telephony import clock
from tests.reliability.plant import ON_POSTGRESQL, Plant

RING_SECONDS = 6
A_LITTLE = timedelta(milliseconds=500)


@pytest.fixture
def by_database(settings: Settings, transactional_db: None) -> None:
    settings.CLOCK_FROM_DATABASE = True


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    with time_machine.travel(datetime.now(UTC)):
        clock.measure()  # the setting is off again: the machine's own clock


@pytest.mark.parametrize("wrong", [-30.0, 30.0])
def test_the_databases_clock_counts(by_database: None, wrong: float) -> None:
    """On SQLite the database has no clock but the machine's."""
    true = datetime.now(UTC)
    connection.ensure_connection()
    with time_machine.travel(true + timedelta(seconds=wrong), tick=True):
        clock.measure()
        seen = clock.now()
    expected = true if connection.vendor == "postgresql" else true + timedelta(seconds=wrong)
    assert abs(seen - expected) < A_LITTLE


def test_a_difference_too_small_to_matter_is_left_alone(by_database: None) -> None:
    assert clock.measure() == timedelta(0)


def test_it_is_measured_where_a_connection_is_made_and_each_minute(by_database: None) -> None:
    """A web process never runs the pager's chores: its first request after a minute measures."""
    if connection.vendor != "postgresql":
        assert clock.measure() == timedelta(0)
        return
    true = datetime.now(UTC)
    with time_machine.travel(true, tick=True) as traveller:
        connection.close()
        connection.ensure_connection()
        assert abs(clock.now() - datetime.now(UTC)) < A_LITTLE
        traveller.shift(300)
        clock.keep(every=0)
        assert abs(clock.now() - true) < timedelta(seconds=2)


@pytest.mark.parametrize("room", ["escalations", "listening"])
def test_whatever_has_a_due_time_reads_the_clock_of_record(room: str) -> None:
    """One moment of the machine's own clock among them, and a timer fires early here and late there."""
    own = re.compile(r"timezone\.now\(|datetime\.now\(|timezone import now")
    modules = [path for path in Path(room).rglob("*.py") if "migrations" not in path.parts]
    assert len(modules) > 20
    assert [str(path) for path in modules if own.search(path.read_text(encoding="utf-8"))] == []


if ON_POSTGRESQL:

    @pytest.mark.parametrize("wrong", [-30, 30])
    def test_a_pager_with_a_wrong_clock_rings_the_next_phone_on_time(
        plant: Plant, next_programme: Callable[[], int], wrong: int
    ) -> None:
        """The web's clock is right, the pager's is not; each writes due times that the other reads."""
        programme = next_programme()
        plant.execute(
            "UPDATE rota_programme SET ring_seconds = %s WHERE slug = %s", RING_SECONDS, f"p{programme:04d}"
        )
        plant.answers(programme, seat=1)
        plant.pager("-m", "tests.reliability.shifted", str(wrong))
        case = plant.escalate(programme, connect="none")
        plant.wait_for(case["id"], "accepted")
        first, second = (one["ns"] for one in plant.requests() if _rings_one_of(plant, programme, one))
        assert RING_SECONDS <= (second - first) / 1e9 < RING_SECONDS + 3
        plant.assert_once()


def _rings_one_of(plant: Plant, programme: int, one: dict[str, object]) -> bool:
    form = one["form"]
    numbers = (plant.officer(programme), plant.officer(programme, 1))
    return one["kind"] == "Calls" and one["method"] == "POST" and dict(form)["To"] in numbers  # type: ignore[call-overload]
