"""The pager and the web are killed at every point of delivery in turn: each case reaches its officer, once."""

import signal
from collections.abc import Callable

import pytest

from tests.reliability.plant import Plant, stop

# In the order in which a call goes out.
POINTS = [
    "escalations.delivery:claim_call:entered",
    "escalations.delivery:_claim:entered",
    "escalations.delivery:_begin_page:left",
    "escalations.delivery:claim_call:left",
    "escalations.delivery:deliver_call:entered",
    "telephony.client:place_call:entered",
    "telephony.client:place_call:left",
    "escalations.paging:placed:entered",
    "escalations.paging:placed:left",
]


@pytest.mark.parametrize("point", POINTS)
def test_the_pager_dies_while_it_calls(plant: Plant, next_programme: Callable[[], int], point: str) -> None:
    programme = next_programme()
    plant.answers(programme)
    launcher, mark = plant.stop_at(point)
    doomed = plant.pager(*launcher)
    case = plant.escalate(programme, connect="none")
    plant.wait_until(lambda: doomed.poll() is not None, f"the pager died at {point}")
    assert doomed.returncode == -signal.SIGKILL
    assert mark.exists()
    successor = plant.pager()
    plant.wait_for(case["id"], "accepted")
    plant.assert_once()
    stop(successor)
