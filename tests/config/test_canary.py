"""A hung queue or pager is missed when it has had time to leave its mark and has not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django_q.models import Schedule

from config import canary
from escalations.models import Heartbeat

pytestmark = pytest.mark.django_db


def sang(*, seconds_ago: float, name: str = canary.QUEUE) -> None:
    Heartbeat.objects.create(name=name, at=datetime.now(UTC) - timedelta(seconds=seconds_ago))


def test_a_young_queue_is_given_time() -> None:
    sang(seconds_ago=0, name=canary.PAGER)
    assert canary.queue_silence(239) == ""


def test_a_song_is_enough() -> None:
    sang(seconds_ago=0, name=canary.PAGER)
    canary.sing()
    canary.sing()
    assert canary.queue_silence(1000) == ""


def test_silence_is_noticed() -> None:
    sang(seconds_ago=241)
    assert "no sign of work for" in canary.queue_silence(1000)


def test_a_queue_that_may_hold_up_the_pager_goes_before_the_pager_does() -> None:
    canary.sing()
    sang(seconds_ago=41, name=canary.PAGER)
    assert canary.pager_silence(1000) == ""
    assert "may hold the database" in canary.queue_silence(1000)
    assert canary.queue_silence(40) == "", "a queue that came after has no part in it"


def test_a_pager_is_missed_sooner() -> None:
    sang(seconds_ago=61, name=canary.PAGER)
    assert "no sign of work for" in canary.pager_silence(1000)
    assert canary.pager_silence(59) == ""


def test_a_queue_that_never_sang_is_noticed() -> None:
    assert "since it started" in canary.queue_silence(241)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_not_the_queues_fault() -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        assert canary.queue_silence(1000) == ""
    assert canary.queue_silence(1000), "asked again, on a new connection"


def test_it_is_hired_once() -> None:
    canary.hire()
    canary.hire()
    schedule = Schedule.objects.get(name="canary")
    assert schedule.func == f"{canary.sing.__module__}.{canary.sing.__name__}"
