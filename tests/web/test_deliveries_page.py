"""Administrators see what waits and what failed, why and what mends it; they send it again or take it back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from escalations.models import Escalation, Heartbeat, Page, PageStatus
from people import letters
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus, Person
from tests.people.letter_box import remind
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
    browser: Client, case: Escalation, ana: Person, django_assert_num_queries
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
    # session, person, three kinds of rows in three states each, four states of letters and their counts (3),
    # pager and queue, Twilio, and how the line of calls moves
    letters.write_many(
        letter_to(person=ana, key=f"reminder:{n}", kind="reminder", subject="S", text="T") for n in range(60)
    )
    with django_assert_num_queries(21):
        shown = read(browser)
    assert shown.count("Text to Ana Ruiz") >= 20
    assert "50 of 60 are shown" in shown
    path = look(browser, shown, "deliveries")
    with django_assert_num_queries(21):
        assert browser.get(path).status_code == 204


@pytest.fixture
def reminder(ana: Person) -> Letter:
    """Ana's reminder, which the mail server refused."""
    letter = remind(ana)
    Letter.objects.filter(pk=letter.pk).update(
        status=LetterStatus.FAILED,
        tries=1,
        error_code=550,
        error_detail="The mail server answered 550: 5.1.1 <b>No such mailbox</b>",
    )
    return letter


def test_letters_stand_beside_the_cases_with_why_and_the_remedy(
    browser: Client, reminder: Letter, refused: Page
) -> None:
    page = read(browser)
    for words in (
        "Other mail and texts",
        "Mail to Ana Ruiz",
        "Reminder: Your duty on Tuesday",
        "The mail server answered 550: 5.1.1 &lt;b&gt;No such mailbox&lt;/b&gt;",
        "Correct the address on the person&#x27;s page",
    ):
        assert words in page, words
    assert 'Failed&nbsp;<span class="figure quiet">2</span>' in page
    assert "Mail to Ana Ruiz" not in read(browser, "?state=queued")


def test_a_failed_letter_is_sent_again_and_then_taken_back(
    browser: Client, reminder: Letter, dora: Person
) -> None:
    response = browser.post(f"{PATH}letter/{reminder.pk}/retry/", {"state": "failed"}, follow=True)
    assert response.redirect_chain == [(f"{PATH}?state=failed", 302)]
    assert "It goes out again now." in response.content.decode()
    reminder.refresh_from_db()
    assert (reminder.status, reminder.looked_after_by) == (LetterStatus.QUEUED, dora)
    assert f'id="cancel-letter-{reminder.pk}"' in read(browser)
    response = browser.post(f"{PATH}letter/{reminder.pk}/cancel/", follow=True)
    assert "Taken back" in response.content.decode()
    again = browser.post(f"{PATH}letter/{reminder.pk}/cancel/", follow=True)
    assert "cannot be taken back" in again.content.decode()


def test_all_failed_mails_are_sent_again_at_once(browser: Client, reminder: Letter, ana: Person) -> None:
    other = remind(ana, key="reminder:other")
    Letter.objects.filter(pk=other.pk).update(status=LetterStatus.FAILED)
    assert 'id="retry-letters"' not in read(browser)
    assert 'id="retry-letters"' in read(browser, "?state=failed")
    response = browser.post(f"{PATH}letters/retry/", {"state": "failed"}, follow=True)
    assert "2 go out again now." in response.content.decode()
    assert Letter.objects.filter(status=LetterStatus.QUEUED).count() == 2
    response = browser.post(f"{PATH}letters/retry/", follow=True)
    assert "would still be of use" in response.content.decode()


def test_letters_move_the_live_page(browser: Client, ana: Person) -> None:
    letter = remind(ana)
    path = look(browser, read(browser), "deliveries")
    assert browser.get(path).status_code == 204
    Letter.objects.filter(pk=letter.pk).update(error_detail="The mail server cannot be reached.", tries=1)
    news = browser.get(path).content.decode()
    assert "The mail server cannot be reached." in news
    assert "EMAIL_URL" in news
    path = look(browser, news, "deliveries")
    Letter.objects.filter(pk=letter.pk).update(error_detail="The mail server did not answer in time.")
    assert "did not answer in time" in browser.get(path).content.decode()


def test_it_tells_how_the_queue_is(browser: Client, clock) -> None:
    assert "The queue has never been heard" in read(browser)
    Heartbeat.objects.create(name="queue", at=datetime.now(UTC))
    path = look(browser, read(browser), "deliveries")
    clock.shift(200)
    assert browser.get(path).status_code == 204  # it is heard once a minute, or a little later
    clock.shift(100)
    silent = browser.get(path).content.decode()
    assert "The queue is silent" in silent
    assert "last heard 5 min ago" in silent
