"""What raising and climbing cost in queries, and that the cost does not grow with history."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.models import Account
from escalations import pager
from escalations.models import Escalation, Status
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Escalate

MOST_TO_RAISE = 22
MOST_TO_CLIMB = 24
MOST_IN_AN_IDLE_TURN = 26


def old_cases(account: Account, programme: object, by: Person, owner: Person, count: int) -> None:
    """Cases of years ago, each with its pages and events."""
    now = timezone.now()
    cases = Escalation.objects.bulk_create(
        Escalation(
            programme=programme,
            account=account,
            raised_by=by,
            owner=owner,
            summary="Long ago.",
            score_total=80,
            threshold=60,
            qualifies=True,
            status=Status.CLOSED,
            created_at=now - timedelta(days=400),
            accepted_by=owner,
            accepted_at=now - timedelta(days=400),
        )
        for _ in range(count)
    )
    for case in cases:
        case.events.create(at=now, kind="raised", actor_name="x", text="x")
        for rung in range(3):
            case.pages.create(
                person=owner,
                channel="call",
                address=owner.phone,
                rung=rung,
                status="unanswered",
                created_at=now,
                due_at=now,
                ended_at=now,
            )


@pytest.mark.parametrize("history", [0, 60])
def test_raising_and_climbing_cost_the_same_whatever_the_history(
    network: Network,
    escalate: Escalate,
    programme: object,
    acme: Account,
    ana: Person,
    cleo: Person,
    officer: Phone,
    history: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    old_cases(acme, programme, cleo, ana, history)
    with django_assert_max_num_queries(MOST_TO_RAISE):
        case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    Escalation.objects.filter(pk=case.pk).update(next_action_at=timezone.now())
    with django_assert_max_num_queries(MOST_TO_CLIMB):
        assert pager.move_on(case.pk)
    officer.expect_ring(within=4)


def test_a_turn_with_nothing_to_do_is_cheap(
    network: Network,
    escalate: Escalate,
    programme: object,
    acme: Account,
    ana: Person,
    cleo: Person,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    old_cases(acme, programme, cleo, ana, 60)
    with django_assert_max_num_queries(MOST_IN_AN_IDLE_TURN):
        assert pager.run_due() == 0
