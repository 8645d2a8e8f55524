"""Stories: the whole product, a simulated telephone network, and a clock that only the test moves.

A test that asks for `network` runs with frozen time. What the product and the network do, they do on the
test's own thread inside `settle` (the clock stands) and `advance` (the clock goes from one due thing to the
next, so that nothing is skipped); webhooks and Twilio requests are real HTTP between Django's live server
and the simulator. At the end a ring or a text that nobody expected, or anything that Twilio's debugger would
have complained about, fails the test.

    def test_the_officer_takes_it(network, ana, advance):
        raise_escalation(...)
        network.phone(ana.phone).expect_call("Officer of the Day").press("1").expect_heard("You have it")
"""

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from escalations import pager
from telephony.simulator import Network, Server

ACCOUNT_SID = "AC" + "0f" * 16
AUTH_TOKEN = "9e" * 16
COMPANY_NUMBER = "+15550001000"
START = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in New York; `@pytest.mark.starts_at(instant)` starts a test elsewhere."""

ROUNDS = 1000
"""So many rounds without quiet mean that two sides keep each other awake for ever."""

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(autouse=True)
def _story_time(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller | None]:
    """Freezes time before any other fixture looks at the clock, where a test wants `network` or `clock`."""
    if not {"network", "clock"} & set(request.fixturenames):
        yield None
        return
    marker = request.node.get_closest_marker("starts_at")
    with time_machine.travel(marker.args[0] if marker else START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clock(_story_time: time_machine.Traveller) -> time_machine.Traveller:
    """The frozen clock: `move_to(instant)` and `shift(seconds)` jump, `advance` lets things happen."""
    return _story_time


def connect(
    url: str,
    settings: Settings,
    clock: time_machine.Traveller,
    ahead: Callable[[], timedelta] = timedelta,
) -> tuple[Network, Server]:
    """A telephone network with the company's number on it, wired to the product at `url` in both directions.

    `ahead` tells how far the product's clock, which is the test's, is ahead of the network's.
    """
    network = Network(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        numbers=[COMPANY_NUMBER],
        voice_url=f"{url}/webhooks/twilio/voice",
        sms_url=f"{url}/webhooks/twilio/text",
        clock=lambda: _now() - ahead(),
        automatic=False,
    )
    server = Server(network, port=0)
    server.start()
    settings.PUBLIC_BASE_URL = url
    settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
    settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
    settings.TWILIO_FROM_NUMBER = COMPANY_NUMBER
    settings.TWILIO_MESSAGING_SERVICE_SID = ""
    settings.TWILIO_API_BASE_URL = server.url

    def settle() -> None:
        for _ in range(ROUNDS):
            if network.run_due() + pager.run_due() == 0:
                return
        raise AssertionError(f"after {ROUNDS} rounds at {_now()} the product and the network are still busy")

    def next_due() -> datetime | None:
        theirs = network.next_due()
        return _earliest(theirs + ahead() if theirs is not None else None, pager.next_due())

    def let_pass(seconds: float) -> None:
        # Steps that wait for words call this once a virtual second: where nothing is due it only moves the clock.
        target = _now() + timedelta(seconds=seconds)
        due = next_due()
        while due is not None and due <= target:
            _move(clock, max(due, _now()))
            settle()
            due = next_due()
            if due is not None and due <= _now():
                raise AssertionError(f"something is due since {due} and nothing does it")
        _move(clock, target)

    network.settle = settle
    network.advance = let_pass
    return network, server


@pytest.fixture
def network(
    request: pytest.FixtureRequest,
    settings: Settings,
    live_server: LiveServer,
    clock: time_machine.Traveller,
) -> Iterator[Network]:
    """The story's network: what rings or is texted unexpectedly, or troubles Twilio, fails the test at its end."""
    network, server = connect(live_server.url, settings, clock)
    yield network
    server.stop()
    if not request.node.stash.get(_failed, False):
        network.assert_nothing_unexpected()
        assert not network.problems, "Twilio's debugger would show: " + "; ".join(
            f"{problem.code} {problem.text} ({problem.url})" for problem in network.problems
        )


@pytest.fixture
def settle(network: Network) -> Callable[[], object]:
    """Let everything happen that is due now, on both sides, until both are quiet."""
    return network.settle


@pytest.fixture
def advance(network: Network) -> Callable[[float], object]:
    """Let so many seconds pass, stopping at everything that falls due on the way."""

    def advance(seconds: float) -> None:
        network.settle()
        network.advance(seconds)
        network.settle()

    return advance


def _now() -> datetime:
    return datetime.now(UTC)


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _move(clock: time_machine.Traveller, instant: datetime) -> None:
    clock.move_to(instant, tick=False)
    # Through a float an instant may come out a microsecond early, and what is due then would never come.
    if _now() < instant:
        clock.shift(timedelta(microseconds=1))
