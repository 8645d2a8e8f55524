"""Routine mail: one a day at most, nothing missed, stopped by one click; the month's account; chats and webhooks."""

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import feedparser
import pytest
from django.test import Client
from pypdf import PdfReader
from standardwebhooks import Webhook

from learnings import dispatching, routine, said_done
from learnings.mail_wishes import choose, feed_address, renew_feed
from learnings.models import Dispatch, DispatchStatus, HowOften, Learning, MailWish, News, Rules, SaidDone
from learnings.recording import keep_to, settle
from learnings.said_done_pdf import as_pdf
from people import letters_mail
from people.errors import Refused
from people.models import Letter, Person
from tests.conftest import make_person
from tests.learnings.conftest import Learn
from tests.mail_server import MailServer

DAY = timedelta(days=1)
MORNING = datetime(2026, 6, 18, 7, 0, tzinfo=UTC)


@pytest.fixture
def begun(clock, ana: Person, ben: Person, cleo: Person, dora: Person) -> None:
    """Everybody is known to the routine since yesterday."""
    routine.send_due()


def mails(mail_server: MailServer) -> None:
    letters_mail.send_due()


def test_one_mail_gathers_everything_and_one_click_stops_it(
    clock, begun, learn: Learn, cleo: Person, ben: Person, mail_server: MailServer
) -> None:
    learn("Four invoices.")
    learn("Five invoices.")
    learn("Kept to us.", sensitive=True)
    assert routine.send_due() == 0
    clock.move_to(MORNING)
    assert routine.send_due() == 4  # Ana wrote them all, and hears of the hotspot
    assert routine.send_due() == 0
    mails(mail_server)
    (mail,) = mail_server.to(ben.email)
    body = mail.get_body(("plain",)).get_content()
    assert "Four invoices." in body
    assert "Five invoices." in body
    assert "Kept to us" not in body
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = mail["List-Unsubscribe"].strip("<>")
    page = Client().get(stop[stop.index("/mail/") :])
    assert page.status_code == 200
    assert (
        MailWish.objects.get(person=ben).how_often == HowOften.DAILY
    )  # mail programs open links by themselves
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(stop[stop.index("/mail/") :], {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert MailWish.objects.get(person=ben).how_often == HowOften.NONE
    clock.shift(DAY)
    learn("Six invoices.")
    clock.shift(DAY)
    routine.send_due()
    assert not Letter.objects.filter(person=ben, text__contains="Six invoices").exists()
    assert Client().get("/mail/stop/forged/").status_code == 404
    # Back again: only what is new since.
    choose(person=ben, how_often="daily")
    learn("Seven invoices.")
    clock.shift(DAY)
    routine.send_due()
    (last,) = Letter.objects.filter(person=ben, text__contains="Seven invoices")
    assert "Six invoices" not in last.text


def test_a_mail_that_never_left_is_told_by_the_next_one(
    clock, begun, learn: Learn, ben: Person, mail_server: MailServer
) -> None:
    learn("First day.")
    clock.move_to(MORNING)
    routine.send_due()
    clock.shift(timedelta(hours=12))
    learn("Second day.")
    clock.shift(timedelta(hours=12))
    routine.send_due()
    mails(mail_server)
    (mail,) = mail_server.to(ben.email)
    body = mail.get_body(("plain",)).get_content()
    assert "First day." in body
    assert "Second day." in body


def test_a_mail_that_left_late_is_todays(
    clock, begun, learn: Learn, ben: Person, mail_server: MailServer
) -> None:
    learn("First day.")
    clock.move_to(MORNING)
    routine.send_due()
    clock.shift(timedelta(hours=18))  # one in the morning: the server is back
    mails(mail_server)
    learn("Second day.")
    clock.move_to(MORNING + DAY)
    routine.send_due()
    assert Letter.objects.filter(person=ben, kind="routine").count() == 1
    clock.shift(DAY)
    routine.send_due()
    assert "Second day." in Letter.objects.filter(person=ben, kind="routine").latest("pk").text


@pytest.mark.starts_at(datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
def test_a_quarter_of_four_hundred_people(
    clock, learn: Learn, mail_server: MailServer, dora: Person, django_assert_max_num_queries
) -> None:
    """Three sweeps a day, and news on three days running, twice a month: most people choose weekly, some daily."""
    zones = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
    people = [
        make_person(f"q{n}@example.com", f"Q {n}", is_support=True, time_zone=zones[n % 4])
        for n in range(400)
    ]
    routine.send_due()
    MailWish.objects.filter(person__in=[one.pk for one in people if one.pk % 16]).update(how_often="weekly")
    MailWish.objects.filter(person__in=[one.pk for one in people if one.pk % 16 == 1]).update(
        how_often="none"
    )
    wishes = dict(MailWish.objects.values_list("person__email", "how_often"))
    end = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
    now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    n = 0
    while now < end:
        if now.hour == 12 and now.day in (5, 6, 7, 19, 20, 21):
            n += 1
            learn(f"Number {n:03d}.")
        with django_assert_max_num_queries(120):
            routine.send_due()
        letters_mail.send_due()
        now += timedelta(hours=8)
        clock.move_to(now)
    while letters_mail.send_due():
        pass
    days = Counter()
    for letter in Letter.objects.filter(kind="routine").select_related("person"):
        local = letter.created_at.astimezone(letter.person.zone)
        days[letter.address, local.date()] += 1
        assert local.hour >= 7
    assert max(days.values()) == 1
    heard = defaultdict(set)
    for mail in mail_server.mails:
        if mail["List-Unsubscribe"]:
            heard[mail["To"]] |= set(re.findall(r"Number (\d{3})", mail.get_content()))
    every = {f"{one:03d}" for one in range(1, n + 1)}
    assert len(every) == 18
    for person in people:
        wish = wishes[person.email]
        assert heard[person.email] == (set() if wish == "none" else every), (person, wish)


@pytest.mark.starts_at(datetime(2026, 5, 20, 12, 0, tzinfo=UTC))
def test_the_month_is_told_once_in_the_sponsors_name(
    clock, learn: Learn, ana: Person, dora: Person, ben: Person
) -> None:
    Rules.objects.create(pk=1, sponsor=ana)
    done, open_one, secret = learn("Řeka 1 — “done”"), learn("Open one"), learn("Secret", sensitive=True)
    settle(learning=done, status="done", words="Mended.", by=dora)
    assert said_done.publish_due() == 0
    routine.send_due()
    clock.move_to(datetime(2026, 6, 1, 5, 59, tzinfo=UTC))
    assert said_done.publish_due() == 0
    clock.move_to(datetime(2026, 6, 1, 6, 1, tzinfo=UTC))
    assert [said_done.publish_due(), said_done.publish_due()] == [1, 0]
    published = SaidDone.objects.get()
    assert (published.month, published.sponsor) == (date(2026, 5, 1), ana)
    assert {entry.learning for entry in published.entries.all()} == {done, open_one}
    settle(learning=open_one, status="declined", words="No.", by=dora)
    assert [len(entries) for _, entries in said_done.by_status(published)] == [1, 0, 1]
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(as_pdf(published))).pages)
    assert "You said, we did: May 2026" in text
    assert "In the name of Ana Ruiz" in text
    assert "Řeka 1" in text
    assert "Mended." in text
    assert secret.quote not in text
    clock.move_to(datetime(2026, 6, 1, 7, 0, tzinfo=UTC))
    routine.send_due()
    assert "/learnings/said-done/2026-05/" in Letter.objects.get(person=ben, kind="routine").text
    keep_to(learning=done, sensitive=True, readers=[], by=dora)
    assert [len(entries) for _, entries in said_done.by_status(published)] == [0, 0, 1]


def test_the_atom_feed_is_read_by_another_reader(learn: Learn, ana: Person, ben: Person, client) -> None:
    learn("“Four” <script>alert(1)</script> invoices \x0b&\x1b é", meaning="Closed <b>depots</b>")
    learn("Secret", sensitive=True, readers=[ben])
    address = feed_address(ben)
    path = address[address.index("/learnings/") :]
    answer = client.get(path)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.content)
    assert not read.bozo
    (entry,) = read.entries
    assert entry.title == "Billing: process"
    assert "<script" not in entry.summary
    assert "Four" in entry.summary
    renew_feed(person=ben)
    assert client.get(path).status_code == 404
    path = feed_address(ben)
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    assert client.get(path[path.index("/learnings/") :]).status_code == 404


