"""Administrators look after accounts and touchpoints."""

import pytest
from django.test import Client

from customers.models import Account
from learnings.models import Touchpoint
from people.models import Person
from tests.web.conftest import SignIn


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


def told(**fields: str) -> dict[str, str]:
    return {
        "external_id": "NEW-1",
        "name": "New Works",
        "annual_value": "250000",
        "currency": "EUR",
        "customer_since": "2019-05-01",
        "status": "key",
        "loyalty": "7",
        "influence": "3",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "language": "de",
        "owner_email": "cleo@example.com",
        "contact_name": "Otto Weber",
        "contact_phone": "+4930123456",
        "contact_email": "otto@new.example",
        **fields,
    }


def test_a_new_account(browser: Client, cleo: Person) -> None:
    browser.post("/admin/accounts/add/", told())
    account = Account.objects.get(external_id="NEW-1")
    assert (account.name, account.annual_value, account.owner) == ("New Works", 250_000, cleo)
    assert account.contacts.get().phone == "+4930123456"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"annual_value": "1,000"}, "annual_value"),
        ({"currency": "DOLLARS"}, "currency"),
        ({"currency": "XXZ"}, "currency"),
        ({"customer_since": "2199-01-01"}, "customer_since"),
        ({"loyalty": "11"}, "loyalty"),
        ({"owner_email": "nobody@example.com"}, "owner_email"),
        ({"contact_phone": "911"}, "contact_phone"),
        ({"external_id": "ACME"}, "external_id"),
    ],
)
def test_a_mistake_is_at_its_field(browser: Client, acme: Account, cleo: Person, fields, field) -> None:
    response = browser.post("/admin/accounts/add/", told(**fields))
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Account.objects.filter(external_id="NEW-1").exists()


def test_a_change_is_kept_and_on_record(browser: Client, acme: Account, cleo: Person) -> None:
    browser.post(f"/admin/accounts/{acme.pk}/", told(external_id="OTHER", name="Acme Works"))
    acme.refresh_from_db()
    assert (acme.external_id, acme.name) == ("ACME", "Acme Works")
    assert acme.contacts.get().name == "Otto Weber"
    page = browser.get(f"/admin/accounts/{acme.pk}/").content.decode()
    assert "Name: Acme Industries → Acme Works" in page


def test_an_emptied_contact_goes(browser: Client, acme: Account, cleo: Person) -> None:
    form = told(contact_name="", contact_phone="", contact_email="", customer_since="", owner_email="")
    browser.post(f"/admin/accounts/{acme.pk}/", form)
    acme.refresh_from_db()
    assert not acme.contacts.exists()
    assert (acme.customer_since, acme.owner) == (None, None)


def test_accounts_are_found(browser: Client, acme: Account, tiny: Account) -> None:
    page = browser.get("/admin/accounts/?q=acme").content.decode()
    assert "Acme Industries" in page
    assert "Tiny Shop" not in page


def test_a_touchpoint_and_its_owner(browser: Client, ana: Person, ben: Person) -> None:
    browser.post("/admin/touchpoints/", {"name": " Help   line ", "owner": ana.pk, "active": "on"})
    touchpoint = Touchpoint.objects.get()
    assert (touchpoint.name, touchpoint.owner) == ("Help line", ana)
    browser.post(f"/admin/touchpoints/{touchpoint.pk}/", {"name": "Help line", "owner": ben.pk})
    touchpoint.refresh_from_db()
    assert (touchpoint.owner, touchpoint.active) == (ben, False)


def test_a_touchpoint_twice_is_refused(browser: Client, billing: Touchpoint, ana: Person) -> None:
    response = browser.post("/admin/touchpoints/", {"name": "billing", "owner": ana.pk, "active": "on"})
    assert response.status_code == 422
    assert "There is a touchpoint of this name." in response.content.decode()
