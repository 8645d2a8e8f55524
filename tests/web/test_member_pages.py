"""Members of a programme: dates, shares, exemptions, and what each owes in a month."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from people.models import Person
from rota.exemptions import exempt
from rota.models import Exemption, Membership, Programme
from tests.conftest import make_person
from tests.web.conftest import SignIn

MEMBERS = "/admin/programmes/north-america/members/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2026, 3, 17, 14, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def browser(programme: Programme, dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


@pytest.fixture
def finn(db: None) -> Person:
    return make_person("finn@example.com", "Finn Berg", is_executive=True)


def test_somebody_joins_with_a_share(browser: Client, finn: Person, programme: Programme) -> None:
    response = browser.post(MEMBERS, {"person": finn.pk, "joined_on": "2026-03-12", "share": "100"})
    assert response.headers["Location"] == MEMBERS
    row = Membership.objects.get(person=finn)
    assert (row.joined_on, row.left_on, row.share) == (date(2026, 3, 12), None, 100)
    page = browser.get(MEMBERS).content.decode()
    assert "joined on 12 March: 20 of 31 days" in page
    assert "77 min" in page


def test_who_is_in_already_is_not_offered(browser: Client, ana: Person, finn: Person, cleo: Person) -> None:
    page = browser.get(MEMBERS).content.decode()
    assert f'<option value="{finn.pk}">' in page
    assert f'<option value="{ana.pk}">' not in page
    assert f'<option value="{cleo.pk}">' not in page
    response = browser.post(MEMBERS, {"person": cleo.pk, "share": "100"})
    assert response.status_code == 422


def test_dates_and_share_are_changed_on_record(browser: Client, ana: Person, dora: Person) -> None:
    address = f"{MEMBERS}{ana.pk}/"
    browser.post(address, {"joined_on": "2026-03-02", "left_on": "2026-03-18", "share": "60"})
    row = Membership.objects.get(person=ana)
    assert (row.joined_on, row.left_on, row.share) == (date(2026, 3, 2), date(2026, 3, 18), 60)
    page = browser.get(address).content.decode()
    assert "Joined on 2 March, until 17 March: 16 of 31 days" in page
    assert "Share: 100 → 60" in page
    assert "Dora Lindt" in page
    assert "1 published duty on days on which they are no member." in page  # tomorrow's


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"joined_on": "2026-03-02", "left_on": "2026-03-01", "share": "60"}, "after the first day in"),
        ({"share": "0"}, "1 to 100 percent"),
        ({"share": "half"}, "whole number"),
    ],
)
def test_what_is_refused(typed: dict[str, str], words: str, browser: Client, ana: Person) -> None:
    response = browser.post(f"{MEMBERS}{ana.pk}/", typed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Membership.objects.get(person=ana).share == 100


def test_a_month_is_exempted_and_lifted(browser: Client, ana: Person, dora: Person) -> None:
    address = f"{MEMBERS}{ana.pk}/"
    browser.post(f"{address}exempt/", {"month": "2026-03", "duty": "on", "reason": "New depot"})
    row = Exemption.objects.get()
    assert (row.month, row.duty, row.listening, row.by) == (date(2026, 3, 1), True, False, dora)
    page = browser.get(address).content.decode()
    assert "Exempt from duty: New depot" in page
    assert "<strong>0</strong> duty days" in page
    browser.post(f"/admin/exemptions/{row.pk}/lift/")
    assert not Exemption.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"month": "March", "duty": "on", "reason": "x"}, "A month is written like 2026-12."),
        ({"month": "2026-03", "reason": "x"}, "Exempt from what?"),
        ({"month": "2026-03", "duty": "on", "reason": " "}, "required"),
        ({"month": "2019-03", "duty": "on", "reason": "x"}, "last or the next two years"),
    ],
)
def test_an_exemption_that_is_refused(
    typed: dict[str, str], words: str, browser: Client, ana: Person
) -> None:
    response = browser.post(f"{MEMBERS}{ana.pk}/exempt/", typed)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Exemption.objects.exists()


def test_a_programme_for_everybody_gives_rows_to_those_who_need_one(
    browser: Client, programme: Programme, finn: Person
) -> None:
    programme.everybody = True
    programme.save()
    page = browser.get(MEMBERS).content.decode()
    assert "Like everybody" in page
    assert "Every executive is a member" in page
    assert browser.get(f"{MEMBERS}{finn.pk}/").status_code == 200
    browser.post(f"{MEMBERS}{finn.pk}/", {"share": "50"})
    assert Membership.objects.get(person=finn).share == 50


def test_the_list_costs_the_same_for_any_number_of_members(
    browser: Client, programme: Programme, dora: Person, django_assert_num_queries
) -> None:
    for n in range(8):
        person = make_person(f"m{n}@example.com", f"M {n}", is_executive=True)
        Membership.objects.create(programme=programme, person=person)
        exempt(programme=programme, person=person, month=date(2026, 3, 1), reason="Ill", by=dora)
    # session, person, programme, members, rows, three for what they owe, who else could be one
    with django_assert_num_queries(9):
        browser.get(MEMBERS)
