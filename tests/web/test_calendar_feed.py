"""The feed as calendar programs fetch it: any Accept, conditional, compressed, private, without a cookie."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.http import http_date
from icalendar import Calendar

from rota.feeds import feed_url, open_feed
from rota.invitations_due import keep_up
from rota.models import Duty, Invitation
from tests.conftest import publish_days

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def path(programme, ana, settings, clock) -> str:
    """Ana's feed, ten seconds after the last change."""
    keep_up()
    url = feed_url(open_feed(person=ana, by=ana))
    clock.shift(10)
    return url.removeprefix(settings.PUBLIC_BASE_URL)


def test_it_is_a_calendar_for_anybody_who_has_the_address(path):
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == 2


@pytest.mark.parametrize(
    "accept", ["text/calendar", "application/json", "text/html", "image/png", "*/*", "", "x"]
)
def test_any_accept_gets_it(path, accept):
    answer = Client().get(path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")


def test_it_is_private_and_sets_no_cookie(path, sign_in, ana):
    for client in (Client(), sign_in(ana), Client(headers={"Cookie": "sessionid=stale"})):
        answer = client.get(path)
        assert "private" in answer["Cache-Control"]
        assert not answer.cookies
    nothing = Client().get("/calendar/wrong.ics")
    assert not nothing.cookies


@pytest.mark.parametrize("token", ["wrong", "A" * 43, "x" * 3000, "%00", "..%2F"])
def test_a_wrong_address_is_a_plain_404(path, token):
    answer = Client().get(f"/calendar/{token}.ics")
    assert answer.status_code == 404
    assert "Location" not in answer


def test_head_has_the_headers_and_no_body(path):
    head, got = Client().head(path), Client().get(path)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert head[name] == got[name]


def test_other_methods_are_refused(path):
    assert Client().post(path).status_code == 405


def matching(etag: str) -> list[str]:
    strong = etag.removeprefix("W/")
    return [etag, strong, "*", f'"other", {etag}', f'{etag},W/"other"', f'"a","b",{strong}']


@pytest.mark.parametrize("form", range(6))
def test_a_known_etag_is_304_weak_strong_or_in_a_list(path, form):
    first = Client().get(path)
    assert first["ETag"].startswith('W/"')
    again = Client().get(path, headers={"If-None-Match": matching(first["ETag"])[form]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert "private" in again["Cache-Control"]


@pytest.mark.parametrize("other", ['"other"', 'W/"other", "more"', "nonsense"])
def test_another_etag_gets_the_whole(path, other):
    assert Client().get(path, headers={"If-None-Match": other}).status_code == 200


def test_last_modified_alone_works_too_and_the_etag_goes_before_it(path):
    first = Client().get(path)
    assert first["Last-Modified"] == http_date(Invitation.objects.latest("changed_at").changed_at.timestamp())
    headers = {"If-Modified-Since": first["Last-Modified"]}
    assert Client().get(path, headers=headers).status_code == 304
    assert Client().get(path, headers=headers | {"If-None-Match": '"other"'}).status_code == 200


def test_a_change_is_no_304(path, ana):
    first = Client().get(path)
    Duty.objects.filter(person=ana, seat=0).delete()
    keep_up()
    headers = {"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]}
    answer = Client().get(path, headers=headers)
    assert answer.status_code == 200
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == 1


def test_it_is_compressed_for_whoever_asks(path):
    plain, packed = Client().get(path), Client().get(path, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content)
    assert packed["ETag"] == plain["ETag"]
    assert "Accept-Encoding" in packed["Vary"]


@pytest.mark.parametrize("days", [3, 60])
def test_nine_queries_fresh_and_five_unchanged(path, programme, ana, days, django_assert_num_queries):
    publish_days(programme, [[ana]] * days, first=datetime.now(UTC).date() + timedelta(days=10))
    keep_up()
    etag = Client().get(path)["ETag"]  # and that it was read is noted once an hour
    with django_assert_num_queries(9):
        Client().get(path)
    with django_assert_num_queries(5):
        Client().get(path, headers={"If-None-Match": etag})


def test_that_it_is_read_is_noted_once_an_hour(path, ana, clock):
    feed = open_feed(person=ana, by=ana)
    read = []
    for _ in range(3):
        Client().get(path)
        feed.refresh_from_db()
        read.append(feed.last_read_at)
        clock.shift(1801)
    assert read[0] == read[1]
    assert read[2] - read[0] > timedelta(hours=1)
