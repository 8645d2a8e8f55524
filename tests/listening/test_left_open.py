"""Audits, reviews and ride-alongs that nobody ends: the loop ends them, and all that was found has an owner."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from time_machine import Traveller

from listening import audits, loop, reviews, ride_alongs
from listening.models import AuditItem, Session, SessionStatus
from listening.ride_alongs import FARTHEST_BACK
from people.models import Letter, Person
from rota.models import Programme
from tests.conftest import make_person
from tests.listening.test_other_kinds import recorded

NOW = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _uploads(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def look() -> Session:
    """The loop looks at what is due, and the only session stands so."""
    loop.live_sessions(lambda: True)
    return Session.objects.get()


def test_an_audit_that_is_left_open_ends_as_it_was_and_what_nobody_owns_is_its_executives(
    programme: Programme, ana: Person, ben: Person, clock: Traveller
) -> None:
    audit = audits.begin_audit(programme=programme, person=ana)
    clock.shift(timedelta(hours=20))
    audits.add_item(session=audit, by=ana, what="The box is crushed", verdict="broken")
    audits.add_item(session=audit, by=ana, what="The manual is clear", verdict="good", owner=ben)
    written = datetime.now(UTC)
    clock.shift(timedelta(hours=5))
    assert (
        look().status == SessionStatus.RUNNING
    )  # a day since it was begun, not since the last thing was found
    clock.shift(DAY - timedelta(hours=5))
    row = look()
    assert (row.status, row.ended_at, row.ended_why) == (SessionStatus.FINISHED, written, "Left open.")
    assert row.debrief_due_at is not None
    assert row.next_at is None
    assert dict(AuditItem.objects.values_list("what", "owner")) == {
        "The box is crushed": ana.pk, "The manual is clear": ben.pk,
    }  # fmt: skip
    for person, what in ((ana, "The box is crushed"), (ben, "The manual is clear")):
        assert Letter.objects.filter(person=person, kind="audit", text__contains=what).count() == 1
    assert Letter.objects.filter(person=ana, kind="debrief").exists()


def test_one_in_which_nothing_was_written_down_asks_for_nothing(
    programme: Programme, ana: Person, clock: Traveller
) -> None:
    audits.begin_audit(programme=programme, person=ana)
    clock.shift(DAY)
    row = look()
    assert (row.status, row.debrief_due_at) == (SessionStatus.FINISHED, None)
    assert not Letter.objects.exists()
    assert audits.begin_audit(programme=programme, person=ana) != row


@pytest.mark.parametrize("played", [True, False])
def test_a_review_that_is_left_open_ends_where_it_was_played_last(
    programme: Programme, ana: Person, dora: Person, clock: Traveller, played: bool
) -> None:
    recording = reviews.add_recording(
        programme=programme,
        by=dora,
        title="The invoice",
        recorded_on=date(2026, 6, 1),
        announced_by="Announcement 3",
        file=recorded(),
    )
    review = reviews.begin_review(recording=recording, person=ana)
    clock.shift(30)
    if played:
        reviews.played(session=review, by=ana, player="a" * 12, sequence=0, start=0, end=30)
    clock.shift(DAY)
    row = look()
    assert row.status == SessionStatus.FINISHED
    assert row.ended_at == NOW + timedelta(seconds=30 if played else 0)
    assert (row.debrief_due_at is not None) == played


def test_after_a_ride_along_its_executive_is_asked_and_two_weeks_later_it_is_off(
    programme: Programme, ana: Person, clock: Traveller
) -> None:
    sam = make_person("sam@example.com", "Sam Seller")
    ride_alongs.plan_ride_along(
        programme=programme, person=ana, colleague=sam, start=NOW + DAY, minutes=60, by=ana
    )
    clock.shift(DAY + timedelta(minutes=70))
    look()
    assert not Letter.objects.exists()
    clock.shift(timedelta(minutes=5))
    assert look().status == SessionStatus.BOOKED
    (letter,) = Letter.objects.filter(person=ana)
    assert "How long" in letter.subject
    assert "Sam Seller" in letter.text
    clock.shift(FARTHEST_BACK)
    row = look()
    assert (row.status, row.ended_why) == (SessionStatus.CANCELLED, "Nobody said how it was.")
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("deed", ["finished", "called off"])
def test_who_has_answered_is_not_asked(
    programme: Programme, ana: Person, clock: Traveller, deed: str
) -> None:
    sam = make_person("sam@example.com", "Sam Seller")
    ride = ride_alongs.plan_ride_along(
        programme=programme, person=ana, colleague=sam, start=NOW - DAY, minutes=60, by=ana
    )
    if deed == "finished":
        ride_alongs.finish_ride_along(session=ride.session, minutes=60, by=ana)
    else:
        ride_alongs.call_off(session=ride.session, by=ana)
    clock.shift(DAY)
    assert look().status == (SessionStatus.FINISHED if deed == "finished" else SessionStatus.CANCELLED)
    assert not Letter.objects.filter(subject__contains="How long").exists()
