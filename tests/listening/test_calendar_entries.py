"""Sessions in calendar feeds: each stands once, and goes when it is called off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from listening.models import Session, SessionKind, SessionStatus
from rota.feeds import open_feed, render, validators
from rota.models import ListeningHold

pytestmark = pytest.mark.usefixtures("clock")


def test_a_planned_session_stands_in_the_feed_and_a_held_time_stands_once(programme, ana):
    now = datetime.now(UTC)
    feed = open_feed(person=ana, by=ana)
    before = validators(feed, now=now).etag
    times = {"planned_start": now, "planned_end": now + timedelta(hours=2), "month": date(2026, 6, 1)}
    hold = ListeningHold.objects.create(
        programme=programme,
        person=ana,
        starts_at=now,
        ends_at=now + timedelta(minutes=30),
        month=date(2026, 6, 1),
        published=True,
        created_at=now,
    )
    shared = {"programme": programme, "person": ana, "created_at": now}
    Session.objects.create(hold=hold, **shared, **times)
    ride = Session.objects.create(kind=SessionKind.RIDE_ALONG, **shared, **times)
    assert validators(feed, now=now).etag != before

    (event,) = Calendar.from_ical(render(feed, now=now)).walk("VEVENT")
    assert event["SUMMARY"] == "Ride-along: Officer of the Day, North America"
    assert f"/listening/sessions/{ride.pk}/" in event["URL"]
    assert render(feed, now=now) == render(feed, now=now)

    ride.status, ride.ended_at = SessionStatus.CANCELLED, now
    standing = validators(feed, now=now).etag
    ride.save()
    assert validators(feed, now=now).etag != standing
    assert not Calendar.from_ical(render(feed, now=now)).walk("VEVENT")
