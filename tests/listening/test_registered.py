"""Calls that a contact centre on the same Twilio account registers by the API's verb."""

import pytest
from django.urls import reverse

from listening import links, live_calls
from listening.errors import BadInput, NotNow
from listening.models import Evidence, EvidenceStrength, LiveCall, LiveCallState, Visit, VisitStatus
from people.models import Person
from telephony.simulator import Network, Phone
from tests.listening.centres import CentreCall, centre_call
from tests.listening.conftest import Advance, Book
from tests.listening.test_session_story import begin, told


def register(call: CentreCall, agent: Person, by: Person, **more: object) -> LiveCall:
    about: dict[str, object] = {
        "conference_sid": call.room.sid,
        "agent": agent,
        "agent_call_sid": call.agent_call_sid,
        "customer_country": "US",
        "announced": True,
        "by": by,
    }
    return live_calls.register(**(about | more))  # type: ignore[arg-type]


def of(label: str) -> list[tuple[str, str]]:
    rows = Evidence.objects.filter(participant=label).order_by("at", "id")
    return list(rows.values_list("kind", "strength"))


def test_its_events_go_elsewhere_so_we_look(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    gil: Person,
    dora: Person,
    advance: Advance,
) -> None:
    call = centre_call(network, toledo, desk_of_gil)
    live = register(call, gil, dora)
    network.settle()
    live.refresh_from_db()
    assert (live.conference_name, live.callbacks_ours) == ("flex-7", False)
    book()
    ana = begin(listener)
    told(desk_of_gil)
    ana.expect_in_conference_with(toledo, desk_of_gil)
    advance(10)
    call.hold(True)
    advance(30)
    call.hold(False)
    advance(30)
    visit = Visit.objects.get()
    assert visit.status == VisitStatus.IN
    assert of(visit.participant) == [("seen", "look")]
    assert of("caller") == [("seen", "look"), ("hold", "look"), ("unhold", "look")]
    held = list(Evidence.objects.filter(kind__in=("hold", "unhold")).order_by("at"))
    assert 30 <= (held[1].at - held[0].at).total_seconds() <= 40, "in doubt the hold was longer"
    live_calls.set_state(live_call=live, state="payment", by=gil)
    assert ana.call.seat is None
    advance(20)
    assert of(visit.participant) == [("seen", "look"), ("gone", "look")]
    live_calls.set_state(live_call=live, state="live", by=gil)
    ana.expect_in_conference_with(toledo)
    advance(6)
    toledo.hang_up()
    ana.expect_heard("That call is over")
    advance(10)
    live.refresh_from_db()
    assert live.state == LiveCallState.ENDED
    assert of(visit.participant)[2:] == [("seen", "look"), ("gone", "look")]


def test_a_centre_that_names_our_address_gives_us_its_events(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    gil: Person,
    dora: Person,
    advance: Advance,
) -> None:
    call = centre_call(network, toledo, desk_of_gil, callback=links.webhook("conferences"))
    assert not Evidence.objects.exists(), "what happened before the call was registered is looked at"
    live = register(call, gil, dora)
    book()
    ana = begin(listener)
    told(desk_of_gil)
    ana.expect_in_conference_with(toledo)
    call.hold(True)
    call.hold(False)
    advance(5)
    live.refresh_from_db()
    assert live.callbacks_ours
    visit = Visit.objects.get()
    assert of(visit.participant) == [("join", "callback")]
    assert of("caller") == [("seen", "look"), ("hold", "callback"), ("unhold", "callback")]
    told_by_twilio = Evidence.objects.filter(strength=EvidenceStrength.CALLBACK).exclude(kind="present")
    assert not told_by_twilio.filter(sequence=None).exists()
    toledo.hang_up()
    ana.expect_heard("That call is over")
    live.refresh_from_db()
    assert live.state == LiveCallState.ENDED


def test_a_call_of_which_nothing_was_announced_is_not_listened_to(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    gil: Person,
    dora: Person,
    advance: Advance,
) -> None:
    live = register(centre_call(network, toledo, desk_of_gil), gil, dora, announced=False)
    book()
    ana = begin(listener)
    advance(30)
    assert ana.call.seat is None
    live_calls.set_state(live_call=live, state="ended", by=gil)
    with pytest.raises(NotNow):
        live_calls.set_state(live_call=live, state="live", by=gil)


def test_registered_again_without_the_announcement_it_ends_for_listeners_at_once(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    gil: Person,
    dora: Person,
    advance: Advance,
) -> None:
    call = centre_call(network, toledo, desk_of_gil)
    live = register(call, gil, dora)
    network.settle()
    book()
    ana = begin(listener)
    told(desk_of_gil)
    ana.expect_in_conference_with(toledo, desk_of_gil)
    assert register(call, gil, dora, announced=False) == live
    assert ana.call.seat is None
    live.refresh_from_db()
    assert (live.announced, live.state) == (False, LiveCallState.ENDED)
    advance(30)
    assert ana.call.seat is None


def test_what_is_wrong_is_named_and_twice_is_once(
    network: Network, desk_of_gil: Phone, toledo: Phone, gil: Person, hana: Person, dora: Person
) -> None:
    call = centre_call(network, toledo, desk_of_gil)
    for field, value in (
        ("conference_sid", "CF1"),
        ("agent_call_sid", "nothing"),
        ("customer_call_sid", "CA" + "Z" * 32),
        ("customer_country", "Texas"),
    ):
        with pytest.raises(BadInput if field != "customer_country" else Exception) as refused:
            register(call, gil, dora, **{field: value})
        assert getattr(refused.value, "field", "") in (field, "country")
    live = register(call, gil, dora)
    assert register(call, gil, dora) == live
    with pytest.raises(NotNow):
        register(call, hana, dora)
    assert LiveCall.objects.count() == 1


def test_a_conference_that_is_not_there_ends_at_once(
    network: Network, desk_of_gil: Phone, toledo: Phone, gil: Person, dora: Person
) -> None:
    call = centre_call(network, toledo, desk_of_gil)
    live = register(call, gil, dora, conference_sid="CF" + "0" * 32)
    network.settle()
    live.refresh_from_db()
    assert (live.state, live.ended_why) == (LiveCallState.ENDED, "Twilio knows no such conference.")


def test_the_address_for_centres_is_stable() -> None:
    assert reverse("listening:conferences") == "/webhooks/twilio/listening/conferences/"
