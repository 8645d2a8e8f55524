"""How a session goes, from the first ring to the link for the debrief, and every key on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from listening import sessions
from listening.models import (
    Evidence,
    EvidenceKind,
    ListeningRules,
    Mark,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from people.models import Letter, Person
from telephony.simulator import Network, Phone
from telephony.simulator.story import CallStory
from tests.listening.conftest import Advance, Book, talk

pytestmark = pytest.mark.usefixtures("centre")


def begin(listener: Phone, *, within: float = 61) -> CallStory:
    return (
        listener.expect_call("Press 1 to listen", within=within).press("1").expect_heard("nobody hears you")
    )


def told(desk: Phone, name: str = "Ana Ruiz") -> None:
    desk.expect_text(f"{name} would like to listen", "Reply NO", within=10)


def kinds(session: Session) -> list[str]:
    """What is on record of the executive, in order."""
    rows = Evidence.objects.filter(session=session).order_by("at", "id")
    return list(rows.values_list("kind", flat=True))


def test_at_its_time_the_phone_rings_and_a_live_call_is_joined_muted(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = book()
    theirs, agents_call = talk(toledo, desk_of_gil)
    call = listener.expect_call("Press 1 to listen for 30 minutes", within=61).press("1")
    call.expect_heard("nobody hears you")
    told(desk_of_gil)
    call.expect_in_conference_with(desk_of_gil, toledo)
    seat = call.call.seat
    assert seat is not None
    assert seat.muted
    toledo.speak("The plant stands still.")
    call.expect_heard("The plant stands still.")
    listener.speak("Can anybody hear me?")
    theirs.expect_not_heard("Can anybody hear me?")
    agents_call.expect_not_heard("Can anybody hear me?")
    advance(300)
    toledo.hang_up()
    call.expect_heard("That call is over").expect_heard("All calls are being answered", within=60)
    call.press("*").expect_heard("Thank you for listening").expect_ended()
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED
    assert session.debrief_due_at is not None
    visit = Visit.objects.get()
    assert visit.status == VisitStatus.LEFT
    letter = Letter.objects.get(kind="debrief")
    assert letter.short.endswith(f"/listening/sessions/{session.pk}/debrief/")
    theirs_alone = Evidence.objects.filter(participant=visit.participant)
    assert list(theirs_alone.values_list("kind", flat=True)) == [EvidenceKind.JOIN, EvidenceKind.LEAVE]


def test_when_a_call_ends_the_next_is_joined_with_a_word_between(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    desk_of_hana: Phone,
    toledo: Phone,
    austin: Phone,
    advance: Advance,
) -> None:
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    talk(austin, desk_of_hana)
    toledo.hang_up()
    call.expect_heard("That call is over. Thank you for listening. The next one comes in a moment.")
    told(desk_of_hana)
    call.expect_in_conference_with(austin, desk_of_hana)
    assert Visit.objects.count() == 2


def test_the_keys_after_the_star(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    desk_of_hana: Phone,
    toledo: Phone,
    austin: Phone,
    gil: Person,
    advance: Advance,
) -> None:
    """3 marks the moment of the star, 0 asks for a word, silence leads back, 2 to another call, the star ends."""
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    advance(20)
    starred = timezone.now()
    call.press("*").expect_heard("2 for another call, 3 to mark this moment")
    advance(2)
    call.press("3").expect_heard("Marked. You go on listening.")
    call.expect_in_conference_with(toledo)
    assert abs(Mark.objects.get().at - starred) < timedelta(seconds=1)
    assert Mark.objects.get().visit == Visit.objects.get()
    call.press("*").press("0").expect_heard("We ask the agent for a word with you afterwards")
    call.expect_in_conference_with(toledo)
    assert "ana@example.com" in Letter.objects.get(person=gil).text
    call.press("*").expect_heard("Or stay on the line")
    call.expect_in_conference_with(toledo)
    talk(austin, desk_of_hana)
    call.press("*").press("2").expect_heard("another call")
    told(desk_of_hana)
    call.expect_in_conference_with(austin)
    call.press("*").press("*").expect_heard("Thank you for listening").expect_ended()
    session.refresh_from_db()
    assert (session.status, session.passed_over) == (SessionStatus.FINISHED, [])
    assert Visit.objects.count() == 2


def test_every_so_many_minutes_a_key_proves_that_somebody_listens(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = book(minutes=60)
    ListeningRules.objects.create(programme=session.programme, presence_minutes=5)
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    advance(4 * 60)
    call.expect_heard("Are you still listening? Press 1 to go on.", within=61).press("1").expect_heard(
        "Thank you"
    )
    call.expect_in_conference_with(toledo)
    advance(4 * 60)
    call.expect_heard("Are you still listening?", within=61)
    call.expect_heard("We heard no key, so we end here").expect_ended()
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED
    assert kinds(session) == ["present", "join", "leave", "present", "join", "leave", "absent"]


def test_rung_twice_then_missed_and_told_kindly_and_still_let_in_by_calling(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    """A voicemail accepts nothing, and hears no customer."""
    session = book()
    talk(toledo, desk_of_gil)
    machine = listener.expect_ring(within=61).voicemail()
    machine.expect_ended(within=60)
    listener.expect_ring(within=181).decline()
    session.refresh_from_db()
    assert session.status == SessionStatus.MISSED
    letter = Letter.objects.get(key=f"missed:{session.pk}")
    assert "Call this number now" in letter.short
    assert "/listening/" in letter.short
    listener.expect_no_call(during=60)
    call = listener.dial().expect_heard("your time to listen to customers has begun")
    call.expect_heard("Press 1 to listen for 26 minutes").press("7").expect_heard("7 is not a choice")
    call.press("1").expect_heard("nobody hears you")
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    session.refresh_from_db()
    assert (session.status, session.ended_at) == (SessionStatus.RUNNING, None)


def test_nobody_is_let_in_when_it_is_over(
    network: Network, book: Book, listener: Phone, advance: Advance
) -> None:
    session = book(minutes=10)
    listener.be_off()
    advance(60 + 8 * 60)
    session.refresh_from_db()
    assert session.status == SessionStatus.MISSED
    listener.dial().expect_heard("No case is open for you").expect_ended()


def test_an_executive_who_is_cut_off_calls_back_and_goes_on(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    call.hang_up()
    advance(20)
    back = listener.dial()
    back.expect_heard("looking for a call")
    told(desk_of_gil)
    back.expect_in_conference_with(toledo)
    back.hang_up()
    advance(61)
    session.refresh_from_db()
    assert session.status == SessionStatus.RUNNING, "a call to us is looked after by asking Twilio"
    advance(61)
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED


def test_at_the_end_of_the_time_it_says_goodbye(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = book(minutes=5)
    theirs, _ = talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    advance(4 * 60)
    call.expect_heard("Your time is over. Thank you for listening.", within=61).expect_ended()
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED
    assert toledo.call is theirs.call, "the customer's call goes on"


def test_ended_from_the_page(
    network: Network, book: Book, listener: Phone, ana: Person, ben: Person, desk_of_gil: Phone, toledo: Phone
) -> None:
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(toledo)
    with pytest.raises(sessions.NotAllowed):
        sessions.end_now(session=session, by=ben)
    sessions.end_now(session=session, by=ana)
    call.expect_heard("Thank you for listening").expect_ended()


def test_without_any_call_it_says_so_and_asks_for_no_debrief(
    network: Network, book: Book, listener: Phone, advance: Advance
) -> None:
    session = book()
    call = begin(listener)
    call.expect_heard("All calls are being answered", within=60)
    advance(240)
    call.expect_heard("press star to end", within=60).press("*")
    call.expect_heard("sorry that no call was there").expect_ended()
    session.refresh_from_db()
    assert (session.status, session.debrief_due_at) == (SessionStatus.FINISHED, None)
    assert not Letter.objects.exists()
