"""Many executives in many calls at once, with callbacks lost and doubled: the ledger against what really was.

Small here, so that it is quick; as large as one likes by hand:

    LISTENERS=60 CALLS=40 MINUTES=120 pytest -n 0 -s tests/listening/test_truth.py
"""

import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import Traveller

from listening import loop, sessions
from listening.ledger import credit_session
from listening.models import Debrief, Evidence, HuntGroup, ListeningRules, SessionStatus
from listening.reckoning import reckon
from people.models import Person
from rota.models import Programme
from telephony.simulator import Fault, Network
from telephony.simulator.traffic import Order
from telephony.simulator.truth import Together
from tests.conftest import make_person
from tests.listening.conftest import agent
from tests.listening.silence import nobody_hears

LISTENERS = int(os.environ.get("LISTENERS", "3"))
CALLS = int(os.environ.get("CALLS", "2"))
MINUTES = int(os.environ.get("MINUTES", "4"))
LOSSES, DOUBLES = 0.01, 0.05


@pytest.fixture
def people(centre: HuntGroup, programme: Programme) -> list[Person]:
    ListeningRules.objects.create(programme=programme, presence_minutes=120, answer_seconds=5)
    for number in range(CALLS):
        agent(f"agent{number}@example.com", f"Agent {number}", f"+155501{10000 + number}")
    return [
        make_person(f"l{n}@example.com", f"Listener {n}", phone=f"+155502{10000 + n}", is_executive=True)
        for n in range(LISTENERS)
    ]


def order() -> Order:
    return Order(
        callers=tuple(f"+141955{50000 + n}" for n in range(CALLS)),
        agents=tuple(f"+155501{10000 + n}" for n in range(CALLS)),
        pause=(2, 8),
        talk=(40, 120),
        hold_share=0.5,
        hold=(5, 15),
        pay_share=0.4,
        pay=(5, 15),
        lines=(),
        seed=11,
    )


@pytest.fixture
def live(network: Network, clock: Traveller) -> Callable[[int], None]:
    """Lets whole seconds pass, one by one; of the loops only those of listening run, which is all there is to do."""

    def settle() -> None:
        while network.run_due() + loop.live_sessions(lambda: True) + loop.live_calls(lambda: True):
            pass

    def pass_by(seconds: int) -> None:
        for _ in range(seconds):
            clock.shift(timedelta(seconds=1))
            settle()

    return pass_by


@pytest.mark.parametrize("losses", [0.0, LOSSES * 4 if LISTENERS < 10 else LOSSES])
def test_the_ledger_equals_what_really_was(
    network: Network, people: list[Person], programme: Programme, live: Callable[[int], None], losses: float
) -> None:
    """Doubled and reordered events change no second; where some were lost, none is invented and each gap is told."""
    start = timezone.now() + timedelta(seconds=5)
    phones = [network.phone(person.phone, name=person.name) for person in people]
    for phone in phones:
        phone.always(answer_after=1, press="1")
    end = start + timedelta(minutes=MINUTES)
    booked = [sessions.book(programme=programme, person=person, start=start, end=end) for person in people]
    network.faults.add(Fault(on="callback:conference", do="double", probability=DOUBLES, seed=2))
    network.faults.add(Fault(on="callback:conference", do="reorder", probability=DOUBLES, seed=3))
    if losses:
        network.faults.add(Fault(on="callback:conference", do="lose", probability=losses, seed=4))
    truth = Together(network, {person.phone for person in people})
    network.traffic.start(order())
    began = time.monotonic()
    with nobody_hears(network, phones) as observer:
        live(60 * MINUTES + 120)
    assert observer.looks > 100
    truth.stop()
    network.traffic.stop()
    network.faults.clear()
    live(60)
    really = truth.seconds(person.phone for person in people)
    assert sum(really.values()) > 20 * MINUTES * LISTENERS, "they did listen"
    exact = short = 0
    for person, session in zip(people, booked, strict=True):
        session.refresh_from_db()
        assert session.status == SessionStatus.FINISHED
        told = reckon(session).whole
        Debrief.objects.create(session=session, heard="Bills.", by=person, created_at=timezone.now())
        assert sum(credit.seconds for credit in credit_session(session=session)) == told.seconds
        spans = truth.spans[person.phone]
        if told.seconds == really[person.phone]:
            exact += 1
            continue
        assert losses, f"{told.seconds} of {really[person.phone]}: {told}, {spans}"
        assert told.seconds < really[person.phone], "a second was invented"
        assert told.doubts, "a gap is shown"
        short += really[person.phone] - told.seconds
    rows = Evidence.objects.count()
    print(  # noqa: T201 - asked for by whoever runs it large
        f"{len(people)} listeners, {CALLS} calls, {MINUTES} min, {losses:.0%} lost: {sum(really.values())} s heard, "
        f"{exact} ledgers equal, {short} s short and said so; {rows} events in {time.monotonic() - began:.0f} s"
    )
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
