"""Times to listen: what is free, booked by whom, and a session for every time that is held."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import Schedule

from listening import booking
from listening.errors import NotAllowed, NotNow
from listening.models import Session, SessionStatus
from people.errors import Refused
from people.models import Letter, Person
from rota.answers import answer
from rota.invitations_due import keep_up
from rota.models import (
    AnswerStatus,
    BusyBlock,
    BusyCalendar,
    Invitation,
    ListeningHold,
    ListeningWindow,
    Programme,
)
from tests.conftest import make_person

pytestmark = pytest.mark.usefixtures("clock")

# It is Wednesday 17 June 2026, ten in the morning in New York.
FRIDAY = date(2026, 6, 19)


@pytest.fixture
def window(programme: Programme) -> ListeningWindow:
    """Fridays from ten to eleven in New York: two slots of half an hour, two seats each."""
    return ListeningWindow.objects.create(
        programme=programme, weekday="fri", opens=time(10), closes=time(11), seats=2
    )


def slots(person: Person, programme: Programme, last: date = FRIDAY) -> list[booking.FreeSlot]:
    now = datetime.now(UTC)
    return booking.free_slots(programme=programme, person=person, first=now.date(), last=last, now=now)


def at(hour: int, minute: int = 0, day: date = FRIDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def test_slots_are_free_until_their_seats_are_taken(window, programme, ana, ben):
    first, _ = slots(ana, programme)
    assert (first.start, first.end, first.seats_left) == (at(14), at(14, 30), 2)
    booking.book(person=ben, slot=first, by=ben)
    assert [slot.seats_left for slot in slots(ana, programme)] == [1, 2]
    carl = make_person("carl@example.com", "Carl", is_executive=True)
    programme.memberships.create(person=carl)
    booking.book(person=carl, slot=first, by=carl)
    assert [slot.start for slot in slots(ana, programme)] == [at(14, 30)]
    with pytest.raises(NotNow) as full:
        booking.book(person=ana, slot=first, by=ana)
    assert full.value.code == "full"
    # Ben holds the first himself; the second is still his to book, and one that begins is nobody's.
    assert [slot.start for slot in slots(ben, programme)] == [at(14, 30)]


def test_a_slot_that_runs_is_booked_for_now_while_enough_of_it_is_left(window, programme, ana, ben, clock):
    clock.move_to(at(14, 20))
    running, _ = slots(ana, programme)
    session = booking.book(person=ana, slot=running, by=ana)
    assert (session.planned_start, session.next_at) == (at(14), at(14))  # due: the phone rings at once
    assert slots(ben, programme)[0].seats_left == 1
    stale = slots(ben, programme)[0]
    clock.move_to(at(14, 21))
    assert [one.start for one in slots(ben, programme)] == [at(14, 30)]
    with pytest.raises(NotNow) as begun:
        booking.book(person=ben, slot=stale, by=ben)
    assert begun.value.code == "begun"


def test_nothing_moves_to_a_slot_that_has_begun(window, programme, ana, clock):
    first, second = slots(ana, programme)
    session = booking.book(person=ana, slot=second, by=ana)
    clock.move_to(at(14, 5))
    with pytest.raises(NotNow):
        booking.move(session=session, slot=first, by=ana)


def test_a_slot_over_a_busy_time_says_so(window, programme, ana):
    now = datetime.now(UTC)
    calendar = BusyCalendar.objects.create(
        person=ana, address="https://example.com/x.ics", next_fetch_at=now, created_at=now
    )
    BusyBlock.objects.create(calendar=calendar, starts_at=at(14, 15), ends_at=at(14, 30))
    assert [slot.busy for slot in slots(ana, programme)] == [True, False]


def test_what_is_booked_is_a_hold_a_session_and_an_invitation(window, programme, ana, asha):
    slot, _ = slots(ana, programme)
    session = booking.book(person=ana, slot=slot, by=asha)
    hold = ListeningHold.objects.get()
    assert (hold.person, hold.by, hold.window, hold.published) == (ana, asha, window, True)
    assert (hold.month, session.month) == (date(2026, 6, 1), date(2026, 6, 1))
    assert (session.planned_start, session.planned_end) == (at(14), at(14, 30))
    assert (session.status, session.next_at, session.created_by) == (SessionStatus.BOOKED, at(14), asha)
    invitation = Invitation.objects.get(hold=hold)
    assert Letter.objects.filter(person=ana, calendar__contains=invitation.uid).count() == 1
    assert hold.history.get().history_user == asha
    assert booking.keep_in_step() == 0  # nothing is left to do


@pytest.mark.parametrize("who", ["ben", "cleo", "eve"])
def test_nobody_else_books_for_somebody(window, programme, ana, who, request):
    slot, _ = slots(ana, programme)
    with pytest.raises(Refused):
        booking.book(person=ana, slot=slot, by=request.getfixturevalue(who))
    assert not ListeningHold.objects.exists()


def test_who_is_no_member_that_day_does_not_book(window, programme, ana):
    programme.memberships.filter(person=ana).update(left_on=FRIDAY)
    with pytest.raises(NotAllowed):
        booking.book(person=ana, slot=slots(ana, programme)[0], by=ana)


def test_two_times_at_once_are_refused(window, programme, ana):
    other = ListeningWindow.objects.create(
        programme=programme, weekday="fri", opens=time(10, 15), closes=time(10, 45)
    )
    over, across = (slot for slot in slots(ana, programme) if slot.start < at(14, 30))
    assert across.window == other
    booking.book(person=ana, slot=over, by=ana)
    with pytest.raises(NotNow) as refused:
        booking.book(person=ana, slot=across, by=ana)
    assert refused.value.code == "overlaps"


def test_a_session_moves_as_one_entry_of_the_calendar(window, programme, ana):
    first, second = slots(ana, programme)
    session = booking.book(person=ana, slot=first, by=ana)
    entry = Invitation.objects.get(hold=session.hold)
    moved = booking.move(session=session, slot=second, by=ana)
    assert (moved.pk, moved.planned_start, moved.next_at) == (session.pk, at(14, 30), at(14, 30))
    after = Invitation.objects.get(hold=session.hold)
    assert (after.uid, after.sequence, after.starts_at) == (entry.uid, entry.sequence + 1, at(14, 30))
    assert [slot.start for slot in slots(ana, programme)] == [at(14)]


def test_a_time_given_back_is_free_again(window, programme, ana, ben):
    slot, _ = slots(ana, programme)
    session = booking.book(person=ana, slot=slot, by=ana)
    cancelled = booking.cancel(session=session, by=ana)
    assert (cancelled.status, cancelled.next_at) == (SessionStatus.CANCELLED, None)
    assert Invitation.objects.get(uid__startswith="listening").cancelled
    assert slots(ben, programme)[0].seats_left == 2
    with pytest.raises(NotNow) as again:
        booking.cancel(session=session, by=ana)
    assert again.value.code == "not_booked"
    booking.book(person=ana, slot=slot, by=ana)


def test_what_has_begun_stays(window, programme, ana, clock):
    first, second = slots(ana, programme)
    session = booking.book(person=ana, slot=first, by=ana)
    clock.move_to(at(14))
    for change in (
        lambda: booking.cancel(session=session, by=ana),
        lambda: booking.move(session=session, slot=second, by=ana),
    ):
        with pytest.raises(NotNow) as begun:
            change()
        assert begun.value.code == "begun"


def _held_by_rota(
    programme: Programme, person: Person, window: ListeningWindow, **values: Any
) -> ListeningHold:
    fields = {"starts_at": at(14), "ends_at": at(14, 30), "month": date(2026, 6, 1), "published": True}
    return ListeningHold.objects.create(
        programme=programme, person=person, window=window, created_at=datetime.now(UTC), **fields | values
    )


def test_every_time_that_the_rota_held_gets_its_session_and_follows_it(window, programme, ana, ben):
    hold = _held_by_rota(programme, ana, window)
    draft = _held_by_rota(programme, ben, window, published=False)
    assert booking.keep_in_step() == 1
    session = Session.objects.get()
    assert (session.hold, session.person, session.created_by) == (hold, ana, None)

    ListeningHold.objects.filter(pk=draft.pk).update(published=True)
    ListeningHold.objects.filter(pk=hold.pk).update(starts_at=at(14, 30), ends_at=at(15))
    assert booking.keep_in_step() == 2
    session.refresh_from_db()
    assert (session.planned_start, session.next_at) == (at(14, 30), at(14, 30))

    ListeningHold.objects.filter(pk=hold.pk).update(cancelled_at=datetime.now(UTC))
    assert booking.keep_in_step() == 1
    session.refresh_from_db()
    assert session.status == SessionStatus.CANCELLED
    assert booking.keep_in_step() == 0


def test_who_has_left_has_no_sessions_to_come(window, programme, ana):
    _held_by_rota(programme, ana, window)
    booking.keep_in_step()
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    assert booking.keep_in_step() == 1
    assert Session.objects.get().status == SessionStatus.CANCELLED


def test_a_time_that_is_over_gets_no_session(window, programme, ana, clock):
    _held_by_rota(programme, ana, window)
    clock.move_to(at(14, 30))
    assert booking.keep_in_step() == 0


@pytest.mark.django_db(transaction=True)
def test_a_time_that_is_declined_is_given_back(window, programme, ana):
    """By mail or link: the entry was the rota's, and the session is not made yet."""
    hold = _held_by_rota(programme, ana, window)
    keep_up()
    entry = Invitation.objects.get(hold=hold)
    answer(invitation=entry, says=AnswerStatus.DECLINED, by=ana, how="by mail", sequence=entry.sequence)
    hold.refresh_from_db()
    assert hold.cancelled_at is not None
    assert Session.objects.get().status == SessionStatus.CANCELLED


def test_a_slot_is_found_by_its_key_only(window, programme, ana):
    slot, _ = slots(ana, programme)
    now = datetime.now(UTC)
    assert booking.find_slot(person=ana, key=slot.key, now=now) == slot
    for wrong in (
        "",
        "x",
        f"{window.pk}",
        f"{window.pk}.20260619T1401Z",
        "999.20260619T1400Z",
        "٣.20260619T1400Z",
    ):
        assert booking.find_slot(person=ana, key=wrong, now=now) is None, wrong


def test_the_cost_of_looking_does_not_grow(window, programme, ana, ben):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            slots(ana, programme, FRIDAY + timedelta(days=28))
            booking.keep_in_step()
        return len(seen)

    few = queries()
    for week in range(4):
        _held_by_rota(
            programme,
            ben,
            window,
            starts_at=at(14) + timedelta(weeks=week),
            ends_at=at(15) + timedelta(weeks=week),
        )
    booking.keep_in_step()
    assert queries() == few


def test_the_queue_keeps_sessions_in_step_each_minute(db):
    schedule = Schedule.objects.get(func="listening.booking.keep_in_step")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 1)
