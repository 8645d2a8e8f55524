"""Our own number as a small centre's line, up to the message that a customer leaves when nobody is there."""

from datetime import time

import pytest

from listening import our_number
from listening.models import AgentDesk, Evidence, HuntGroup, LiveCall, LiveCallState, Voicemail
from people.models import Letter, Person
from rota.models import Programme
from telephony.simulator import Network, Phone
from tests.listening.conftest import BERLIN, NOWHERE, Advance, Book, agent, talk, the_call
from tests.listening.test_session_story import begin, told
from tests.stories import COMPANY_NUMBER

pytestmark = pytest.mark.usefixtures("centre")


def test_whoever_waited_longest_is_rung_first_and_a_voicemail_takes_no_customer(
    network: Network, desk_of_gil: Phone, desk_of_hana: Phone, toledo: Phone, gil: Person, advance: Advance
) -> None:
    talk(toledo, desk_of_gil)
    toledo.hang_up()
    advance(5)
    second = toledo.dial()
    desk_of_hana.has_voicemail(after=3)
    advance(12)
    second.expect_heard("somebody of our management may listen", within=60)
    second.expect_heard("We are connecting you", within=60)
    call = desk_of_gil.expect_call("A customer's call", from_=COMPANY_NUMBER, within=60).press("1")
    call.expect_heard("The customer is on the line").expect_in_conference_with(toledo)
    assert AgentDesk.objects.get(person=gil).last_call_at is not None
    live = LiveCall.objects.order_by("-pk").first()
    assert live is not None
    assert (live.state, live.agent, live.hunted, live.rung) == (LiveCallState.LIVE, gil, [], None)
    assert network.phone(toledo.number).call is not None
    call.hang_up()
    second.expect_heard("Thank you for your call").expect_ended()
    live.refresh_from_db()
    assert live.state == LiveCallState.ENDED


def test_an_agent_may_let_it_pass_and_the_next_one_is_rung(
    network: Network, desk_of_gil: Phone, desk_of_hana: Phone, toledo: Phone
) -> None:
    toledo.dial()
    desk_of_gil.expect_call("A customer's call", within=60).press("2").expect_heard(
        "Passed on"
    ).expect_ended()
    desk_of_hana.expect_call("A customer's call", within=5).press("1").expect_in_conference_with(toledo)


