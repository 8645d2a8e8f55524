"""Imports: a preview, line by line; then, on a second word, what was shown."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Account
from people.models import Person
from tests.web.conftest import SignIn
from web.models import HeldFile


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


def choose(browser: Client, kind: str, text: str):
    file = SimpleUploadedFile(f"{kind}.csv", text.encode())
    return browser.post("/admin/imports/", {"kind": kind, "file": file})


PEOPLE = "email,name,roles,phone\nfinn@example.com,Finn Berg,executive,+15550100055\n"


def test_a_preview_changes_nothing_and_the_second_word_imports(browser: Client) -> None:
    page = choose(browser, "people", PEOPLE).content.decode()
    assert "1 added" in page
    assert "finn@example.com" in page
    assert not Person.objects.filter(email="finn@example.com").exists()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    done = browser.post("/admin/imports/", {"token": token}).content.decode()
    assert "done" in done
    assert Person.objects.filter(email="finn@example.com").exists()


def test_a_refused_line_is_named_and_there_is_nothing_to_apply(browser: Client) -> None:
    page = choose(browser, "people", PEOPLE + "not-an-address,Gus,executive,\n").content.decode()
    assert "Line 3" in page
    assert 'data-label="Column">email' in page
    assert 'name="token"' not in page


def test_accounts_are_imported_likewise(browser: Client) -> None:
    page = choose(
        browser, "accounts", "external_id,name,annual_value,currency\nA1,Alpha,100,USD\n"
    ).content.decode()
    browser.post("/admin/imports/", {"token": re.search(r'name="token" value="([^"]+)"', page)[1]})
    assert Account.objects.get().name == "Alpha"


def test_the_same_file_twice_is_not_applied_twice(browser: Client) -> None:
    token = re.search(r'name="token" value="([^"]+)"', choose(browser, "people", PEOPLE).content.decode())[1]
    browser.post("/admin/imports/", {"token": token})
    assert browser.post("/admin/imports/", {"token": token}).status_code == 410
    assert not HeldFile.objects.exists()


def test_another_administrators_file_is_not_mine(browser: Client, sign_in: SignIn) -> None:
    token = re.search(r'name="token" value="([^"]+)"', choose(browser, "people", PEOPLE).content.decode())[1]
    other = Person.objects.create_user("gil@example.com", name="Gil", is_admin=True)
    assert sign_in(other).post("/admin/imports/", {"token": token}).status_code == 410
    assert not Person.objects.filter(email="finn@example.com").exists()


@pytest.mark.parametrize("token", ["", "x", "0" * 99])
def test_a_made_up_token_is_gone(browser: Client, token: str) -> None:
    assert browser.post("/admin/imports/", {"token": token}).status_code == 410


@pytest.mark.parametrize("content", ["", "\x00\x01\x02", "<html>", "name\nx\n"])
def test_what_is_no_table_is_refused_with_words(browser: Client, content: str) -> None:
    response = choose(browser, "people", content)
    assert response.status_code in (200, 422)
    assert "bad" in response.content.decode()


def test_no_file_at_all(browser: Client) -> None:
    response = browser.post("/admin/imports/", {"kind": "people"})
    assert response.status_code == 422
    assert 'id="id_file_error"' in response.content.decode()


def test_a_long_report_is_cut(browser: Client) -> None:
    rows = "".join(f"p{n}@example.com,P {n}\n" for n in range(350))
    page = choose(browser, "people", "email,name\n" + rows).content.decode()
    assert "350 added" in page
    assert "And 50 more." in page
