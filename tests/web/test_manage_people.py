"""Administrators look after people."""

import pytest
from django.test import Client

from people.models import Person
from rota.models import Programme
from telephony.consent import note_stop
from tests.web.conftest import SignIn


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


def told(**fields: object) -> dict[str, object]:
    return {
        "email": "finn@example.com",
        "name": "Finn Berg",
        "roles": ["executive"],
        "phone": "+15550100055",
        "time_zone": "Europe/Oslo",
        "language": "en",
        "country": "NO",
        "assistant": "",
        **fields,
    }


def test_somebody_new(browser: Client, asha: Person) -> None:
    browser.post("/admin/people/add/", told(assistant="asha@example.com"))
    finn = Person.objects.get(email="finn@example.com")
    assert (finn.roles, finn.phone, finn.assistant) == (["executive"], "+15550100055", asha)
    assert not finn.can_be_rung
    assert not finn.has_usable_password()


def test_an_address_twice_is_refused_at_its_field(browser: Client, ana: Person) -> None:
    response = browser.post("/admin/people/add/", told(email="ANA@example.com"))
    assert response.status_code == 422
    assert 'id="id_email_error"' in response.content.decode()


def test_changes_are_all_kept_or_none(browser: Client, ana: Person, ben: Person) -> None:
    form = told(name="Ana R.", roles=["support"], phone=ben.phone)
    response = browser.post(f"/admin/people/{ana.pk}/", form)
    assert response.status_code == 422
    ana.refresh_from_db()
    assert (ana.name, ana.roles) == ("Ana Ruiz", ["executive"])
    browser.post(f"/admin/people/{ana.pk}/", form | {"phone": ana.phone})
    ana.refresh_from_db()
    assert (ana.name, ana.roles, ana.email) == ("Ana R.", ["support"], "ana@example.com")


def test_a_refused_assistant_keeps_nothing_of_the_rest(browser: Client, ana: Person) -> None:
    form = told(name="Ana R.", phone=ana.phone, assistant="ana@example.com")
    assert browser.post(f"/admin/people/{ana.pk}/", form).status_code == 422
    ana.refresh_from_db()
    assert ana.name == "Ana Ruiz"


def test_who_changed_what_is_on_record(browser: Client, ana: Person) -> None:
    browser.post(f"/admin/people/{ana.pk}/", told(name="Ana R.", phone=ana.phone, time_zone="UTC"))
    page = browser.get(f"/admin/people/{ana.pk}/").content.decode()
    assert "Name: Ana Ruiz → Ana R." in page
    assert "Dora Lindt" in page.split("On record", 1)[1]


def test_the_last_administrator_stays_one(browser: Client, dora: Person) -> None:
    response = browser.post(f"/admin/people/{dora.pk}/", told(name="Dora Lindt", roles=[], phone=dora.phone))
    assert response.status_code == 422
    assert "the last administrator" in response.content.decode()


def test_vouching_for_a_number(browser: Client, ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    assert "I vouch for this number" in browser.get(f"/admin/people/{ana.pk}/").content.decode()
    browser.post(f"/admin/people/{ana.pk}/phone/")
    ana.refresh_from_db()
    assert ana.can_be_rung
    assert "Dora Lindt" in ana.phone_verified_how


def test_closing_and_opening_an_account(browser: Client, ana: Person, dora: Person) -> None:
    browser.post(f"/admin/people/{ana.pk}/close/")
    ana.refresh_from_db()
    assert not ana.is_active
    assert "Has left" in browser.get(f"/admin/people/{ana.pk}/").content.decode()
    assert "Ana Ruiz" not in browser.get("/admin/people/").content.decode()
    assert "Ana Ruiz" in browser.get("/admin/people/?role=left").content.decode()
    browser.post(f"/admin/people/{ana.pk}/reopen/")
    ana.refresh_from_db()
    assert ana.is_active
    response = browser.post(f"/admin/people/{dora.pk}/close/", follow=True)
    assert "Ask another administrator" in response.content.decode()


def test_people_are_found(browser: Client, ana: Person, ben: Person, cleo: Person) -> None:
    for typed, found in (("ruiz", "Ana Ruiz"), ("ben@", "Ben Okafor"), ("0100003", "Cleo Martin")):
        page = browser.get("/admin/people/", {"q": typed}).content.decode()
        assert [name for name in ("Ana Ruiz", "Ben Okafor", "Cleo Martin") if f">{name}<" in page] == [found]
    page = browser.get("/admin/people/?role=support").content.decode()
    assert "Cleo Martin" in page
    assert "Ana Ruiz" not in page


def test_what_is_amiss_is_loud(
    browser: Client, programme: Programme, ana: Person, ben: Person, clock
) -> None:
    note_stop(number=ben.phone, word="STOP", at=ben.created_at)
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    page = browser.get("/admin/").content.decode()
    assert "1 executive cannot be rung" in page
    assert "Texts are stopped" in page
    assert "Ben Okafor" in page
    assert "gaps in the next four weeks" in page
    assert "they answered STOP" in browser.get(f"/admin/people/{ben.pk}/").content.decode()
