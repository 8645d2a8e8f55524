"""The status of a case in plain words, from rows."""

from datetime import UTC, datetime

import pytest

from escalations.models import Escalation, PageStatus, Status
from escalations.paging import accept
from people.models import Person
from web import words


def said(case: Escalation) -> str:
    case.refresh_from_db()
    return words.headline(case, list(case.pages.select_related("person")))


def test_the_way_of_a_case(case: Escalation, ana: Person) -> None:
    assert said(case) == "Ringing Ana Ruiz"
    case.pages.filter(channel="call").update(status=PageStatus.ANSWERED)
    assert said(case) == "Ana Ruiz is on the phone and decides"
    case.pages.update(status=PageStatus.UNANSWERED, ended_at=datetime.now(UTC))
    assert said(case) == "Looking for an officer"
    accept(escalation=case, by=ana, how="by key")
    assert said(case) == "Ana Ruiz has it"


@pytest.mark.parametrize(
    ("status", "words_said"),
    [
        (Status.CONNECTED, "Ana Ruiz is talking to Grace Hall"),
        (Status.RESOLVED, "Ana Ruiz resolved it; the customer has the last word"),
        (Status.CLOSED, "The customer says: fixed"),
        (Status.UNCONFIRMED, "Resolved, but the customer kept silent"),
        (Status.CANCELLED, "Cancelled"),
    ],
)
def test_what_comes_after(taken: Escalation, status: str, words_said: str) -> None:
    taken.status = status
    assert words.headline(taken, []) == words_said
    if status == Status.CANCELLED:
        taken.is_drill = True
        assert words.headline(taken, []) == "The drill is over"


def test_waiting_for_another_cases_phone(case: Escalation, ana: Person) -> None:
    case.waiting_for = ana
    assert words.headline(case, []) == "Waits for Ana Ruiz’s phone, which rings for another case"


def test_unreached_says_who_rings_now(case: Escalation) -> None:
    case.status = Status.UNREACHED
    pages = list(case.pages.select_related("person"))
    assert words.headline(case, pages) == "Nobody could be reached yet; ringing Ana Ruiz"
    assert words.headline(case, []) == "Nobody could be reached yet"
