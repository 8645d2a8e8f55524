"""`/healthz` says whether the database answers and a pager is at work, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from escalations.models import Heartbeat

pytestmark = pytest.mark.django_db


def beat(name: str, *, seconds_ago: float) -> None:
    Heartbeat.objects.create(name=name, at=datetime.now(UTC) - timedelta(seconds=seconds_ago))


def test_well_while_one_pager_beats(client: Client) -> None:
    beat("pager on one", seconds_ago=3600)
    beat("pager on two", seconds_ago=5)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert 5 <= answer.json()["pager_seconds"] < 60, "the younger one's, on a machine however busy"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("ages", [[], [61]])
def test_unwell_without_a_pager(client: Client, ages: list[float]) -> None:
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
