"""Several at once: pagers that reach for the same rows, officers who say yes in the same second."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.reliability.plant import Plant

CASES = 200
ROUNDS = 5


def test_two_pagers_send_each_of_200_pages_once(plant: Plant, next_programme: Callable[[], int]) -> None:
    """They are queued before either pager starts, so that both reach for every row."""
    programmes = [next_programme() for _ in range(CASES)]
    for programme in programmes:
        plant.escalate(programme, connect="none")
    plant.pager()
    plant.pager()
    plant.wait_until(lambda: len(plant.calls_taken()) >= CASES, "every page is at Twilio", 60)
    rung = Counter(one["form"]["To"] for one in plant.requests() if one["kind"] == "Calls" and one["sid"])
    assert rung == {plant.officer(programme): 1 for programme in programmes}
    plant.assert_once()


def test_one_of_three_yeses_in_the_same_second_counts_and_the_others_are_told(
    plant: Plant, next_programme: Callable[[], int]
) -> None:
    """The officer by key and by text, the backup by API: one has it, and who has not hears who has."""
    rounds = [next_programme() for _ in range(ROUNDS)]
    tokens = [plant.manage("issue_token", f"officer{2 * programme + 1}@example.com") for programme in rounds]
    plant.pager()
    for programme, issued in zip(rounds, tokens, strict=True):
        officer, backup = plant.officer(programme), f"officer{2 * programme + 1}@example.com"
        token = issued.strip()
        plant.ladder(programme, [("primary", ["call", "text"])])
        plant.phone(officer, answer_after=0.0)
        case = plant.escalate(programme, connect="none")["id"]
        plant.wait_until(lambda: len(plant.hand(officer)["texts"]) == 1, "the text is there")  # noqa: B023
        plant.wait_until(lambda: plant.hand(officer)["words"], "the officer hears the menu")  # noqa: B023
        start = threading.Barrier(3)

        def by_key() -> None:
            start.wait()  # noqa: B023
            plant.hand_does(officer, "press", keys="1")  # noqa: B023

        def by_text() -> None:
            start.wait()  # noqa: B023
            plant.hand_does(officer, "text", body="1")  # noqa: B023

        def by_api() -> requests.Response:
            start.wait()  # noqa: B023
            return requests.post(
                f"{plant.url}/api/v1/escalations/{case}/accept/",  # noqa: B023
                json={},
                headers={"Authorization": f"Bearer {token}"},  # noqa: B023
                timeout=20,
            )

        with ThreadPoolExecutor(3) as pool:
            pressed, texted, posted = pool.submit(by_key), pool.submit(by_text), pool.submit(by_api)
            pressed.result(), texted.result()
            answer = posted.result()

        taken = plant.wait_for(case, "accepted")
        has = "has" if answer.status_code == 200 else "you have"
        plant.wait_until(lambda: _hears(plant, officer, f"{has} it"), f"the officer hears {has!r}", 20)  # noqa: B023
        plant.wait_until(lambda: _reads(plant, officer, f"{has} case"), f"the officer reads {has!r}", 20)  # noqa: B023
        kinds = Counter(event["kind"] for event in plant.timeline(case))
        assert kinds["accepted"] == 1
        assert answer.status_code in (200, 409)
        winner = backup if answer.status_code == 200 else f"officer{2 * programme}@example.com"
        assert taken["owner"]["email"] == taken["accepted_by"]["email"] == winner
        if answer.status_code == 409:
            assert f"Officer {2 * programme} has it" in answer.json()["detail"]
    plant.assert_once()


def _hears(plant: Plant, number: str, words: str) -> bool:
    return any(words in said["text"].casefold() for said in plant.hand(number)["words"])


def _reads(plant: Plant, number: str, words: str) -> bool:
    return any(words in text["body"].casefold() for text in plant.hand(number)["texts"])
