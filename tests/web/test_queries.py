"""What each page costs in queries, whatever the number of rows: the numbers may fall, not rise."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from customers.models import Account
from escalations.models import Escalation
from escalations.paging import accept
from escalations.raising import raise_escalation
from learnings.models import Learning, Touchpoint
from people.models import Person
from tests.web.conftest import SignIn
from tests.web.test_live import look


@pytest.fixture
def crowd(programme, cleo: Person, ana: Person, billing: Touchpoint) -> list[Escalation]:
    """A dozen cases of Cleo's, all with Ana, and a dozen learnings."""
    cases = []
    for n in range(12):
        account = Account.objects.create(external_id=f"C{n}", name=f"Customer {n}", country="US")
        raised = raise_escalation(account=account, raised_by=cleo, summary=f"Story {n}")
        cases.append(raised.escalation)
        Learning.objects.create(
            quote=f"Quote {n}",
            touchpoint=billing,
            cause="process",
            source="escalation",
            source_path=f"/cases/{raised.escalation.pk}/",
            account=account,
            author=ana,
            owner=ana,
            created_at=datetime.now(UTC),
        )
    return cases


def people(n: int) -> None:
    for i in range(n):
        Person.objects.create_user(f"p{i}@example.com", name=f"P {i}", is_executive=True)


# Each number has the session and the person in it.
@pytest.mark.parametrize(
    ("who", "path", "queries"),
    [
        ("cleo", "/desk/", 6),
        ("cleo", "/cases/", 5),
        ("cleo", "/learnings/", 6),
        ("cleo", "/duty/", 6),
        ("ana", "/duty/north-america/balance/", 9),
        ("ana", "/officer/", 7),
        ("cleo", "/learnings/themes/", 4),
        ("cleo", "/learnings/actions/", 6),
        ("cleo", "/learnings/ideas/", 5),
        ("cleo", "/learnings/notices/", 7),
        ("cleo", "/learnings/charts/", 22),
        ("ana", "/learnings/heard/", 9),
        ("dora", "/admin/learnings/", 7),
        ("dora", "/admin/news/", 5),
        ("dora", "/admin/people/", 4),
        ("dora", "/admin/accounts/", 4),
        ("dora", "/admin/touchpoints/", 5),
        ("dora", "/admin/programmes/", 6),
        ("dora", "/admin/deliveries/", 20),
    ],
)
def test_a_list_costs_the_same_however_long_it_is(
    who, path, queries, crowd, request, sign_in: SignIn, django_assert_num_queries
) -> None:
    people(5)
    client = sign_in(request.getfixturevalue(who))
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200


@pytest.fixture
def browser(cleo: Person, sign_in: SignIn) -> Client:
    return sign_in(cleo)


def test_a_case_page_costs_a_fixed_number(
    browser: Client, case: Escalation, django_assert_num_queries
) -> None:
    for n in range(20):
        case.events.create(at=case.created_at, kind="note", text=str(n), actor_name="x")
    with django_assert_num_queries(20):  # two of them for the line in which its call waits
        browser.get(f"/cases/{case.pk}/")


def test_asking_for_news_in_vain_is_cheap(
    browser: Client, case: Escalation, django_assert_num_queries
) -> None:
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    # session, person, case, last event, pages, phones on a bridge, whether Twilio can be reached, and while its call
    # waits in the line, which pages and legs are before it
    with django_assert_num_queries(9):
        assert browser.get(path).status_code == 204


def test_the_desk_asks_for_news_cheaply(browser: Client, crowd, django_assert_num_queries) -> None:
    path = look(browser, browser.get("/desk/").content.decode(), "own-cases")
    with django_assert_num_queries(5):  # session, person, open cases, ended ones, is Twilio in reach
        assert browser.get(path).status_code == 204


def test_the_officers_page_asks_cheaply_however_many_cases_they_hold(
    crowd: list[Escalation], ana: Person, sign_in: SignIn, django_assert_num_queries
) -> None:
    for case in crowd[:4]:
        accept(escalation=case, by=ana, how="by key")
    browser = sign_in(ana)
    path = look(browser, browser.get("/officer/").content.decode(), "officer")
    # session, person, paged, offered and held cases, own pages, is Twilio in reach
    with django_assert_num_queries(7):
        assert browser.get(path).status_code == 204
