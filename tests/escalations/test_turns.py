"""The line of calls at Twilio's calls per second: who goes first, that none waits for ever, and what is said of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from customers.models import Account
from escalations import deliveries, turns
from escalations.models import Escalation, Pace, Page, PageStatus
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network
from tests.escalations.conftest import Advance, Escalate
from tests.escalations.test_pacing import desks, rang_at  # noqa: F401 - a fixture
from tests.web.conftest import SignIn, sign_in  # noqa: F401 - a fixture
from web import words

Desks = list[tuple[Programme, Account]]


@pytest.fixture
def raise_at(network: Network, escalate: Escalate, desks: Desks) -> Callable[..., Escalation]:  # noqa: F811
    """Raise a case at this desk; its officer takes the first call."""
    for number in range(1, 6):
        network.phone(f"+1555010010{number}").always(answer_after=1, press="1")

    def do(desk: int, severity: str = "normal", **fields: object) -> Escalation:
        programme, account = desks[desk - 1]
        ways = {"programme": programme, "severity": severity, "connect": "none"}
        return escalate(account=account, **(ways | fields))

    return do


def expect_all(network: Network) -> None:
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_an_ordinary_case_does_not_wait_for_ever_behind_graver_ones(
    network: Network, raise_at: Callable[..., Escalation], settings: Settings, advance: Advance
) -> None:
    """Critical cases come faster than calls go out; the ordinary one waits as long as their head start, and rings."""
    settings.TWILIO_CALLS_PER_SECOND = 1 / 100
    raise_at(1, "critical")
    raise_at(2)
    advance(50)
    raise_at(3, "critical")
    advance(100)
    raise_at(4, "critical")
    head_start = 2 * turns.HEAD_START.total_seconds()
    advance(head_start - 150 + 5)
    raise_at(5, "critical")
    advance(300)
    assert {n: rang_at(network, n) for n in range(1, 6)} == {
        1: [0.0],
        3: [100.0],
        4: [200.0],
        2: [300.0],  # older than the fifth by more than its head start
        5: [400.0],
    }
    expect_all(network)


def test_a_case_that_becomes_graver_moves_up_in_the_line(
    network: Network, raise_at: Callable[..., Escalation], settings: Settings, advance: Advance
) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 1 / 30
    for desk in (1, 2, 3, 4):
        raise_at(desk)
        network.settle()
    joined = raise_at(4, "critical")
    assert joined.pages.get().gravity == 2
    advance(100)
    assert [rang_at(network, n) for n in (1, 4, 2, 3)] == [[0.0], [30.0], [60.0], [90.0]]
    expect_all(network)


def test_the_wait_that_is_shown_is_the_wait_that_comes(
    network: Network,
    raise_at: Callable[..., Escalation],
    settings: Settings,
    advance: Advance,
    cleo: Person,
    sign_in: SignIn,  # noqa: F811
) -> None:
    """On the case's page: not that a phone rings, but how many calls go before, and about when it does ring."""
    settings.TWILIO_CALLS_PER_SECOND = 1 / 30
    cases = [raise_at(desk) for desk in range(1, 6)]
    advance(1)
    last = cases[-1]
    turn = turns.of_case(last.pages.select_related("person"), now=datetime.now(UTC))
    assert turn is not None
    assert (turn.ahead, turn.name) == (3, "Officer 5")
    browser = sign_in(cleo)
    shown = browser.get(f"/cases/{last.pk}/").content.decode()
    assert "Waits to ring Officer 5: 3 calls go before" in shown
    assert "Waits to go out" in shown
    assert "Ringing" not in shown
    advance(30)
    news = browser.get(f"/cases/{last.pk}/live/?after=0").content.decode()
    assert "2 calls go before" in news
    assert turns.of_case(cases[1].pages.select_related("person"), now=datetime.now(UTC)) is None
    advance((turn.at - datetime.now(UTC)).total_seconds() + 1)
    assert rang_at(network, 5) == [120.0]
    assert abs(network.phone("+15550100105").rings[0].at - turn.at) < timedelta(seconds=1)
    expect_all(network)


def test_the_next_in_line_and_calls_without_a_limit_wait_for_nothing(
    network: Network, raise_at: Callable[..., Escalation], settings: Settings
) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 1
    first, second = raise_at(1), raise_at(2)
    now = datetime.now(UTC)
    assert turns.of_case(first.pages.select_related("person"), now=now) is None
    assert turns.of_case(second.pages.select_related("person"), now=now) is not None
    settings.TWILIO_CALLS_PER_SECOND = 0
    assert turns.of_case(second.pages.select_related("person"), now=now) is None
    network.settle()
    expect_all(network)


def test_on_the_page_of_deliveries_waiting_for_a_turn_is_not_being_stuck(
    network: Network, raise_at: Callable[..., Escalation], settings: Settings, advance: Advance
) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 1 / 30
    cases = [raise_at(desk) for desk in range(1, 6)]
    advance(80)
    waiting = {one.pk: one for one in deliveries.overview() if one.channel == "Call"}
    pages = [case.pages.get(channel="call") for case in cases]
    assert list(waiting) == [pages[3].pk, pages[4].pk]
    assert {one.state for one in waiting.values()} == {"queued"}
    assert waiting[pages[4].pk].turn_at == pages[0].created_at + timedelta(seconds=120)
    # No call has gone out for long: it is not the line that they wait for.
    Pace.objects.update(free_at=datetime.now(UTC) - timedelta(minutes=3))
    stuck = [one for one in deliveries.overview() if one.channel == "Call"]
    assert {(one.state, one.turn_at) for one in stuck} == {("stuck", None)}
    assert Page.objects.filter(status=PageStatus.QUEUED).count() == 2
    advance(70)
    expect_all(network)


def test_what_is_said_of_one_call_before() -> None:
    turn = turns.Turn(ahead=1, at=datetime.now(UTC), name="Ana Ruiz")
    assert words.in_line(turn) == "Waits to ring Ana Ruiz: one call goes before"
    assert words.next_in_line(turn) == "Next: about then Ana Ruiz’s phone"
