"""My calendar: the ways to subscribe, the card for the phone; and the answer by a link, which scanners do not give."""

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import vobject
from django.test import Client

from people.models import Letter
from rota.answer_links import answer_url
from rota.feeds import feed_url, find_feed, open_feed
from rota.invitations_due import keep_up
from rota.models import AnswerStatus, CalendarFeed, Invitation
from tests.conftest import publish_days

NUMBER = "+15550001000"


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.TWILIO_FROM_NUMBER = NUMBER
    settings.PUBLIC_BASE_URL = "https://officer.example.com"
    settings.SECURE_SSL_REDIRECT = False
    settings.CALENDAR_ADDRESS = "rota@example.com"


@pytest.fixture
def mine(programme, ana) -> Invitation:
    keep_up()
    return Invitation.objects.get(person=ana, duty__seat=1)


def page_of(client: Client, path: str = "/calendar/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def shown_url(page: str) -> str:
    return re.search(r'id="feed-url">([^<]+)<', page)[1]


def token_of(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".ics")


# --- The page ------------------------------------------------------------------------------------------------


def test_looking_makes_no_address_and_asking_does(ana, sign_in):
    client = sign_in(ana)
    assert "Get the address" in page_of(client)
    assert not CalendarFeed.objects.exists()
    assert client.post("/calendar/open/").status_code == 302
    url = shown_url(page_of(client))
    assert url.startswith("https://officer.example.com/calendar/")
    assert find_feed(token_of(url)).person == ana


def test_each_calendar_has_its_way_in(ana, sign_in):
    url = feed_url(open_feed(person=ana, by=ana))
    page = page_of(sign_in(ana))
    webcal = url.replace("https:", "webcal:")
    assert f'href="{webcal}"' in page
    google = re.search(r'href="(https://calendar\.google\.com/[^"]+)"', page)[1]
    assert parse_qs(urlsplit(google).query)["cid"] == [webcal]
    outlook = re.search(r'href="(https://outlook\.office\.com/[^"]+)"', page)[1]
    assert parse_qs(urlsplit(outlook).query)["url"] == [url]
    assert "4 to 24 hours" in page
    assert "by mail" in page


def test_renewed_and_revoked(ana, sign_in):
    client = sign_in(ana)
    old = feed_url(open_feed(person=ana, by=ana))
    client.post("/calendar/renew/")
    new = shown_url(page_of(client))
    assert new != old
    assert find_feed(token_of(old)) is None
    client.post("/calendar/revoke/")
    assert find_feed(token_of(new)) is None
    assert "Get the address" in page_of(client)


def test_an_address_that_cannot_be_shown_is_said_to_work_on(ana, sign_in, settings):
    open_feed(person=ana, by=ana)
    settings.SECRET_KEY = "another"
    page = page_of(sign_in(ana))
    assert "goes on working" in page
    assert "New address" in page


def test_an_assistant_sees_the_executive_s_and_nobody_else_does(ana, asha, ben, mine, sign_in):
    assert "Ana Ruiz’s calendar" in page_of(sign_in(asha))
    sign_in(asha).post("/calendar/open/", {"for": ana.pk})
    assert CalendarFeed.objects.get().person == ana
    for other in (f"/calendar/?for={ana.pk}", "/calendar/?for=nonsense"):
        page = page_of(sign_in(ben), other)
        assert "My calendar" in page
        assert "Ana" not in page
    sign_in(ben).post("/calendar/revoke/", {"for": ana.pk})
    assert CalendarFeed.objects.get().revoked_at is None


@pytest.mark.parametrize("days", [1, 30])
def test_the_number_of_queries_does_not_grow(
    programme, ana, ben, days, sign_in, django_assert_max_num_queries
):
    publish_days(programme, [[ana, ben]] * days, first=datetime.now(UTC).date() + timedelta(days=9))
    keep_up()
    client = sign_in(ana)
    client.get("/calendar/")
    with django_assert_max_num_queries(6):
        client.get("/calendar/")


# --- The card ------------------------------------------------------------------------------------------------


def test_the_card_has_the_programme_s_number(ana, sign_in):
    answer = sign_in(ana).get("/calendar/card.vcf")
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    card = vobject.readOne(answer.content.decode())
    assert card.fn.value == "Officer of the Day"
    assert card.tel.value == NUMBER


def test_the_page_tells_how_a_phone_lets_it_through(ana, sign_in):
    page = page_of(sign_in(ana))
    assert "<svg" in page
    for words in (NUMBER, "Emergency Bypass", "starred contact", "/calendar/card.vcf"):
        assert words in page


def test_without_a_number_there_is_no_card(ana, sign_in, settings):
    settings.TWILIO_FROM_NUMBER = ""
    client = sign_in(ana)
    assert "There is no number yet" in page_of(client)
    assert client.get("/calendar/card.vcf")["Location"] == "/calendar/"


# --- The answer by the link ----------------------------------------------------------------------------------


def link(invitation: Invitation, says: str = "") -> str:
    return answer_url(invitation.pk, says=says).removeprefix("https://officer.example.com")


def answer_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.answer


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_answers_nothing(mine, method):
    for says in ("", "accepted", "declined"):
        assert getattr(Client(), method)(link(mine, says)).status_code == 200
    assert answer_of(mine) == AnswerStatus.NONE


@pytest.mark.parametrize("says", ["accepted", "tentative", "declined"])
def test_a_button_answers_without_signing_in(mine, says):
    page = html.unescape(Client().get(link(mine)).content.decode())
    assert mine.summary in page
    answer = Client().post(link(mine), {"says": says, "sequence": "0"})
    assert answer.status_code == 200
    assert "Thank you" in answer.content.decode()
    assert answer_of(mine) == says


def test_a_no_says_that_the_day_stays_and_takes_a_word(mine, dora):
    answer = Client().post(link(mine), {"says": "declined", "sequence": "0", "comment": "In surgery"})
    assert "The duty stays yours for now" in answer.content.decode()
    assert "In surgery" in Letter.objects.get(person=dora, kind="answer").text


def test_another_answer_may_follow(mine):
    for says in ("declined", "accepted"):
        Client().post(link(mine), {"says": says, "sequence": "0"})
    assert answer_of(mine) == AnswerStatus.ACCEPTED


@pytest.mark.parametrize("sequence", ["0", "", "x", "²", "9" * 40])
def test_an_answer_to_what_was_shown_before_a_change_is_not_taken(mine, sequence):
    Invitation.objects.filter(pk=mine.pk).update(sequence=1)
    answer = Client().post(link(mine), {"says": "accepted", "sequence": sequence})
    assert answer.status_code == 409
    assert "changed since" in answer.content.decode()
    assert answer_of(mine) == AnswerStatus.NONE


@pytest.mark.parametrize("token", ["1", "1:forged", "x:y", "9" * 30])
def test_a_made_up_link_opens_nothing(mine, token):
    for method in ("get", "post"):
        assert (
            getattr(Client(), method)(f"/calendar/answer/{token}/", {"says": "declined"}).status_code == 404
        )
    assert answer_of(mine) == AnswerStatus.NONE


def test_what_was_taken_back_is_said_so(mine):
    Invitation.objects.filter(pk=mine.pk).update(cancelled=True)
    page = Client().get(link(mine)).content.decode()
    assert "Taken back" in page
    assert "<button" not in page.partition("<main")[2].partition("</main>")[0]
    assert Client().post(link(mine), {"says": "accepted", "sequence": "0"}).status_code == 409


def test_an_assistant_who_is_signed_in_answers_in_their_own_name(mine, ana, asha, sign_in):
    sign_in(asha).post(link(mine), {"says": "accepted", "sequence": "0"})
    assert mine.duty.history.first().history_user == asha
    assert answer_of(mine) == AnswerStatus.ACCEPTED


def test_what_is_too_long_or_no_answer_is_refused(mine):
    long = {"says": "declined", "sequence": "0", "comment": "x" * 301}
    assert Client().post(link(mine), long).status_code == 409
    assert Client().post(link(mine), {"says": "maybe", "sequence": "0"}).status_code == 200
    assert answer_of(mine) == AnswerStatus.NONE


def test_the_links_of_before_a_key_s_rotation_still_open(mine, settings):
    old = link(mine)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert Client().get(old).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert Client().get(old).status_code == 404


def test_the_page_lists_what_is_to_come_with_its_answer(mine, ana, sign_in):
    Client().post(link(mine), {"says": "declined", "sequence": "0"})
    page = page_of(sign_in(ana))
    assert "Declined" in page
    assert "Not answered" in page
    assert link(mine) in page
