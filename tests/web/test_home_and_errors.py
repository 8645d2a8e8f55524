"""The way in, and the pages that nobody wants to see."""

import re

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, server_error

from people.models import Person
from tests.conftest import PASSWORD
from tests.web.conftest import SignIn


@pytest.mark.parametrize(
    ("who", "where"),
    [("cleo", "/desk/"), ("ana", "/officer/"), ("dora", "/admin/"), ("asha", "/duty/"), ("eve", "/profile/")],
)
def test_home_is_the_page_that_one_needs_first(who, where, request, sign_in: SignIn) -> None:
    assert sign_in(request.getfixturevalue(who)).get("/").headers["Location"] == where


def test_signing_in_with_a_password(client: Client, cleo: Person) -> None:
    response = client.post("/accounts/login/", {"login": "cleo@example.com", "password": PASSWORD})
    assert response.headers["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which(client: Client, cleo: Person) -> None:
    known = client.post("/accounts/login/", {"login": "cleo@example.com", "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "nobody@example.com", "password": "wrong"})
    for response in (known, unknown):
        assert "not correct" in response.content.decode()


def test_signing_in_with_a_code_by_mail(client: Client, cleo: Person, mailoutbox) -> None:
    client.post("/accounts/login/code/", {"email": "cleo@example.com"})
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mailoutbox[0].body, re.M)[1]
    response = client.post("/accounts/login/code/confirm/", {"code": code})
    assert response.headers["Location"] == "/"


def test_a_forgotten_password(client: Client, cleo: Person, mailoutbox) -> None:
    response = client.post("/accounts/password/reset/", {"email": "cleo@example.com"}, follow=True)
    assert "Look into your mail" in response.content.decode()
    path = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get("/accounts" + path.split("/accounts", 1)[1], follow=True).content.decode()
    assert "Set a new password" in page


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert "Accounts are made by administrators" in client.get("/accounts/signup/").content.decode()


@pytest.mark.parametrize("path", ["/nothing/", "/cases/0/", "/admin/people/0/"])
def test_what_is_not_there_is_404_in_our_design(path: str, dora: Person, sign_in: SignIn) -> None:
    response = sign_in(dora).get(path)
    assert response.status_code == 404
    assert "There is nothing here for you" in response.content.decode()


def test_a_page_for_another_role_is_403_in_our_design(cleo: Person, sign_in: SignIn) -> None:
    response = sign_in(cleo).get("/admin/")
    assert response.status_code == 403
    assert "not for your role" in response.content.decode()


def test_a_form_without_its_csrf_token_is_sent_again(cleo: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cleo, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.post("/desk/", {})
    assert response.status_code == 403
    assert "Please send it again" in response.content.decode()


def test_our_own_mistake_is_500_in_our_design(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "That was our mistake" in response.content.decode()


def test_what_cannot_be_read_is_400_in_our_design(rf: RequestFactory) -> None:
    response = bad_request(rf.get("/"), Exception())
    assert response.status_code == 400
    assert "We could not read that" in response.content.decode()


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"])
def test_the_policy_is_strict_and_nothing_is_inline(path: str, client: Client, db: None) -> None:
    response = client.get(path)
    page = response.content.decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert " on" + "click=" not in page
