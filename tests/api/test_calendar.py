"""One's own calendar by program: the same address each time, until it is renewed."""

import pytest
from django.test import Client
from icalendar import Calendar

from api.models import IdempotentRequest
from rota.feeds import find_feed
from rota.invitations_due import keep_up
from tests.api.conftest import problem_of


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.PUBLIC_BASE_URL = "http://testserver"


def token_of(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".ics")


def test_the_address_is_the_same_each_time_and_opens_ones_calendar(programme, ana, program):
    keep_up()
    answer = program(ana).read("me/calendar/")
    assert answer.status_code == 200
    assert set(answer.json()) == {"feed_url"}
    assert program(ana).read("me/calendar/").json() == answer.json()
    feed = Client().get(answer.json()["feed_url"])
    assert len(Calendar.from_ical(feed.content).walk("VEVENT")) == 2


def test_each_has_their_own(ana, ben, program):
    assert program(ana).read("me/calendar/").json() != program(ben).read("me/calendar/").json()


def test_renewed_the_old_one_opens_nothing(ana, program):
    old = program(ana).read("me/calendar/").json()["feed_url"]
    new = program(ana).send("me/calendar/").json()["feed_url"]
    assert new != old
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    assert program(ana).read("me/calendar/").json()["feed_url"] == new


def test_a_repeated_request_renews_once_and_keeps_no_secret(ana, program):
    caller = program(ana)
    first = caller.send("me/calendar/", key="once").json()["feed_url"]
    again = caller.send("me/calendar/", key="once")
    assert again.json()["feed_url"] == first
    assert again["Idempotency-Replayed"] == "true"
    assert token_of(first) not in str(IdempotentRequest.objects.values())
    assert find_feed(token_of(first)) is not None


def test_an_address_that_cannot_be_shown_is_a_conflict_until_it_is_renewed(ana, program, settings):
    url = program(ana).read("me/calendar/").json()["feed_url"]
    settings.SECRET_KEY = "another"
    problem = problem_of(program(ana).read("me/calendar/"), 409)
    assert problem["errors"][0]["code"] == "key_changed"
    assert Client().get(url).status_code == 200
    assert program(ana).send("me/calendar/").json()["feed_url"] != url
    assert program(ana).read("me/calendar/").status_code == 200


def test_a_body_is_not_wanted(ana, program):
    assert problem_of(program(ana).send("me/calendar/", {"for": "ben"}), 400)["errors"][0]["field"] == "for"
