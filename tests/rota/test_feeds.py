"""The secret feed: who may have its address, what its validators depend on, what stands in it."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from calendars.entries import Entry
from people.errors import Refused
from people.models import Person
from rota import feeds
from rota.calendar_entries import entry_of
from rota.feeds import EntryKind, Mark, feed_url, find_feed, open_feed, register, renew, revoke, validators
from rota.invitations_due import keep_up, keep_up_with_everybody
from rota.models import CalendarFeed, Duty, Invitation, Programme
from tests.calendars.readers import as_meant, every_reader
from tests.conftest import publish_days

pytestmark = pytest.mark.usefixtures("clock")


def token_of(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".ics")


def now() -> datetime:
    return datetime.now(UTC)


def summaries(feed: CalendarFeed) -> list[str]:
    calendar = Calendar.from_ical(feeds.render(feed, now=now()))
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


def test_the_address_stays_the_same_and_only_its_hash_is_kept(ana):
    feed = open_feed(person=ana, by=ana)
    url = feed_url(feed)
    assert feed_url(open_feed(person=ana, by=ana)) == url
    token = token_of(url)
    assert len(token) == 43
    assert find_feed(token) == feed
    kept = CalendarFeed.objects.values().get()
    assert token not in str(kept)
    assert kept["token_hash"] == hashlib.sha256(token.encode()).hexdigest()


def test_each_person_has_another(ana, ben):
    assert feed_url(open_feed(person=ana, by=ana)) != feed_url(open_feed(person=ben, by=ben))


def test_renewed_the_old_address_is_nobodys(ana):
    old = feed_url(open_feed(person=ana, by=ana))
    new = feed_url(renew(person=ana, by=ana))  # at the same frozen instant
    assert new != old
    assert find_feed(token_of(old)) is None
    assert find_feed(token_of(new)) is not None


def test_revoked_it_is_nobodys_and_can_be_opened_anew(ana):
    old = feed_url(open_feed(person=ana, by=ana))
    revoke(person=ana, by=ana)
    assert find_feed(token_of(old)) is None
    assert feed_url(open_feed(person=ana, by=ana)) != old


def test_whoever_has_left_has_none(ana):
    url = feed_url(open_feed(person=ana, by=ana))
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    assert find_feed(token_of(url)) is None


def test_assistants_may_have_it_and_nobody_else(ana, asha, ben, dora):
    assert feed_url(open_feed(person=ana, by=asha))
    for other in (ben, dora):
        for verb in (open_feed, renew, revoke):
            with pytest.raises(Refused):
                verb(person=ana, by=other)


def test_a_rotated_key_leaves_addresses_alive_and_shown_while_the_old_one_is_known(ana, settings):
    url = feed_url(open_feed(person=ana, by=ana))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    feed = find_feed(token_of(url))
    assert feed is not None
    assert feed_url(feed) == url
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Refused, match="goes on working") as refusal:
        feed_url(feed)
    assert refusal.value.code == "key_changed"
    assert find_feed(token_of(url)) == feed
    assert feed_url(renew(person=ana, by=ana)) != url


def test_a_copy_of_the_database_opens_nothing(ana, settings):
    url = feed_url(open_feed(person=ana, by=ana))
    settings.SECRET_KEY = "the thief's own"
    stolen = CalendarFeed.objects.get()
    with pytest.raises(Refused):
        feed_url(stolen)
    assert token_of(url) not in str(CalendarFeed.objects.values())


def test_it_holds_the_past_90_days_and_all_that_is_to_come(programme, ana):
    today = now().date()
    for days in (-200, -89, 500):
        publish_days(programme, [[ana]], first=today + timedelta(days=days))
    keep_up()
    calendar = Calendar.from_ical(feeds.render(open_feed(person=ana, by=ana), now=now()))
    starts = sorted(event["DTSTART"].dt.date() - today for event in calendar.walk("VEVENT"))
    assert [each.days for each in starts] == [-89, 0, 1, 500]


def test_it_is_ones_own_and_without_what_was_taken_back(programme, ana, ben):
    keep_up()
    feed = open_feed(person=ana, by=ana)
    assert len(summaries(feed)) == 2
    Duty.objects.filter(person=ana, seat=0).delete()
    keep_up()
    assert summaries(feed) == ["Officer of the Day, backup: North America"]


def test_the_same_rows_give_the_same_bytes(programme, ana, clock):
    keep_up()
    feed = open_feed(person=ana, by=ana)
    before = feeds.render(feed, now=now())
    mark = validators(feed, now=now())
    clock.shift(3600)
    assert feeds.render(feed, now=now()) == before
    assert validators(feed, now=now()).etag == mark.etag


def test_the_etag_differs_whenever_the_feed_does(programme, ana, settings, clock):
    keep_up()
    feed = open_feed(person=ana, by=ana)
    seen = {validators(feed, now=now()).etag}

    def changed() -> None:
        clock.shift(1)
        etag = validators(feed, now=now()).etag
        assert etag not in seen
        seen.add(etag)

    publish_days(programme, [[ana]], first=now().date() + timedelta(days=50))
    keep_up()
    changed()
    Duty.objects.filter(person=ana, seat=0).earliest("day").delete()
    keep_up()
    changed()
    Programme.objects.update(name="Elsewhere")
    keep_up_with_everybody()
    changed()
    clock.move_to(
        now() + timedelta(days=140), tick=False
    )  # the two of June leave it, the one of August stays
    assert len(summaries(feed)) == 1
    changed()
    settings.PUBLIC_BASE_URL = "https://elsewhere.example.com"
    changed()
    assert validators(renew(person=ana, by=ana), now=now()).etag not in seen


def test_last_modified_waits_until_the_second_is_over(programme, ana, clock):
    keep_up()
    feed = open_feed(person=ana, by=ana)
    clock.shift(1)
    assert validators(feed, now=now()).last_modified is None
    clock.shift(1)
    assert validators(feed, now=now()).last_modified == Invitation.objects.latest("changed_at").changed_at


def test_one_query_for_each_kind_of_entries(programme, ana, django_assert_num_queries):
    """Invitations, sessions, debriefs and actions: for the validators and for what is in it."""
    publish_days(programme, [[ana]] * 60, first=now().date() + timedelta(days=10))
    keep_up()
    feed = open_feed(person=ana, by=ana)
    with django_assert_num_queries(4):
        validators(feed, now=now())
    with django_assert_num_queries(4):
        assert len(summaries(feed)) == 62


@pytest.fixture
def deadlines():
    """A room above puts a kind of its own into every feed."""
    due: list[Entry] = []
    register(
        EntryKind(
            name="deadlines",
            mark=lambda *_: Mark(state=(len(due),), changed_at=None),
            entries=lambda *_: list(due),
        )
    )
    yield due
    del feeds._kinds["deadlines"]


def test_a_room_above_can_add_a_kind(programme, ana, deadlines):
    keep_up()
    feed = open_feed(person=ana, by=ana)
    before = validators(feed, now=now()).etag
    deadlines.append(
        Entry(
            uid="debrief-1@example.com",
            sequence=0,
            stamp=now(),
            created=now(),
            modified=now(),
            start=now().date(),
            end=now().date() + timedelta(days=1),
            summary="Debrief due",
        )
    )
    assert validators(feed, now=now()).etag != before
    assert "Debrief due" in summaries(feed)


@every_reader
def test_every_reader_understands_a_feed_of_ours(programme, ana, read):
    """With its links, alarms and words as they are made from rows; across a change of the clocks."""
    publish_days(programme, [[ana]], first=date(2026, 10, 31))
    keep_up()
    read_back = read(feeds.render(open_feed(person=ana, by=ana), now=now()))
    rows = Invitation.objects.filter(person=ana, cancelled=False).order_by("starts_at")
    assert read_back.events == tuple(as_meant(without_split_seconds(entry_of(row))) for row in rows)
    assert len(read_back.events) == 3


def without_split_seconds(entry: Entry) -> Entry:
    """Instants as iCalendar can write them."""
    whole = {name: getattr(entry, name).replace(microsecond=0) for name in ("stamp", "created", "modified")}
    return replace(entry, **whole)
