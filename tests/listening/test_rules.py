"""The rules that cannot be broken: agents decline, payments empty the room, and nobody speaks unasked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from listening import joining, live_calls
from listening.errors import NotAllowed, NotNow
from listening.models import AgentDesk, DeclinedOffers, Evidence, LiveCallState, Session, Visit, VisitStatus
from people.models import Person
from telephony.simulator import Fault, Network, Phone
from telephony.simulator.story import CallStory
from tests.listening.conftest import Advance, Book, agent, talk, the_call
from tests.listening.silence import Observer
from tests.listening.test_session_story import begin, told

pytestmark = pytest.mark.usefixtures("centre")


@pytest.fixture
def inside(book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone) -> CallStory:
    """Ana listens to Gil and the customer in Toledo."""
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    return call.expect_in_conference_with(toledo, desk_of_gil)


def test_an_agent_who_declines_beforehand_is_not_listened_to_and_leaves_no_trace(
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
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    offer = desk_of_gil.expect_text("Ana Ruiz would like to listen", within=10)
    offer.reply("No.")
    desk_of_gil.expect_text("That is fine. Nobody listens")
    call.expect_not_heard("declined")
    advance(40)
    assert call.call.seat is None
    assert not Visit.objects.exists()
    assert not Evidence.objects.filter(session=session).exclude(kind="present").exists()
    assert [row.count for row in DeclinedOffers.objects.all()] == [1]
    talk(austin, desk_of_hana)
    told(desk_of_hana)
    call.expect_in_conference_with(austin)
    desk_of_gil.expect_no_text(during=60)


def test_a_decline_while_somebody_listens_brings_them_to_another_call_within_half_a_minute(
    network: Network,
    inside: CallStory,
    desk_of_gil: Phone,
    desk_of_hana: Phone,
    toledo: Phone,
    austin: Phone,
    advance: Advance,
) -> None:
    talk(austin, desk_of_hana)
    desk_of_gil.send_text("NO")
    network.settle()
    desk_of_gil.expect_text("That is fine")
    assert inside.call.seat is None
    inside.expect_heard("That call is over")
    told(desk_of_hana)
    inside.expect_in_conference_with(austin, within=30)
    first = Visit.objects.order_by("pk").first()
    assert first is not None
    assert (first.status, first.left_why) == (VisitStatus.LEFT, "Moved on to another call.")
    assert DeclinedOffers.objects.get().count == 1


def test_only_the_calls_agent_declines(inside: CallStory, ben: Person, gil: Person) -> None:
    visit = Visit.objects.get()
    with pytest.raises(NotAllowed):
        joining.decline(visit=visit, by=ben)
    joining.decline(visit=visit, by=gil)
    with pytest.raises(NotNow):
        joining.decline(visit=visit, by=gil)


def test_a_payment_takes_every_listener_out_within_two_seconds_and_back_muted(
    network: Network,
    inside: CallStory,
    book: Book,
    ben: Person,
    desk_of_gil: Phone,
    toledo: Phone,
    advance: Advance,
) -> None:
    book(person=ben, in_seconds=0)
    other = begin(network.phone(ben.phone, name="Ben"), within=5)
    told(desk_of_gil, "Ben Okafor")
    other.expect_in_conference_with(toledo)
    paid_from = timezone.now()
    desk_of_gil.text("PAY")
    desk_of_gil.expect_text("Nobody listens until you reply PAID")
    assert inside.call.seat is None
    assert other.call.seat is None
    assert timezone.now() - paid_from < timedelta(seconds=2)
    toledo.speak("4111 1111 1111 1111")
    inside.expect_heard("The customer is paying").expect_not_heard("4111")
    other.expect_not_heard("4111")
    advance(45)
    assert {visit.status for visit in Visit.objects.all()} == {VisitStatus.REMOVED}
    desk_of_gil.text("Paid")
    desk_of_gil.expect_text("Listeners may listen again, muted")
    for call in (inside, other):
        call.expect_in_conference_with(toledo, desk_of_gil)
        seat = call.call.seat
        assert seat is not None
        assert seat.muted
    marks = Evidence.objects.filter(kind__in=("payment", "live")).order_by("at")
    assert [mark.kind for mark in marks] == ["payment", "live"]
    assert marks[1].at - marks[0].at >= timedelta(seconds=45)


def test_who_is_on_the_way_in_when_a_payment_begins_stays_out(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    live_calls.set_state(live_call=the_call(), state="payment")
    advance(60)
    assert call.call.seat is None
    call.expect_heard("paying", within=60)
    live_calls.set_state(live_call=the_call(), state="live")
    call.expect_in_conference_with(toledo)


def test_a_payment_is_heeded_when_twilio_does_not_answer_at_once(
    network: Network, inside: CallStory, toledo: Phone, advance: Advance
) -> None:
    """The request that would send the listener out is lost: the loop sends it again."""
    network.faults.add(Fault(on="POST Call", do="reset_before", times=1))
    live_calls.set_state(live_call=the_call(), state="payment")
    advance(1.9)
    assert inside.call.seat is None


def test_an_agent_asks_for_a_whisper_and_for_a_word_and_for_silence(
    network: Network,
    inside: CallStory,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    silence: Observer,
    ben: Person,
) -> None:
    silence.allowed = lambda: {desk_of_gil.number}
    with pytest.raises(NotAllowed):
        joining.let_speak(visit=Visit.objects.get(), by=ben, to="speak")
    desk_of_gil.text("whisper")
    desk_of_gil.expect_text("Ana Ruiz may whisper to you now")
    assert network.who_hears(listener.number) == {desk_of_gil.number}
    desk_of_gil.text("Mute")
    desk_of_gil.expect_text("Listeners are muted")
    assert network.who_hears(listener.number) == set()
    silence.allowed = lambda: {desk_of_gil.number, toledo.number}
    desk_of_gil.text("SPEAK")
    desk_of_gil.expect_text("may speak with both of you")
    assert network.who_hears(listener.number) == {desk_of_gil.number, toledo.number}
    desk_of_gil.text("MUTE")
    desk_of_gil.expect_text("Listeners are muted")
    silence.allowed = set
    assert network.who_hears(listener.number) == set()
    inside.press("*").expect_heard("Or stay on the line")
    inside.expect_in_conference_with(toledo)


def test_nobody_listens_to_an_agent_who_has_not_signed(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    gil: Person,
    advance: Advance,
) -> None:
    AgentDesk.objects.filter(person=gil).update(policy_version="0")
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    advance(60)
    assert call.call.seat is None
    desk_of_gil.expect_no_text()


def test_an_agent_who_is_told_on_the_page(
    network: Network, book: Book, listener: Phone, toledo: Phone, db: None, advance: Advance
) -> None:
    """Shown there, the time to think begins; one who does not look is texted."""
    ida = agent("ida@example.com", "Ida Berg", "+15550100033", told_by="page")
    desk = network.phone(ida.phone, name="Ida, agent")
    session = book()
    talk(toledo, desk)
    call = begin(listener)
    (visit,) = joining.offers_to(ida)
    assert visit.session.person.name == "Ana Ruiz"
    joining.shown(agent=ida)
    advance(15)
    desk.expect_no_text()
    call.expect_in_conference_with(toledo)
    Visit.objects.all().delete()
    Session.objects.filter(pk=session.pk).update(next_at=timezone.now())
    network.settle()
    told(desk)


def test_an_agent_who_cannot_be_texted_is_not_listened_to(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    desk_of_gil.be_landline()
    book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    advance(60)
    assert call.call.seat is None
    assert the_call().state == LiveCallState.LIVE
    assert not DeclinedOffers.objects.exists()
