"""Administrators see what waits and what failed, why and what mends it; they send it again or take it back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from escalations.models import Escalation, Heartbeat, Page, PageStatus
from people.models import Person
from tests.web.conftest import SignIn
from tests.web.test_live import look

PATH = "/admin/deliveries/"


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


@pytest.fixture
def refused(case: Escalation) -> Page:
    """Ana's call, which Twilio refused."""
    page = case.pages.get(channel="call")
    Page.objects.filter(pk=page.pk).update(
        status=PageStatus.FAILED,
        error_code=21211,
        error_detail="Twilio's own words.",
        tries=1,
        ended_at=datetime.now(UTC),
    )
    return page


def read(browser: Client, query: str = "") -> str:
    return browser.get(PATH + query).content.decode()


def test_nothing_waits(browser: Client) -> None:
    assert "Nothing waits" in read(browser)
    assert "Nothing is stuck" in read(browser, "?state=stuck")


def test_it_says_what_why_and_the_remedy(browser: Client, refused: Page, ana: Person) -> None:
    page = read(browser)
    for words in (
        "Call to Ana Ruiz",
        f'<a href="/cases/{refused.escalation_id}/">Case {refused.escalation.number}</a>',
        "The number to reach is not valid.",
        "Twilio 21211",
        "it must be E.164",
    ):
        assert words in page, words
    assert ana.phone not in page


def test_the_stuck_stand_first(browser: Client, refused: Page, case: Escalation) -> None:
    text = case.pages.get(channel="text")
    Page.objects.filter(pk=text.pk).update(created_at=text.created_at - timedelta(minutes=2), tries=4)
    page = read(browser)
    assert page.index(f'id="page-{text.pk}"') < page.index(f'id="page-{refused.pk}"')


@pytest.mark.parametrize(("state", "shown"), [("failed", "call"), ("queued", "text"), ("crooked", "both")])
def test_one_state_is_looked_at_alone(
    state: str, shown: str, browser: Client, refused: Page, case: Escalation
) -> None:
    page = read(browser, f"?state={state}")
    assert ("Call to Ana Ruiz" in page) == (shown in ("call", "both"))
    assert ("Text to Ana Ruiz" in page) == (shown in ("text", "both"))
    assert 'href="/admin/deliveries/?state=failed"' in page


def test_a_refused_call_is_sent_again(browser: Client, refused: Page, dora: Person) -> None:
    response = browser.post(f"{PATH}page/{refused.pk}/retry/", {"state": "failed"}, follow=True)
    assert response.redirect_chain == [(f"{PATH}?state=failed", 302)]
    assert "It goes out again now." in response.content.decode()
    refused.refresh_from_db()
    assert (refused.status, refused.tries) == (PageStatus.QUEUED, 0)
    assert refused.escalation.events.filter(kind="delivery_retried", actor=dora).exists()


def test_a_queued_text_is_taken_back_once(browser: Client, case: Escalation) -> None:
    text = case.pages.get(channel="text")
    assert f'id="cancel-page-{text.pk}"' in read(browser)
    response = browser.post(f"{PATH}page/{text.pk}/cancel/", follow=True)
    assert "Taken back" in response.content.decode()
    text.refresh_from_db()
    assert text.status == PageStatus.CANCELLED
    again = browser.post(f"{PATH}page/{text.pk}/cancel/", follow=True)
    assert "cannot be taken back" in again.content.decode()


@pytest.mark.parametrize("which", ["page/999999", "pigeon/1", "leg/99999999999999999999"])
def test_what_is_not_known_is_refused_in_words(which: str, browser: Client) -> None:
    response = browser.post(f"{PATH}{which}/retry/", follow=True)
    assert "not known any more" in response.content.decode()


def test_no_button_works_without_its_token(dora: Person, refused: Page) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dora, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post(f"{PATH}page/{refused.pk}/retry/").status_code == 403
    refused.refresh_from_db()
    assert refused.status == PageStatus.FAILED


def test_it_is_live_and_keeps_its_choice(browser: Client, case: Escalation) -> None:
    path = look(browser, read(browser, "?state=queued"), "deliveries")
    assert browser.get(path).status_code == 204
    case.pages.filter(channel="text").update(status=PageStatus.SENDING)
    news = browser.get(path).content.decode()
    assert "Call to Ana Ruiz" in news
    assert "Text to Ana Ruiz" not in news
    assert "<html" not in news
    assert browser.get(look(browser, news, "deliveries")).status_code == 204


def test_it_tells_how_the_pager_and_twilio_are(browser: Client, clock) -> None:
    assert "No pager has ever been heard" in read(browser)
    Heartbeat.objects.create(name="pager", at=datetime.now(UTC))
    page = read(browser)
    assert "heard within the last 10 s" in page
    assert "No trouble with reaching Twilio" in page
    path = look(browser, page, "deliveries")
    clock.shift(5)
    assert browser.get(path).status_code == 204  # an age that grows by the second is no news by itself
    clock.shift(200)
    silent = browser.get(path).content.decode()
    assert "The pager is silent" in silent
    assert "last heard 3 min ago" in silent
    detail = {"since": datetime.now(UTC).isoformat(), "why": "The connection was refused."}
    Heartbeat.objects.create(name="twilio", at=datetime.now(UTC), detail=detail)
    news = browser.get(look(browser, silent, "deliveries")).content.decode()
    assert "Twilio cannot be reached" in news
    assert "(the connection was refused)" in news


def test_it_costs_the_same_however_many_wait(
    browser: Client, case: Escalation, django_assert_num_queries
) -> None:
    page = case.pages.get(channel="text")
    Page.objects.bulk_create(
        Page(
            escalation=case,
            person=page.person,
            channel="text",
            round=page.round,
            rung=100 + n,
            status=PageStatus.FAILED,
            created_at=page.created_at,
            due_at=page.due_at,
            ended_at=page.created_at,
        )
        for n in range(20)
    )
    with django_assert_num_queries(7):  # session, person, three kinds of rows, the pager, Twilio
        shown = read(browser)
    assert shown.count("Text to Ana Ruiz") >= 20
    path = look(browser, shown, "deliveries")
    with django_assert_num_queries(7):
        assert browser.get(path).status_code == 204
