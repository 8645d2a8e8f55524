"""Midnight, the end of a duty day, and the nights on which clocks change, while a case is on its way."""

from datetime import UTC, datetime, time, timedelta

import pytest

from escalations.models import Escalation, NextAction, Status
from rota.models import Programme
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate

# 23:59:50 in New York on a Wednesday; Ana is primary today, Ben tomorrow.
BEFORE_MIDNIGHT = datetime(2026, 6, 18, 3, 59, 50, tzinfo=UTC)
# Ten seconds before 02:00 becomes 03:00, and ten before 02:00 becomes 01:00 again.
BEFORE_SPRING = datetime(2026, 3, 8, 6, 59, 50, tzinfo=UTC)
BEFORE_AUTUMN = datetime(2026, 11, 1, 5, 59, 50, tzinfo=UTC)


@pytest.fixture
def calls_only(programme: Programme) -> Programme:
    programme.rungs = [
        {"who": who, "by": ["call"], "at_once": False, "ring_seconds": None}
        for who in ("primary", "primary", "backup")
    ]
    programme.save()
    return programme


def _takes(phone: Phone, *, within: float = 2.0) -> None:
    phone.expect_ring(within=within).answer().press("1").expect_heard("You have it")
    phone.expect_text("record the outcome", within=20)


@pytest.mark.starts_at(BEFORE_MIDNIGHT)
def test_the_day_ends_while_the_phone_rings_and_the_next_ring_is_the_new_officers(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, backup: Phone
) -> None:
    case = escalate(connect="none")
    officer.expect_ring().ignore()
    _takes(backup, within=30)
    assert network.clock() > datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
    case.refresh_from_db()
    assert case.owner.name == "Ben Okafor"


@pytest.mark.starts_at(BEFORE_MIDNIGHT)
def test_who_answers_after_midnight_a_phone_that_rang_before_has_the_case(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate(connect="none")
    ringing = officer.expect_ring()
    advance(15)
    ringing.answer().press("1").expect_heard("You have it")
    officer.expect_text("record the outcome", within=20)
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(BEFORE_SPRING, marks=pytest.mark.starts_at(BEFORE_SPRING), id="an hour is left out"),
        pytest.param(BEFORE_AUTUMN, marks=pytest.mark.starts_at(BEFORE_AUTUMN), id="an hour comes twice"),
    ],
)
def test_timers_run_on_through_the_night_of_the_change(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, backup: Phone, at: datetime
) -> None:
    case = escalate(connect="none")
    officer.expect_ring().ignore()
    officer.expect_ring(within=30).ignore()
    _takes(backup, within=30)
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert case.accepted_at is not None
    assert timedelta(seconds=40) <= case.accepted_at - at < timedelta(seconds=60)


@pytest.mark.parametrize(
    "opens_at",
    [
        pytest.param(
            datetime(2026, 3, 8, 12, 0, tzinfo=UTC),
            marks=pytest.mark.starts_at(datetime(2026, 3, 8, 3, 0, tzinfo=UTC)),
            id="an hour is left out",
        ),
        pytest.param(
            datetime(2026, 11, 1, 13, 0, tzinfo=UTC),
            marks=pytest.mark.starts_at(datetime(2026, 11, 1, 2, 0, tzinfo=UTC)),
            id="an hour comes twice",
        ),
    ],
)
def test_a_case_of_the_night_rings_at_eight_by_the_wall_clock_of_the_morning(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    backup: Phone,
    desk: Phone,
    advance: Advance,
    opens_at: datetime,
) -> None:
    Programme.objects.update(hours_from=time(8), hours_to=time(20), after_hours="none")
    calls_only.refresh_from_db()
    case = Escalation.objects.get(pk=escalate(connect="none").pk)
    desk.expect_text("waits")
    assert (case.next_action, case.next_action_at) == (NextAction.OPEN, opens_at)
    advance((opens_at - datetime.now(UTC)).total_seconds() - 1)
    backup.expect_no_call()
    _takes(backup, within=3)  # the officer of the new day
