"""The pager and the web are killed at every point of delivery in turn: each case reaches its officer, once."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.reliability.plant import ON_POSTGRESQL, Plant

NextProgramme = Callable[[], int]

# In the order in which a call goes out.
CALLING = [
    "escalations.claims:claim_calls:entered",
    "escalations.claims:_next_pages:left",
    "escalations.claims:_begin_pages:entered",
    "escalations.claims:_begin_pages:left",
    "escalations.claims:claim_calls:left",
    "escalations.delivery:deliver_call:entered",
    "telephony.client:place_call:entered",
    "telephony.client:place_call:left",
    "escalations.paging:placed:entered",
    "escalations.paging:placed:left",
]
TEXTING = [
    "escalations.claims:claim_texts:left",
    "telephony.client:send_text:left",
]
# While a program raises a case: before its commit, and after.
RAISING = [
    "escalations.raising:_raise:left",
    "escalations.raising:raise_escalation:left",
    "escalations.wakeup:_send_datagrams:entered" if not ON_POSTGRESQL else "api.idempotency:once:left",
]
# While Twilio's question about a pressed key, or its report, is dealt with.
HEARING = [
    "escalations.webhooks:page_answer:entered",
    "escalations.webhooks:_is_news:left",
    "escalations.paging:key_pressed:left",
    "escalations.paging:accept:entered",
    "escalations.paging:accept:left",
    "escalations.bridging:start_on_call:left",
]


def _die(plant: Plant, doomed: subprocess.Popen[bytes], mark: Path) -> None:
    plant.wait_until(lambda: doomed.poll() is not None, f"the pager dies; {mark.exists()=}")
    assert doomed.returncode == -signal.SIGKILL
    assert mark.exists()


@pytest.mark.parametrize("point", CALLING)
def test_the_pager_dies_while_it_calls(plant: Plant, next_programme: NextProgramme, point: str) -> None:
    """The page is queued before the pager starts, so that it is in its hands wherever it dies."""
    programme = next_programme()
    plant.answers(programme)
    case = plant.escalate(programme, connect="none")
    launcher, mark = plant.stop_at(point)
    doomed = plant.pager(*launcher)
    _die(plant, doomed, mark)
    plant.pager()
    plant.wait_for(case["id"], "accepted")
    plant.assert_once()


@pytest.mark.parametrize("reports_are_lost", [False, True])
def test_the_pager_dies_in_the_middle_of_twilios_answer(
    plant: Plant, next_programme: NextProgramme, reports_are_lost: bool
) -> None:
    """Twilio has taken the call; where its reports are lost as well, only asking Twilio tells that it did."""
    programme = next_programme()
    plant.answers(programme, after=9.0 if reports_are_lost else 0.5)
    with plant.fault(on="POST Calls", do="hold", times=1):
        if reports_are_lost:
            plant.simulator("POST", "faults", {"on": "callback:status", "do": "lose"})
        doomed = plant.pager()
        case = plant.escalate(programme, connect="none")
        plant.wait_until(lambda: plant.rings(plant.officer(programme)), "the call was taken")
        doomed.kill()
        doomed.wait()
        plant.release()
        plant.pager()
        plant.wait_for(case["id"], "accepted")
    plant.assert_once()


@pytest.mark.parametrize("point", TEXTING)
def test_the_pager_dies_while_it_texts(plant: Plant, next_programme: NextProgramme, point: str) -> None:
    programme = next_programme()
    plant.ladder(programme, [("primary", ["text"])])
    plant.phone(plant.officer(programme), reply="1", reply_after=0.3)
    case = plant.escalate(programme, connect="none")
    launcher, mark = plant.stop_at(point)
    doomed = plant.pager(*launcher)
    _die(plant, doomed, mark)
    plant.pager()
    plant.wait_for(case["id"], "accepted")
    plant.assert_once()


@pytest.mark.parametrize("point", ["escalations.climbing:climb:entered", "escalations.climbing:climb:left"])
def test_the_pager_dies_on_its_way_to_the_next_rung(
    plant: Plant, next_programme: NextProgramme, point: str
) -> None:
    programme = next_programme()
    plant.phone(plant.officer(programme), when_called="busy")
    plant.answers(programme, seat=1)
    launcher, mark = plant.stop_at(point)
    doomed = plant.pager(*launcher)
    case = plant.escalate(programme, connect="none")
    _die(plant, doomed, mark)
    plant.pager()
    taken = plant.wait_for(case["id"], "accepted")
    assert [page["status"] for page in taken["pages"]] == ["busy", "accepted"]
    plant.assert_once()


def test_the_pager_dies_while_it_asks_twilio_what_became_of_a_call(
    plant: Plant, next_programme: NextProgramme
) -> None:
    """The second death: the answer was reset, the look-up is killed, and only then somebody finds the call."""
    programme = next_programme()
    plant.answers(programme, after=10.0)
    launcher, mark = plant.stop_at("telephony.client:find_calls:left")
    with plant.fault(on="POST Calls", do="reset_after", times=1):
        plant.simulator("POST", "faults", {"on": "callback:status", "do": "lose"})
        doomed = plant.pager(*launcher)
        case = plant.escalate(programme, connect="none")
        _die(plant, doomed, mark)
        plant.pager()
        plant.wait_for(case["id"], "accepted")
    plant.assert_once()


def test_twilio_takes_a_call_after_we_gave_up_waiting(plant: Plant, next_programme: NextProgramme) -> None:
    """No death, but the same not knowing: the request is taken when nobody waits for its answer any more."""
    programme = next_programme()
    plant.answers(programme, after=8.0)
    with plant.fault(on="POST Calls", do="delay", seconds=1.6, times=1):
        plant.simulator("POST", "faults", {"on": "callback:status", "do": "lose"})
        plant.pager(TWILIO_READ_TIMEOUT="1")
        case = plant.escalate(programme, connect="none")
        plant.wait_for(case["id"], "accepted")
    plant.assert_once()


def test_the_pager_dies_before_it_hangs_up(plant: Plant, next_programme: NextProgramme) -> None:
    programme = next_programme()
    launcher, mark = plant.stop_at("telephony.client:hang_up:entered")
    doomed = plant.pager(*launcher)
    case = plant.escalate(programme, connect="none")
    plant.wait_until(lambda: plant.rings(plant.officer(programme)), "the officer's phone rings")
    plant.api("POST", f"escalations/{case['id']}/cancel/", {"reason": "solved by itself"})
    _die(plant, doomed, mark)
    plant.pager()
    plant.wait_until(lambda: not plant.rings(plant.officer(programme)), "the phone falls silent")
    plant.assert_once()


@pytest.mark.parametrize("point", HEARING)
def test_the_web_dies_while_it_hears_twilio(plant: Plant, next_programme: NextProgramme, point: str) -> None:
    """Twilio asks once more when a connection breaks; what was done is found done, what was not is done."""
    programme = next_programme()
    plant.answers(programme)
    plant.phone(plant.customer(programme), answer_after=60)
    launcher, mark = plant.stop_at(point)
    plant.start_web(*launcher)
    plant.pager()
    case = plant.escalate(programme)
    plant.wait_for(case["id"], "accepted")
    plant.wait_until(lambda: plant.rings(plant.customer(programme)), "the customer's phone rings")
    assert mark.exists(), "the point was reached"
    plant.assert_once()
    taken = [one["kind"] for one in plant.timeline(case["id"])]
    assert taken.count("accepted") == 1


@pytest.mark.parametrize("point", RAISING)
def test_the_web_dies_while_a_case_is_raised(plant: Plant, next_programme: NextProgramme, point: str) -> None:
    """Whoever raised it got no answer and asks again with the same key: one case, one ring."""
    programme = next_programme()
    plant.answers(programme)
    launcher, mark = plant.stop_at(point)
    plant.start_web(*launcher)
    plant.pager()
    with pytest.raises(requests.ConnectionError):
        plant.escalate(programme, key=point, connect="none")
    assert mark.exists(), "the point was reached"
    case = plant.escalate(programme, key=point, connect="none")
    assert not case["joined"], "it is this very request's case, and no second one's"
    taken = plant.wait_for(case["id"], "accepted")
    assert len(taken["pages"]) == 1
    plant.assert_once()
