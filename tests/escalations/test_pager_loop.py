"""The pager's loop: how soon it looks again, and that no phone rings on because it sleeps."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from escalations import holding, pager
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Escalate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """The pager's threads; their connections end with the test."""
    workers = 4
    with ThreadPoolExecutor(workers) as threads:
        yield threads
        list(threads.map(lambda _: connections.close_all(), range(4 * workers)))


def test_a_phone_that_is_to_fall_silent_waits_for_the_next_turn_and_not_for_the_end_of_a_sleep(
    network: Network, escalate: Escalate, officer: Phone, cleo: Person, pool: ThreadPoolExecutor
) -> None:
    """The case is cancelled in the instant after a turn: what wakes the pager finds the hang-up chore too early."""
    case = escalate(connect="none")
    ring = officer.expect_ring()
    officer.expect_text("urgent case")
    loop = pager.Pager("here")
    assert loop._turn(pool) > 0
    holding.cancel(escalation=case, by=cleo, reason="It runs again.")
    # However slow this machine is: the turn before was a moment ago.
    loop._chores_at["hang up"] = time.monotonic() + pager.HANG_UP_SECONDS
    slept = loop._turn(pool)
    assert slept <= pager.HANG_UP_SECONDS, "the turn after this one hangs up"
    ring.expect_stopped(within=1)


def test_while_nothing_waits_the_pager_sleeps_as_long_as_it_may(
    network: Network, pool: ThreadPoolExecutor
) -> None:
    assert pager.Pager("here")._turn(pool) == pager.LONGEST_SLEEP_SECONDS


def test_each_minute_the_log_says_that_the_pager_is_at_work(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    loop = pager.Pager("here")
    with caplog.at_level(logging.INFO, "escalations.pager"):
        for _ in range(pager.BEATS_A_LINE + 1):
            loop._beat()
    assert [record.getMessage() for record in caplog.records] == ["At work: 0 calls sent, 0 cases late"] * 2
