"""The database is locked for five seconds: the API waits or says 503, and nothing is lost or half-written."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests
from django.db import connection
from django.test import Client

from api import tokens
from customers.models import Account
from escalations.models import Escalation, Event, Page
from people.models import Person
from rota.models import Programme
from tests.reliability.plant import ON_POSTGRESQL, Plant

LOCKED_SECONDS = 5.0


@contextlib.contextmanager
def _locked(plant: Plant) -> Iterator[None]:
    """Another process holds the write lock: the whole file, or the tables of cases and pages."""
    if ON_POSTGRESQL:
        with psycopg.connect(plant.database_url) as other:
            other.execute("LOCK TABLE escalations_escalation, escalations_page IN ACCESS EXCLUSIVE MODE")
            yield
        return
    with contextlib.closing(plant.open_file()) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_cases_raised_and_keys_pressed_while_it_is_locked_are_not_lost(
    plant: Plant, next_programme: Callable[[], int]
) -> None:
    ringing, programmes = next_programme(), [next_programme() for _ in range(3)]
    for programme in [ringing, *programmes]:
        plant.answers(programme)
    plant.phone(plant.officer(ringing), answer_after=0.0, press="1", press_after=1.0)
    plant.pager()
    first = plant.escalate(ringing, connect="none")["id"]
    plant.wait_until(lambda: plant.hand(plant.officer(ringing))["words"], "the officer hears the menu")
    with ThreadPoolExecutor(3) as pool:
        with _locked(plant):
            asked = [pool.submit(_raise, plant, programme) for programme in programmes]
            threading.Event().wait(LOCKED_SECONDS)  # the lock is the test
        answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} <= {201, 503}, [a.text for a in answers]
    for programme, answer in zip(programmes, answers, strict=True):
        again = _raise(plant, programme) if answer.status_code == 503 else answer
        plant.wait_for(again.json()["id"], "accepted")
    plant.wait_for(first, "accepted")
    plant.assert_once()
    assert "ERROR" not in plant.log.read_text() or not ON_POSTGRESQL


def _raise(plant: Plant, programme: int) -> requests.Response:
    return requests.post(
        f"{plant.url}/api/v1/escalations/",
        json={
            "account": f"A{programme:05d}",
            "programme": f"p{programme:04d}",
            "summary": "Their plant stands still.",
            "connect": "none",
        },
        headers=dict(plant.session.headers),
        timeout=60,
    )


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_outlasts_our_patience_is_a_503_and_nothing_is_written(
    programme: Programme, acme: Account, cleo: Person
) -> None:
    token = tokens.issue(person=cleo, name="desk").secret
    client = Client(headers={"Authorization": f"Bearer {token}"})
    body = {"account": acme.external_id, "summary": "Their plant stands still."}
    with _impatient(), _lock_beside_us():
        before = time.monotonic()
        answer = client.post("/api/v1/escalations/", body, content_type="application/json")
        assert time.monotonic() - before < 10
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert not Escalation.objects.exists()
    assert not Page.objects.exists()
    assert not Event.objects.exists()
    assert client.post("/api/v1/escalations/", body, content_type="application/json").status_code == 201


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """Our connection waits a fifth of a second for a lock, and not its usual twenty."""
    wait, patient = ("SET lock_timeout = 200", "SET lock_timeout = 0")
    if connection.vendor == "sqlite":
        wait, patient = ("PRAGMA busy_timeout = 200", "PRAGMA busy_timeout = 20000")
    with connection.cursor() as cursor:
        cursor.execute(wait)
        yield
        cursor.execute(patient)


@contextlib.contextmanager
def _lock_beside_us() -> Iterator[None]:
    other = connection.copy()
    with contextlib.closing(other):
        other.set_autocommit(False)
        with other.cursor() as cursor:
            if other.vendor == "sqlite":
                cursor.execute("UPDATE escalations_pace SET name = name")
            else:
                cursor.execute("LOCK TABLE escalations_escalation IN ACCESS EXCLUSIVE MODE")
            yield
        other.rollback()
