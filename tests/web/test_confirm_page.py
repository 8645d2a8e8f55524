"""The customer's answer by link: GET asks, POST answers, and a wrong link is answered kindly."""

import pytest
from django.core import signing
from django.test import Client

from escalations.confirming import answer_url
from escalations.models import Answer, Escalation, Status


@pytest.fixture
def path(resolved: Escalation) -> str:
    return "/confirm/" + answer_url(resolved.outcomes.get()).split("/confirm/", 1)[1]


def test_looking_changes_nothing(path: str, resolved: Escalation, client: Client) -> None:
    page = client.get(path).content.decode()
    assert "Is it fixed?" in page
    assert "The part is on its way." in page
    assert resolved.outcomes.get().answer == Answer.AWAITED


def test_the_page_tells_nothing_else_of_the_case(path: str, resolved: Escalation, client: Client) -> None:
    page = client.get(path).content.decode()
    for private in ("Acme", "labels", "Grace", "+1555", "At last somebody", str(resolved.number)):
        assert private not in page, private


def test_yes_closes(path: str, resolved: Escalation, client: Client) -> None:
    page = client.post(path, {"fixed": "yes"}).content.decode()
    resolved.refresh_from_db()
    assert resolved.status == Status.CLOSED
    assert "The case is closed." in page


def test_no_brings_the_officer_back(path: str, resolved: Escalation, client: Client) -> None:
    page = client.post(path, {"fixed": "no"}).content.decode()
    resolved.refresh_from_db()
    assert resolved.status == Status.ACCEPTED
    assert "Ana Ruiz has been told just now" in page


def test_the_same_answer_twice_is_thanked_twice(path: str, client: Client) -> None:
    client.post(path, {"fixed": "yes"})
    response = client.post(path, {"fixed": "yes"})
    assert response.status_code == 200
    assert "The case is closed." in response.content.decode()


def test_another_answer_is_too_late(path: str, resolved: Escalation, client: Client) -> None:
    client.post(path, {"fixed": "yes"})
    response = client.post(path, {"fixed": "no"})
    resolved.refresh_from_db()
    assert response.status_code == 409
    assert "answered already" in response.content.decode()
    assert resolved.status == Status.CLOSED


def test_a_used_link_shows_what_was_answered(path: str, client: Client) -> None:
    client.post(path, {"fixed": "yes"})
    assert "The case is closed." in client.get(path).content.decode()


def test_neither_yes_nor_no_asks_again(path: str, resolved: Escalation, client: Client) -> None:
    assert "Is it fixed?" in client.post(path, {"fixed": "perhaps"}).content.decode()
    resolved.refresh_from_db()
    assert resolved.status == Status.RESOLVED


@pytest.mark.parametrize(
    "token",
    ["x", "%00", "1:2:3", signing.dumps(10**12, salt="escalations.confirming")],
    ids=["short", "null", "not signed", "no such case"],
)
def test_a_wrong_link_is_answered_kindly(token: str, client: Client, db: None) -> None:
    response = client.get(f"/confirm/{token}/")
    assert response.status_code == 404
    assert "Thank you" in response.content.decode()


def test_no_signed_in_session_is_needed_and_none_is_made(path: str, client: Client) -> None:
    client.get(path)
    assert "sessionid" not in client.cookies
