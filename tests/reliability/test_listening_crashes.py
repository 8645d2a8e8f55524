"""The pager is killed in the middle of a session: the executive is rung once, comes in, and stays on the line."""

import itertools
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from benches.listeners import callers_numbers, desks_numbers, listeners_numbers
from tests.reliability.plant import Plant
from tests.reliability.test_crash_sweep import _die


@dataclass
class Centre:
    """One listener, one agent and one customer of a plant, like no other test's."""

    plant: Plant
    listener: str
    agent: str
    customer: str

    def talks(self) -> None:
        """The customer calls, again and again, and the agent answers."""
        about = {"callers": [self.customer], "agents": [self.agent], "pause": [1, 1], "talk": [300, 300]}
        still = {"hold": {"share": 0}, "pay": {"share": 0}, "lines": []}
        self.plant.simulator("POST", "traffic", about | still)

    def joins(self) -> int:
        """How often the listener came into a conference."""
        ((count,),) = self.plant.execute(
            "SELECT COUNT(*) FROM listening_evidence e JOIN listening_session s ON e.session_id = s.id"
            " JOIN people_person p ON s.person_id = p.id WHERE e.kind = 'join' AND p.phone = %s",
            self.listener,
        )
        return int(count)

    def rings(self) -> int:
        """How often Twilio took a call to the listener."""
        return sum(
            (one["direction"], one["method"], one["kind"], one["form"].get("To"))
            == ("in", "POST", "Calls", self.listener)
            and bool(one["sid"])
            for one in self.plant.requests()
        )


@pytest.fixture(scope="module")
def firsts() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def centre(plant: Plant, firsts: Iterator[int]) -> Iterator[Centre]:
    first = next(firsts)
    plant.run("-m", "benches.listeners", "1", "1", "600", str(first))
    made = Centre(
        plant, listeners_numbers(1, first)[0], desks_numbers(1, first)[0], callers_numbers(1, first)[0]
    )
    plant.phone(made.listener, answer_after=0.5, press="1", press_after=0.3)
    yield made
    plant.simulator("DELETE", "traffic", {})


@pytest.mark.parametrize(
    "point",
    [
        "telephony.client:place_call:left",
        "listening.joining:tell:entered",
        "listening.moving:redirect:entered",
        "telephony.client:redirect_call:left",
    ],
)
def test_wherever_the_pager_dies_the_listener_is_rung_once_and_stays(
    plant: Plant, centre: Centre, point: str
) -> None:
    centre.talks()
    launcher, mark = plant.stop_at(point)
    doomed = plant.pager(*launcher)
    _die(plant, doomed, mark)
    second = plant.pager()
    plant.wait_until(lambda: centre.joins() == 1, "the listener is in", 90)
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert plant.hand(centre.listener)["state"] == "call", "Twilio holds the conference"
    plant.hand_does(centre.listener, "press", keys="*")
    plant.wait_until(lambda: centre.joins() == 2, "out to the menu and back in, without any pager", 30)
    assert centre.rings() == 1
    broken = [one["url"] for one in plant.requests() if one["direction"] == "out" and one["status"] >= 400]
    assert not broken
