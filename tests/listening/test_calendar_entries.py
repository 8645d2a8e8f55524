"""Sessions in calendar feeds: each stands once, and goes when it is called off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from learnings import actions
from learnings.models import Cause, Feeling, Source, Touchpoint
from learnings.recording import log_learning
from listening.models import Debrief, Session, SessionKind, SessionStatus
from people.days import LATEST
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


def events_of(person):
    now = datetime.now(UTC)
    feed = open_feed(person=person, by=person)
    read = Calendar.from_ical(render(feed, now=now)).walk("VEVENT")
    return {str(event["SUMMARY"]): event for event in read}, validators(feed, now=now)


def test_a_debrief_is_a_deadline_until_it_is_written(programme, ana, clock):
    now = datetime.now(UTC)
    open_feed(person=ana, by=ana)
    session = Session.objects.create(
        programme=programme,
        person=ana,
        created_at=now,
        planned_start=now - timedelta(hours=1),
        planned_end=now,
        ended_at=now,
        month=date(2026, 6, 1),
        status=SessionStatus.FINISHED,
        debrief_due_at=now + timedelta(days=3),
    )
    clock.shift(60)
    events, before = events_of(ana)
    event = events["Debrief due: Live listening, Officer of the Day, North America"]
    assert event["DTEND"].dt == now + timedelta(days=3)
    assert event["URL"].endswith(f"/listening/sessions/{session.pk}/debrief/")
    Debrief.objects.create(session=session, heard="Enough", by=ana, created_at=datetime.now(UTC))
    clock.shift(60)
    events, after = events_of(ana)
    assert not any("Debrief" in summary for summary in events)
    assert after.etag != before.etag
    assert after.last_modified > before.last_modified


def test_an_action_is_a_deadline_of_its_owner_as_long_as_it_is_live(programme, ana, ben, dora, clock):
    open_feed(person=ana, by=ana)
    due, later = date(2026, 7, 10), LATEST  # the last day that anybody may name does not break a feed
    learning = log_learning(
        quote="Four invoices.",
        touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
        cause=Cause.PROCESS,
        feeling=Feeling.ANNOYED,
        source=Source.SESSION,
        author=ana,
    )
    action = actions.plan_action(what="Mend it", owner=ana, due_on=due, by=dora, learnings=[learning])
    clock.shift(60)
    events, before = events_of(ana)
    event = events["Action due: Mend it"]
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (due, due + timedelta(days=1))
    first = int(event["SEQUENCE"])
    actions.change_action(action=action, what="Mend it", owner=ana, due_on=later, by=dora)
    clock.shift(60)
    events, moved = events_of(ana)
    assert events["Action due: Mend it"]["DTSTART"].dt == later
    assert int(events["Action due: Mend it"]["SEQUENCE"]) > first
    assert moved.etag != before.etag
    assert moved.last_modified > before.last_modified
    actions.change_action(action=action, what="Mend it", owner=ben, due_on=later, by=dora)
    clock.shift(60)
    events, gone = events_of(ana)
    assert "Action due: Mend it" not in events
    assert gone.last_modified > moved.last_modified, "what went to somebody else is a change, too"
    assert "Action due: Mend it" in events_of(ben)[0]


def test_whatever_is_ninety_days_over_leaves_the_feed_and_its_etag_says_so(programme, ana, dora, clock):
    now = datetime.now(UTC)
    open_feed(person=ana, by=ana)
    times = {"planned_start": now - timedelta(hours=1), "planned_end": now, "month": date(2026, 6, 1)}
    shared = {"programme": programme, "person": ana, "created_at": now, **times}
    Session.objects.create(kind=SessionKind.RIDE_ALONG, **shared)
    hold = ListeningHold.objects.create(
        programme=programme,
        person=ana,
        starts_at=times["planned_start"],
        ends_at=now,
        month=date(2026, 6, 1),
        published=True,
        created_at=now,
    )
    Session.objects.create(
        hold=hold,
        status=SessionStatus.FINISHED,
        ended_at=now,
        debrief_due_at=now + timedelta(days=3),
        **shared,
    )
    learning = log_learning(
        quote="Four invoices.",
        touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
        cause=Cause.PROCESS,
        feeling=Feeling.ANNOYED,
        source=Source.SESSION,
        author=ana,
    )
    due = now.date() + timedelta(days=6)
    actions.plan_action(what="Mend it", owner=ana, due_on=due, by=dora, learnings=[learning])
    seen, left = set(), []
    for days in (80, 91, 94, 97):
        clock.move_to(now + timedelta(days=days), tick=False)
        events, marks = events_of(ana)
        seen.add(marks.etag)
        left.append([summary.partition(":")[0] for summary in events])
    assert left == [
        ["Ride-along", "Debrief due", "Action due"],
        ["Debrief due", "Action due"],
        ["Action due"],
        [],
    ]
    assert len(seen) == 4