class Receiver:
    """A web server that keeps what is posted to it, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


def test_webhooks_are_signed_retried_and_replayed(
    clock, learn: Learn, dora: Person, ana: Person, receiver: Receiver
) -> None:
    endpoint = dispatching.save_endpoint(
        by=dora, endpoint=None, name="Wall", url=f"{receiver.url}/hook", kinds=[News.LEARNING]
    )
    learn("Secret", sensitive=True)
    learning = learn("Four “invoices”.")
    receiver.answers = [500, 302]
    assert dispatching.send_due() == 0
    assert dispatching.send_due() == 0  # not before five seconds
    clock.shift(6)
    assert dispatching.send_due() == 0
    clock.shift(timedelta(minutes=6))
    assert dispatching.send_due() == 1
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {receiver.got[0][0]["webhook-id"]}
    headers, body = receiver.got[-1]
    told = Webhook(endpoint.secret).verify(body, headers)
    assert told["type"] == "learning.logged"
    assert told["data"]["quote"] == learning.quote
    with pytest.raises(Exception, match=r".+"):
        Webhook(endpoint.secret).verify(body + b" ", headers)
    dispatch = Dispatch.objects.get()
    assert (dispatch.status, dispatch.tries) == (DispatchStatus.SENT, 3)
    with pytest.raises(Refused):
        dispatching.replay(dispatch=dispatch, by=ana)
    dispatching.replay(dispatch=dispatch, by=dora)
    assert dispatching.send_due() == 1
    assert receiver.got[-1][0]["webhook-id"] == headers["webhook-id"]
    keep_to(learning=learning, sensitive=True, readers=[], by=ana)  # from now on nobody else hears of it
    dispatching.replay(dispatch=dispatch, by=dora)
    assert dispatching.send_due() == 0
    assert len(receiver.got) == 4
    dispatch.refresh_from_db()
    assert (dispatch.status, dispatch.detail) == (DispatchStatus.FAILED, "It is kept to a few people since.")
    receiver.answers = [410]
    learn("Gone.")
    dispatching.send_due()
    endpoint.refresh_from_db()
    assert not endpoint.active
    assert Dispatch.objects.filter(status=DispatchStatus.FAILED, answer=410).count() == 1


def test_it_gives_up_after_its_waits(clock, learn: Learn, dora: Person, receiver: Receiver) -> None:
    dispatching.save_endpoint(by=dora, endpoint=None, name="Wall", url=receiver.url, kinds=[News.LEARNING])
    learn()
    receiver.answers = [503] * 20
    for _ in range(10):
        dispatching.send_due()
        clock.shift(timedelta(days=1))
    dispatch = Dispatch.objects.get()
    assert (dispatch.status, dispatch.answer, len(receiver.got)) == (DispatchStatus.FAILED, 503, 8)


def test_a_chat_hears_by_apprise(learn: Learn, dora: Person, receiver: Receiver) -> None:
    address = receiver.url.replace("http://", "json://")
    dispatching.save_channel(by=dora, channel=None, name="Room", address=address, kinds=[News.LEARNING])
    learn("Four invoices.")
    assert dispatching.send_due() == 1
    ((_, body),) = receiver.got
    told = json.loads(body)
    assert told["title"] == "Billing: process"
    assert "Four invoices." in told["message"]
    for wrong in ("nonsense", "ftp2://x"):
        with pytest.raises(Refused) as refused:
            dispatching.save_channel(by=dora, channel=None, name="Other", address=wrong, kinds=[])
        assert refused.value.field == "address"
    for wrong in ("ftp://x/", "https://", "javascript:alert(1)", "https://a:b@x/"):
        with pytest.raises(Refused) as refused:
            dispatching.save_endpoint(by=dora, endpoint=None, name="Other", url=wrong, kinds=[])
        assert refused.value.field == "url"
    assert Learning.objects.count() == 1