def test_a_customer_who_hangs_up_stops_the_ringing(
    network: Network, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    toledo.dial()
    ring = desk_of_gil.expect_ring(within=60)
    toledo.hang_up()
    ring.expect_stopped(within=3)
    assert the_call().state == LiveCallState.ENDED
    desk_of_gil.expect_no_call(during=30)


def test_a_customer_who_hangs_up_in_the_first_words_does_not_stay_on_the_wall(
    network: Network, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    toledo.dial().expect_heard("Hello, this is Acme support").hang_up()
    assert the_call().state == LiveCallState.WAITING
    advance(70)
    assert the_call().state == LiveCallState.ENDED
    desk_of_gil.expect_no_call()


def test_an_agent_who_answers_too_late_hears_so(
    network: Network, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    toledo.dial()
    call = desk_of_gil.expect_call("A customer's call", within=60)
    toledo.hang_up()
    network.settle()
    call.expect_ended(within=5)


def test_where_a_key_is_wanted_it_is_asked_for(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, advance: Advance
) -> None:
    """Germany wants the customer's yes: with it they are listened to, without it not."""
    berlin = network.phone(BERLIN, name="Customer in Berlin")
    berlin.dial().expect_heard("Press 1 if you agree").press("2")
    no = desk_of_gil.expect_call("A customer's call", within=60).press("1").expect_in_conference_with(berlin)
    book()
    call = begin(listener)
    advance(30)
    assert call.call.seat is None
    no.hang_up()
    advance(5)
    berlin.dial().expect_heard("Press 1 if you agree").press("1").expect_heard("Thank you")
    desk_of_gil.expect_call("A customer's call", within=60).press("1").expect_in_conference_with(berlin)
    told(desk_of_gil)
    call.expect_in_conference_with(berlin)
    agreed = Evidence.objects.filter(kind="opted_in")
    assert [row.live_call for row in agreed] == [LiveCall.objects.order_by("-pk").first()]


def test_where_no_country_is_known_nobody_asks_and_nobody_listens(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, advance: Advance
) -> None:
    somewhere = network.phone(NOWHERE, name="Customer at sea")
    theirs = somewhere.dial()
    desk_of_gil.expect_call("A customer's call", within=60).press("1").expect_in_conference_with(somewhere)
    theirs.expect_not_heard("management")
    book()
    call = begin(listener)
    advance(60)
    assert call.call.seat is None
    assert not the_call().announced
    desk_of_gil.expect_no_text()


def test_outside_of_the_hours_a_message_is_taken(
    network: Network, centre: HuntGroup, desk_of_gil: Phone, toledo: Phone, dora: Person
) -> None:
    centre.opens, centre.closes = time(11), time(12)
    centre.save()
    call = toledo.dial().expect_heard("You call outside of our hours")
    call.hear_out().say("Please call me back about the plant.")
    network.advance(6)
    call.expect_heard("We call you back").expect_ended()
    message = Voicemail.objects.get()
    assert message.seconds > 0
    letter = Letter.objects.get(kind="voicemail", person=dora)
    assert toledo.number in letter.text
    our_number.called_back(message=message, by=dora)
    message.refresh_from_db()
    assert message.called_back_by == dora
    desk_of_gil.expect_no_call()


def test_where_nobody_answers_in_time_a_message_is_taken(
    network: Network, centre: HuntGroup, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    centre.patience_seconds = 40
    centre.save()
    desk_of_gil.be_busy()
    call = toledo.dial()
    call.expect_heard("nobody is free just now", within=90)
    call.hang_up()
    assert the_call().state == LiveCallState.ENDED
    assert not Voicemail.objects.exists()


def test_agents_take_calls_and_stop_by_calling(
    network: Network, desk_of_gil: Phone, gil: Person, toledo: Phone
) -> None:
    desk_of_gil.dial().expect_heard("Press 1 to stop them").press("1").expect_heard("No calls come to you")
    assert not AgentDesk.objects.get(person=gil).takes_calls
    toledo.dial().expect_heard("nobody is free just now", within=60)
    desk_of_gil.expect_no_call()
    desk_of_gil.dial().expect_heard("Press 1 to take calls").press("1").expect_heard("from now on")
    assert AgentDesk.objects.get(person=gil).takes_calls


def test_without_a_hunt_group_our_number_is_as_before(
    network: Network, centre: HuntGroup, desk_of_gil: Phone, toledo: Phone
) -> None:
    centre.is_on = False
    centre.save()
    toledo.dial().expect_heard("This number is used for calls that we place").expect_ended()
    desk_of_gil.dial().expect_heard("No case is open for you").expect_ended()
    assert not LiveCall.objects.exists()


def test_an_agent_told_by_a_voice_before_the_call(
    network: Network,
    book: Book,
    listener: Phone,
    toledo: Phone,
    austin: Phone,
    programme: Programme,
    advance: Advance,
) -> None:
    """The voice names the listener; 3 takes the call without, and nobody sees it; 1 with."""
    jon = agent("jon@example.com", "Jon Ek", "+15550100034", told_by="whisper")
    desk = network.phone(jon.phone, name="Jon, agent")
    book(in_seconds=0)
    call = begin(listener, within=5)
    toledo.dial()
    first = desk.expect_call(
        "Ana Ruiz would like to listen, muted. 1 to take it, 3 to take it without", within=60
    )
    first.press("3").expect_in_conference_with(toledo)
    advance(30)
    assert call.call.seat is None
    first.hang_up()
    advance(5)
    austin.dial()
    desk.expect_call("Ana Ruiz would like to listen", within=60).press("1").expect_in_conference_with(austin)
    call.expect_in_conference_with(austin, desk)
    desk.expect_no_text()
