"""Crashes and lost answers in the middle: rung once, kept on the line, and nothing lost or invented."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import Traveller

from listening import live_calls, loop, ringing
from listening.models import Evidence, Session, SessionStatus, Visit, VisitStatus
from people.models import Person
from telephony.simulator import Fault, Network, Phone
from tests.listening.conftest import Advance, Book, talk, the_call
from tests.listening.test_session_story import begin, told

pytestmark = pytest.mark.usefixtures("centre")


@contextmanager
def dead_loop(network: Network, clock: Traveller) -> Iterator[None]:
    """Within it the network and the web go on, and no loop of ours does."""
    before = network.settle, network.advance

    def settle() -> None:
        while network.run_due():
            pass

    def advance(seconds: float) -> None:
        end = network.clock() + timedelta(seconds=seconds)
        while (due := network.next_due()) is not None and due <= end:
            clock.move_to(max(due, network.clock()), tick=False)
            if network.clock() < due:
                clock.shift(timedelta(microseconds=1))
            settle()
        clock.move_to(end, tick=False)
        settle()

    network.settle, network.advance = settle, advance
    yield
    network.settle, network.advance = before


def test_an_answer_that_was_lost_is_looked_up_and_never_rung_twice(
    network: Network, book: Book, listener: Phone, advance: Advance
) -> None:
    session = book()
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    network.faults.add(Fault(on="callback:status", do="lose"))  # or its reports would tell of the call
    advance(61)
    ring = listener.expect_ring()
    session.refresh_from_db()
    assert session.status == SessionStatus.RINGING
    advance(10)
    session.refresh_from_db()
    assert session.call_sid == ring.call.sid
    ring.answer().expect_heard("Press 1 to listen").press("1").expect_heard("nobody hears you")
    assert len(listener.rings) == 1


def test_who_answers_before_we_know_the_call_is_let_in(
    network: Network, book: Book, listener: Phone, advance: Advance
) -> None:
    session = book()
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    advance(60)
    listener.expect_call("Press 1 to listen").press("1").expect_heard("nobody hears you")
    advance(60)
    session.refresh_from_db()
    assert session.status == SessionStatus.RUNNING
    assert len(listener.rings) == 1


def test_a_process_that_died_before_it_called_rings_after_its_lease(
    network: Network, book: Book, listener: Phone, advance: Advance
) -> None:
    """The row says "about to call", and Twilio knows of no call: it is rung, once."""
    session = book()

    class Killed(BaseException):
        """The process ends here."""

    def die() -> bool:
        raise Killed

    advance(59)
    Session.objects.filter(pk=session.pk).update(next_at=timezone.now())
    with pytest.raises(Killed):
        ringing.ring(session.pk, die)
    session.refresh_from_db()
    assert (session.status, session.call_sid) == (SessionStatus.RINGING, "")
    listener.expect_no_call(during=20)
    listener.expect_ring(within=60).answer().expect_heard("Press 1 to listen")
    session.refresh_from_db()
    assert session.call_tries == 1


def test_without_any_loop_the_executive_stays_on_the_line_and_every_second_is_on_record(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, clock: Traveller
) -> None:
    """The pager is dead for four minutes: Twilio holds the conference, and the web goes on hearing its events."""
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    began = timezone.now()
    with dead_loop(network, clock):
        network.advance(240)
        assert call.call.seat is not None
        call.press("*").expect_heard("2 for another call")
        call.expect_in_conference_with(toledo)
        live_calls.set_state(live_call=the_call(), state="payment")
        network.settle()
        assert call.call.seat is None, "a payment is heeded in the very request"
        live_calls.set_state(live_call=the_call(), state="live")
        network.settle()
        assert call.call.seat is not None
    network.settle()
    call.expect_in_conference_with(toledo)
    visit = Visit.objects.get()
    steps = Evidence.objects.filter(participant=visit.participant).order_by("sequence")
    assert [row.kind for row in steps] == ["join", "leave", "join", "leave", "join"]
    assert steps[1].at - began >= timedelta(seconds=239)
    session.refresh_from_db()
    assert session.status == SessionStatus.RUNNING


def test_a_lost_redirect_is_sent_again(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    network.faults.add(Fault(on="POST Call", do="status", status=503, times=2))
    call.expect_in_conference_with(toledo, within=40)
    assert Visit.objects.get().status == VisitStatus.IN


def test_two_loops_at_once_do_everything_once(
    network: Network,
    book: Book,
    listener: Phone,
    ben: Person,
    desk_of_gil: Phone,
    toledo: Phone,
    advance: Advance,
) -> None:
    session = book()
    advance(60)
    assert listener.expect_ring().call
    assert not ringing.ring(session.pk, lambda: True), "it rings already"
    assert not loop.live_on(session.pk, lambda: True), "and wants nothing before its time"
    assert len(listener.rings) == 1


def test_a_session_that_cannot_be_looked_after_does_not_stop_the_others(
    network: Network,
    book: Book,
    listener: Phone,
    ben: Person,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = book(person=ben)
    advance(60)
    network.phone(ben.phone).expect_call("Press 1 to listen").press("1")
    Session.objects.filter(pk=broken.pk).update(passed_over=5)  # as no code of ours would write it
    book(in_seconds=5)
    advance(7)
    assert "could not be looked after" in caplog.text
    listener.expect_ring().answer().expect_heard("Press 1 to listen")
