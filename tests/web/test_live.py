"""Live pages ask for news: nothing new is 204, news are the parts that changed."""

import re

from django.test import Client

from escalations.holding import cancel
from escalations.models import Escalation, PageStatus
from escalations.paging import accept
from escalations.timeline import add_note
from people.models import Person
from tests.web.conftest import SignIn


def look(client: Client, page: str, element: str = "live") -> str:
    """The address that a live element of the page asks next."""
    return re.search(rf'id="{element}"[^>]*hx-get="([^"]+)"', page)[1].replace("&amp;", "&")


def test_nothing_new_is_204(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    assert browser.get(path).status_code == 204


def test_news_bring_the_new_lines_only(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    add_note(escalation=case, by=cleo, text="They called twice.")
    news = browser.get(path).content.decode()
    assert "They called twice." in news
    assert "raised the case" not in news
    assert 'hx-swap-oob="beforeend"' in news
    assert browser.get(look(browser, news)).status_code == 204


def test_the_head_follows(case: Escalation, ana: Person, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    accept(escalation=case, by=ana, how="by key")
    news = browser.get(path).content.decode()
    assert "Ana Ruiz has it" in news
    assert 'id="case-head" hx-swap-oob="true"' in news


def test_a_page_that_moves_without_a_line_is_news_too(
    case: Escalation, cleo: Person, sign_in: SignIn
) -> None:
    browser = sign_in(cleo)
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    case.pages.filter(channel="text").update(status=PageStatus.SENDING)
    news = browser.get(path).content.decode()
    assert "Going out" in news
    assert 'id="events"' not in news


def test_an_ended_case_is_asked_about_at_leisure(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    assert 'data-live="1"' in browser.get(f"/cases/{case.pk}/").content.decode()
    cancel(escalation=case, by=cleo, reason="Wrong account.")
    assert 'data-live="20"' in browser.get(f"/cases/{case.pk}/").content.decode()


def test_a_crooked_question_gets_everything(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    for after in ("", "-1", "x", "9" * 40):
        response = sign_in(cleo).get(f"/cases/{case.pk}/live/", {"after": after})
        assert response.status_code == 200


def test_the_officers_page_follows(case: Escalation, ana: Person, sign_in: SignIn) -> None:
    browser = sign_in(ana)
    path = look(browser, browser.get("/officer/").content.decode(), "officer")
    assert browser.get(path).status_code == 204
    accept(escalation=case, by=ana, how="by key")
    news = browser.get(path).content.decode()
    assert "Connect me" in news
    assert browser.get(look(browser, news, "officer")).status_code == 204
