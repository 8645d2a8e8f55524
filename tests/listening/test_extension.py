"""Another exchange's monitor extension: rung, its keys pressed, and the executive muted beside it."""

import pytest

from listening import extension
from listening.models import Evidence, EvidenceStrength, ListeningRules, LiveCall, Session
from rota.models import Programme
from telephony.simulator import Network, Phone
from tests.listening.conftest import Advance, Book
from tests.listening.test_session_story import begin

EXCHANGE = "+12125550177"


@pytest.fixture
def exchange(network: Network, programme: Programme) -> Phone:
    ListeningRules.objects.create(
        programme=programme,
        monitor_number=EXCHANGE,
        monitor_keys="ww77#",
        monitor_country="US",
        monitor_attested=True,
    )
    return network.phone(EXCHANGE, name="The other exchange")


def test_the_executive_is_bridged_to_the_extension_muted(
    network: Network, book: Book, listener: Phone, exchange: Phone, advance: Advance
) -> None:
    session = book(minutes=60)
    exchange.always(answer_after=9)
    call = begin(listener)
    call.expect_in_conference_with(exchange)
    assert exchange.heard[0].text == "[keys ww77#]"
    exchange.speak("How may I help you?")
    call.expect_heard("How may I help you?")
    listener.speak("Hello?")
    assert "Hello?" not in {heard.text for heard in exchange.heard}
    advance(15 * 60)
    call.expect_heard("Are you still listening?", within=360).press("1")
    call.expect_in_conference_with(exchange)
    call.press("*").press("*").expect_heard("Thank you for listening").expect_ended()
    session.refresh_from_db()
    assert session.extension_dialled == f"{EXCHANGE} ww77#"
    rows = Evidence.objects.exclude(kind="present")
    assert set(rows.values_list("strength", flat=True)) == {EvidenceStrength.WEAK}
    assert {"leg_up", "leg_down"} <= set(rows.values_list("kind", flat=True))
    assert exchange.call is None, "the leg to the exchange ends with its listener"


def test_an_extension_that_does_not_answer_is_tried_again_in_peace(
    network: Network, book: Book, listener: Phone, exchange: Phone, advance: Advance
) -> None:
    book()
    exchange.be_busy()
    call = begin(listener)
    advance(60)
    assert 2 <= LiveCall.objects.count() <= 5
    exchange.be_normal()
    exchange.always(answer_after=9)
    call.expect_in_conference_with(exchange, within=40)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "attested", "country", "code"),
    [
        (EXCHANGE, True, "US", None),
        (EXCHANGE, False, "US", "country"),
        (EXCHANGE, True, "DE", "country"),
        (EXCHANGE, True, "", "country"),
        ("", True, "US", "no_extension"),
    ],
)
def test_why_nobody_may(number: str, attested: bool, country: str, code: str | None) -> None:
    rules = ListeningRules(monitor_number=number, monitor_attested=attested, monitor_country=country)
    why = extension.refusal(rules)
    assert (why.code if why is not None else None) == code


def test_without_the_attestation_it_is_not_dialled(
    network: Network, book: Book, listener: Phone, exchange: Phone, advance: Advance
) -> None:
    ListeningRules.objects.update(monitor_attested=False)
    book()
    call = begin(listener)
    advance(30)
    assert call.call.seat is None
    exchange.expect_no_call()
    assert Session.objects.get().extension_dialled == ""
