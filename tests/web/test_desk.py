"""Support's desk: escalate by what was typed, once, with every mistake at its field."""

import re
import threading
import uuid

import pytest
from django.db import connection
from django.test import Client

from customers.models import Account
from escalations.models import Escalation
from escalations.paging import accept
from people.models import Person
from rota.models import Programme
from tests.web.conftest import SignIn


def told(**fields: str) -> dict[str, str]:
    return {
        "token": str(uuid.uuid4()),
        "account_words": "acme ind",
        "summary": "The night shift cannot print labels.",
        "severity": "normal",
        "connect": "customer",
        **fields,
    }


@pytest.fixture
def browser(cleo: Person, sign_in: SignIn, programme: Programme) -> Client:
    return sign_in(cleo)


def test_words_that_fit_one_account_raise_its_case(browser: Client, acme: Account, cleo: Person) -> None:
    response = browser.post("/desk/", told())
    case = Escalation.objects.get()
    assert response.headers["Location"] == f"/cases/{case.pk}/"
    assert (case.account, case.raised_by) == (acme, cleo)
    assert case.contact_name == "Grace Hall"  # nothing else was said: the account's own contact


def test_a_chosen_account_goes_before_the_words(browser: Client, acme: Account, tiny: Account) -> None:
    browser.post("/desk/", told(account="TINY", account_words="Acme Industries"))
    assert Escalation.objects.get().account == tiny


def test_the_contact_can_be_changed(browser: Client, acme: Account) -> None:
    browser.post("/desk/", told(contact_name="Otto Weber", contact_phone="+1 555 019 0077"))
    case = Escalation.objects.get()
    assert (case.contact_name, case.contact_phone, case.contact_email) == ("Otto Weber", "+15550190077", "")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"account_words": ""}, "account_words", "Say which account it is."),
        ({"account_words": "nobody at all"}, "account_words", "No account fits"),
        ({"summary": "  "}, "summary", "This field is required."),
        ({"summary": "x" * 2001}, "summary", "at most 2000 characters"),
        ({"severity": "mild"}, "severity", "Select a valid choice"),
        ({"connect": "everybody"}, "connect", "Select a valid choice"),
        ({"contact_email": "grace at acme"}, "contact_email", "Enter a valid email address."),
        ({"contact_phone": "call me"}, "contact_phone", "no telephone number"),
        ({"connect": "agent", "agent_phone": "911"}, "agent_phone", "Emergency numbers"),
    ],
)
def test_a_mistake_is_shown_at_its_field_and_nothing_is_lost(
    browser: Client, acme: Account, fields, field, words
) -> None:
    response = browser.post("/desk/", told(tried="Restarted both servers.", **fields))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in re.search(rf'<ul class="errorlist" id="id_{field}_error">(.*?)</ul>', page, re.S)[1]
    assert "Restarted both servers." in page
    assert not Escalation.objects.exists()


def test_several_accounts_that_fit_are_listed(browser: Client, acme: Account) -> None:
    Account.objects.create(external_id="ACME-2", name="Acme Industries South", annual_value=1)
    page = browser.post("/desk/", told(account_words="industries")).content.decode()
    assert "Acme Industries South (ACME-2)" in page
    assert not Escalation.objects.exists()
    browser.post("/desk/", told(account_words="acme-2"))
    assert Escalation.objects.get().account.external_id == "ACME-2"


