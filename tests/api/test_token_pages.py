"""The administrators' page of tokens: issued and shown once, ended at once."""

import re

import pytest
from django.test import Client

from api.models import ApiToken
from api.tokens import issue
from people.models import Person
from tests.api.conftest import ROOT


@pytest.fixture
def browser(dora: Person) -> Client:
    client = Client()
    client.force_login(dora, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def told(**fields: object) -> dict[str, object]:
    return {"email": "cleo@example.com", "name": "help desk", "days": "30", **fields}


def test_a_token_is_shown_once_and_works(browser: Client, cleo: Person, programme) -> None:
    page = browser.post("/admin/tokens/", told()).content.decode()
    secret = re.search(r'id="secret">(ood_[^<]+)<', page)[1]
    answer = Client().get(f"{ROOT}duty/now/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    again = browser.get("/admin/tokens/").content.decode()
    assert secret not in again
    assert secret[:8] in again


def test_it_may_do_what_was_chosen(browser: Client, cleo: Person) -> None:
    browser.post("/admin/tokens/", told(scopes=["duties:read"]))
    assert ApiToken.objects.get().scopes == ["duties:read"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody@example.com"}, "email"),
        ({"email": "eve@example.com"}, "email"),
        ({"days": "0"}, "days"),
        ({"days": "99999"}, "days"),
        ({"name": ""}, "name"),
        ({"scopes": ["everything"]}, "scopes"),
    ],
)
def test_a_mistake_is_at_its_field(browser: Client, cleo: Person, eve: Person, fields, field) -> None:
    response = browser.post("/admin/tokens/", told(**fields))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not ApiToken.objects.exists()


def test_an_ended_token_works_no_more(browser: Client, cleo: Person, dora: Person, programme) -> None:
    token, secret = issue(person=cleo)
    browser.post(f"/admin/tokens/{token.pk}/end/")
    answer = Client().get(f"{ROOT}duty/now/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert "by Dora Lindt" in browser.get("/admin/tokens/").content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("cleo", 403), ("ana", 403), ("eve", 403), ("asha", 403), (None, 302)]
)
def test_it_is_for_administrators_only(who, status, request, cleo: Person) -> None:
    client = Client()
    if who:
        person = request.getfixturevalue(who)
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    token = issue(person=cleo).token
    assert client.get("/admin/tokens/").status_code == status
    assert client.post("/admin/tokens/", told()).status_code == status
    assert client.post(f"/admin/tokens/{token.pk}/end/").status_code == status
    assert ApiToken.objects.get().revoked_at is None


def test_the_page_counts_its_queries(browser: Client, cleo: Person, django_assert_num_queries) -> None:
    for _ in range(5):
        issue(person=cleo)
    with django_assert_num_queries(4):  # session, person, tokens in use, ended ones
        browser.get("/admin/tokens/")
