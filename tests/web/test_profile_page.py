"""My profile: what I may change, the proof of my number, my PIN, my theme."""

import re

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client

from people.models import Person
from tests.web.conftest import SignIn


@pytest.fixture
def browser(ana: Person, sign_in: SignIn) -> Client:
    return sign_in(ana)


def told(**fields: str) -> dict[str, str]:
    return {
        "name": "Ana Ruiz",
        "phone": "+15550100001",
        "time_zone": "America/New_York",
        "language": "en",
        "country": "US",
        "assistant": "",
        "reminders_by": "mail",
        **fields,
    }


def test_it_is_saved(browser: Client, ana: Person, ben: Person) -> None:
    form = told(name="Ana María Ruiz", time_zone="Europe/Madrid", language="es", assistant="BEN@example.com")
    response = browser.post("/profile/", form)
    assert response.status_code == 302
    ana.refresh_from_db()
    assert (ana.name, ana.time_zone, ana.language, ana.assistant) == (
        "Ana María Ruiz",
        "Europe/Madrid",
        "es",
        ben,
    )
    assert ana.phone_verified_at is not None


def test_reminders_come_as_i_choose(browser: Client, ana: Person) -> None:
    assert browser.post("/profile/", told(reminders_by="text")).status_code == 302
    ana.refresh_from_db()
    assert ana.reminders_by == "text"
    assert ana.history.latest().reminders_by == "text"
    page = browser.get("/profile/").content.decode()
    assert re.search(r'<input type="radio" name="reminders_by" value="text"[^>]* checked', page)


def test_another_number_is_verified_again(browser: Client, ana: Person) -> None:
    browser.post("/profile/", told(phone="+1 (555) 010-0077"))
    ana.refresh_from_db()
    assert (ana.phone, ana.phone_verified_at) == ("+15550100077", None)
    assert "Not verified" in browser.get("/profile/").content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"phone": "my phone"}, "phone"),
        ({"phone": "+15550100002"}, "phone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "tlh"}, "language"),
        ({"reminders_by": "pigeon"}, "reminders_by"),
        ({"assistant": "nobody@example.com"}, "assistant"),
        ({"assistant": "ana@example.com"}, "assistant"),
    ],
)
def test_a_mistake_is_at_its_field_and_nothing_is_saved(
    browser: Client, ana: Person, ben: Person, fields, field
) -> None:
    response = browser.post("/profile/", told(**({"name": "Other Name"} | fields)))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    ana.refresh_from_db()
    assert (ana.name, ana.assistant) == ("Ana Ruiz", None)


def test_a_refused_form_keeps_nothing_of_it(browser: Client, ana: Person, ben: Person) -> None:
    assert browser.post("/profile/", told(assistant="ben@example.com", phone="x")).status_code == 422
    ana.refresh_from_db()
    assert ana.assistant is None


def test_whose_number_it_is_is_not_told(browser: Client, ben: Person) -> None:
    page = browser.post("/profile/", told(phone=ben.phone)).content.decode()
    assert "Okafor" not in page


def test_roles_and_address_cannot_be_smuggled_in(browser: Client, ana: Person) -> None:
    browser.post("/profile/", told(email="x@example.com", roles="admin", is_admin="on"))
    ana.refresh_from_db()
    assert (ana.email, ana.is_admin) == ("ana@example.com", False)


def test_a_code_is_refused_where_the_number_is_verified(browser: Client) -> None:
    response = browser.post("/profile/code/", {"channel": "call"}, follow=True)
    assert "verified already" in response.content.decode()


def test_a_wrong_code_is_told_at_its_field(browser: Client, ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    response = browser.post("/profile/verify/", {"code": "123456"})
    assert response.status_code == 422
    assert 'id="id_code_error"' in response.content.decode()


def test_the_number_is_proved_by_text(network, ana: Person, sign_in: SignIn, advance) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    browser = sign_in(ana)
    browser.post("/profile/code/", {"channel": "text"})
    text = network.phone(ana.phone).expect_text("")
    code = next(word.strip(".") for word in text.body.split() if word.strip(".").isdigit())
    browser.post("/profile/verify/", {"code": code})
    ana.refresh_from_db()
    assert ana.can_be_rung


def test_a_pin_is_set_and_taken_away(browser: Client, ana: Person) -> None:
    browser.post("/profile/pin/", {"pin": "4816"})
    ana.refresh_from_db()
    assert check_password("4816", ana.pin_hash)
    browser.post("/profile/pin/", {"pin": ""})
    ana.refresh_from_db()
    assert ana.pin_hash == ""


@pytest.mark.parametrize("pin", ["12", "1234", "0000", "12a4", "123456789"])
def test_a_pin_that_anybody_tries_first_is_refused(browser: Client, ana: Person, pin: str) -> None:
    assert browser.post("/profile/pin/", {"pin": pin}).status_code == 422
    ana.refresh_from_db()
    assert ana.pin_hash == ""


def test_a_zone_that_an_import_brought_is_not_lost(browser: Client, ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(time_zone="US/Eastern", language="en-GB")
    page = browser.get("/profile/").content.decode()
    assert '<option value="US/Eastern" selected>' in page
    assert '<option value="en-GB" selected>' in page


def test_an_outsider_learns_why_there_is_nothing_else(eve: Person, sign_in: SignIn) -> None:
    page = sign_in(eve).get("/profile/").content.decode()
    assert "You have no role yet" in page
    assert "<nav" not in page


def test_an_assistant_sees_whose_calendar_they_keep(asha: Person, sign_in: SignIn) -> None:
    page = sign_in(asha).get("/profile/").content.decode()
    assert "You keep the calendar of Ana Ruiz." in page
    assert 'href="/duty/"' in page


def test_the_theme_is_kept_in_a_cookie(client: Client, db: None) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "/accounts/login/"})
    assert response.headers["Location"] == "/accounts/login/"
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


def test_the_theme_leads_nobody_away(client: Client, db: None) -> None:
    assert (
        client.post("/theme/", {"theme": "dark", "next": "https://evil.example/"}).headers["Location"] == "/"
    )
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in client.get("/accounts/login/").content.decode()