def test_the_same_form_sent_twice_raises_one_case(browser: Client, acme: Account) -> None:
    form = told()
    first, second = browser.post("/desk/", form), browser.post("/desk/", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Escalation.objects.get().joined_contacts.count() == 0


def test_a_corrected_form_keeps_its_token(browser: Client, acme: Account) -> None:
    form = told()
    assert browser.post("/desk/", form | {"contact_phone": "call me"}).status_code == 422
    assert browser.post("/desk/", form).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_double_click_raises_one_case(cleo: Person, sign_in: SignIn, programme, acme: Account) -> None:
    form = told()
    paths = []

    def click(browser: Client) -> None:
        paths.append(browser.post("/desk/", form).headers["Location"])
        connection.close()

    clicks = [threading.Thread(target=click, args=(sign_in(cleo),)) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert paths == [f"/cases/{Escalation.objects.get().pk}/"] * 2
    assert Escalation.objects.get().joined_contacts.count() == 0


def test_another_persons_token_is_not_theirs(
    browser: Client, dora: Person, sign_in: SignIn, acme: Account
) -> None:
    form = told()
    browser.post("/desk/", form)
    with pytest.raises(Exception, match=r"(?i)unique"):
        sign_in(dora).post("/desk/", form)


def test_the_score_says_whose_phone_rings(browser: Client, acme: Account) -> None:
    page = browser.get("/desk/score/?account=ACME&severity=normal").content.decode()
    assert "Rings Ana Ruiz at once" in page
    assert "USD 1,200,000" in page
    assert "rings from 60" in page


def test_the_score_of_a_small_account_goes_to_the_inbox(browser: Client, tiny: Account) -> None:
    assert "Goes to Ana Ruiz’s inbox" in browser.get("/desk/score/?account=TINY").content.decode()
    page = browser.get("/desk/score/?account=TINY&public_risk=on").content.decode()
    assert "Rings Ana Ruiz at once" in page
    assert "public risk always rings" in page


def test_the_open_case_of_the_account_is_shown_first(browser: Client, case: Escalation) -> None:
    page = browser.get("/desk/score/?account=ACME").content.decode()
    assert "Acme Industries has an open case." in page
    assert f"Joins case {case.number}" in page
    assert "Rings Ana Ruiz at once" not in page


def test_what_is_written_about_an_open_case_joins_it(browser: Client, case: Escalation) -> None:
    response = browser.post("/desk/", told(contact_name="Otto Weber"), follow=True)
    assert "what you wrote was added to it" in response.content.decode()
    assert case.joined_contacts.get().name == "Otto Weber"


def test_without_a_script_the_score_is_shown_on_request(browser: Client, acme: Account) -> None:
    page = browser.post("/desk/", told(show="1", wants="A date.")).content.decode()
    assert "Rings Ana Ruiz at once" in page
    assert "A date." in page
    assert not Escalation.objects.exists()


def test_no_programme_is_said_when_it_is_sent(cleo: Person, sign_in: SignIn, acme: Account) -> None:
    response = sign_in(cleo).post("/desk/", told())
    assert response.status_code == 422
    assert "There is no programme yet" in response.content.decode()


def test_accounts_are_found_as_one_types(browser: Client, acme: Account, tiny: Account) -> None:
    assert 'data-value="ACME"' in browser.get("/desk/accounts/?q=indus").content.decode()
    assert 'data-value="TINY"' not in browser.get("/desk/accounts/?q=indus").content.decode()
    assert "No account fits." in browser.get("/desk/accounts/?q=zzz").content.decode()


def test_names_are_escaped(browser: Client, acme: Account) -> None:
    Account.objects.create(external_id="X", name='<b onmouseover="x()">Sly</b>')
    page = browser.get("/desk/accounts/?q=sly").content.decode()
    assert "<b" not in page
    assert "&lt;b onmouseover=&quot;" in page


def test_the_contact_of_the_chosen_account_is_filled_in(browser: Client, acme: Account) -> None:
    page = browser.get("/desk/contact/?account=ACME").content.decode()
    assert 'value="Grace Hall"' in page
    assert 'value="+15550190001"' in page


def test_own_cases_answer_204_until_something_happens(browser: Client, case: Escalation, ana: Person) -> None:
    page = browser.get("/desk/").content.decode()
    path = re.search(r'hx-get="(/desk/cases/\?seen=\w+)"', page)[1]
    assert browser.get(path).status_code == 204
    accept(escalation=case, by=ana, how="by key")
    assert browser.get(path).status_code == 200
