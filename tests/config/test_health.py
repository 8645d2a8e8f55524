"""`/healthz` says whether the database answers and a pager is at work, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from escalations import pager
from escalations.models import Heartbeat
from web.health import PAGER_SILENT_AFTER

pytestmark = pytest.mark.django_db


def beat(name: str, *, seconds_ago: float) -> None:
    Heartbeat.objects.create(name=name, at=datetime.now(UTC) - timedelta(seconds=seconds_ago))


def test_well_while_one_pager_beats(client: Client, clock: time_machine.Traveller) -> None:
    beat("pager on one", seconds_ago=3600)
    beat("pager on two", seconds_ago=19.9)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "pager_seconds": 19.9}, "the younger one's"
    assert "no-store" in answer["Cache-Control"]


def test_a_pager_may_miss_three_beats_and_no_more() -> None:
    """As the documents have it: a lock of some seconds is no alarm, and a dead pager is one within 20 s."""
    assert timedelta(seconds=4 * pager.BEAT_SECONDS) == PAGER_SILENT_AFTER


@pytest.mark.parametrize("ages", [[], [20]])
def test_unwell_without_a_pager(client: Client, clock: time_machine.Traveller, ages: list[float]) -> None:
    beat("queue", seconds_ago=1)
    for age in ages:
        beat("pager on one", seconds_ago=age)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "run_pager" in answer.json()["status"]


def test_unwell_without_a_database(client: Client) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "the database does not answer"}


def test_a_probe_speaks_plain_http(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 503
    assert client.get("/").status_code == 301


def test_one_query(client: Client, django_assert_num_queries: pytest.FixtureRequest) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        client.get("/healthz")
