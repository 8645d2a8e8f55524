"""What Twilio has on record of a session's calls, held against our evidence: a difference is shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from learnings.models import Touchpoint
from listening.debriefs import Learnt, write_debrief
from listening.intervals import Span
from listening.ledger import credit_session
from listening.models import Credit, Debrief, Evidence, Reconciliation, Session
from listening.reckoning import reckon
from listening.reconciling import Theirs, compare, differences_of, reconcile_due
from people.models import Person
from rota.models import Programme
from telephony import client as client_of_twilio
from telephony.simulator import Fault, Network, Phone
from tests.listening.conftest import Advance, Book, talk, the_call
from tests.listening.lived import FORTY, live_session, tell
from tests.listening.test_session_story import begin, told
from web.listening_words import minutes

T0 = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)


def span(start: int, end: int) -> Span:
    return Span(T0 + timedelta(seconds=start), T0 + timedelta(seconds=end))


def theirs(who: str, start: int | None, end: int | None) -> Theirs:
    return Theirs(
        who=who,
        started_at=None if start is None else T0 + timedelta(seconds=start),
        ended_at=None if end is None else T0 + timedelta(seconds=end),
    )


CALL, CONFERENCE = "the customer’s call", "the conference"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([theirs(CALL, 0, 100), theirs(CONFERENCE, 0, 101)], []),
        ([theirs(CALL, 11, 100)], []),  # a second is a matter of rounding
        ([theirs(CALL, 12, 100)], [(f"Counted before {CALL} began, or after it had ended", 2)]),
        ([theirs(CALL, 0, 50)], [(f"Counted before {CALL} began, or after it had ended", 40)]),
        ([theirs(CALL, None, None)], []),
        ([Theirs(who=CALL, known=False)], [(f"Twilio has no record of {CALL}", 80)]),
        ([theirs(CONFERENCE, 0, 130)], [("The conference went on after the last that we were told", 30)]),
        ([theirs(CONFERENCE, 0, None)], []),
    ],
)
def test_compared(records: list[Theirs], expected: list[tuple[str, int]]) -> None:
    found = compare(counted=(span(10, 90),), last_told=T0 + timedelta(seconds=100), records=records)
    assert [(one.what, one.seconds) for one in found] == expected


def listened(
    network: Network, book: Book, listener: Phone, desk: Phone, customer: Phone, advance: Advance
) -> Session:
    session = book()
    talk(customer, desk)
    call = begin(listener)
    told(desk)
    call.expect_in_conference_with(desk, customer)
    advance(120)
    customer.hang_up()
    call.expect_heard("That call is over").press("*").expect_ended()
    return session


@pytest.mark.usefixtures("centre")
def test_what_twilio_bills_agrees_with_what_was_told(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = listened(network, book, listener, desk_of_gil, toledo, advance)
    assert reconcile_due() == 0  # not before Twilio's records are whole
    advance(600)
    assert reconcile_due() == 1
    assert reconcile_due() == 0
    row = Reconciliation.objects.get(session=session)
    assert (row.asked, row.differences) == (4, [])
    assert row.seconds == reckon(session).seconds >= 119
    assert differences_of(session) == []


@pytest.mark.usefixtures("centre")
def test_what_went_on_untold_does_not_count_and_is_shown(
    network: Network,
    book: Book,
    listener: Phone,
    desk_of_gil: Phone,
    toledo: Phone,
    advance: Advance,
    ana: Person,
    dora: Person,
    client: Client,
) -> None:
    """After two minutes no event of the conference reaches us any more, and the call goes on for five."""
    session = book()
    talk(toledo, desk_of_gil)
    call = begin(listener)
    told(desk_of_gil)
    call.expect_in_conference_with(desk_of_gil, toledo)
    advance(120)
    for hold in (True, False):
        client_of_twilio.update_participant(
            conference_sid=the_call().conference_sid, call_sid=the_call().customer_call_sid, hold=hold
        )
        network.settle()
        advance(10)
    network.faults.add(Fault(on="callback:conference", do="lose"))
    advance(300)
    toledo.hang_up()
    call.press("*").expect_ended()
    network.faults.clear()
    advance(700)
    assert reconcile_due() == 1
    write_debrief(
        session=Session.objects.get(),
        by=ana,
        heard="Bills.",
        learning=Learnt(
            quote="Three times.",
            touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
            cause="process",
        ),
    )
    (credit,) = Credit.objects.all()
    assert 115 <= credit.seconds <= 121  # until the last event: not a second of what nobody told us
    (untold,) = differences_of(session)
    assert untold.what == "The conference went on after the last that we were told"
    assert 299 <= untold.seconds <= 310
    client.force_login(ana)
    page = client.get(f"/listening/sessions/{session.pk}/").content.decode()
    assert untold.what in page
    assert f"{minutes(credit.seconds)} credited" in page
    assert "nothing after the last event is proven" in page


def test_while_twilio_cannot_be_reached_it_waits(
    network: Network, programme: Programme, ana: Person, clock: Traveller
) -> None:
    live_session(programme, ana, None, T0 - timedelta(hours=2), FORTY)
    network.faults.add(Fault(on="GET *", do="status", status=503))
    assert reconcile_due() == 0
    network.faults.clear()
    assert reconcile_due() == 1
    whats = {one["what"] for one in Reconciliation.objects.get().differences}
    assert whats == {
        f"Twilio has no record of {one}"
        for one in (CALL, CONFERENCE, "the agent’s call", "the listener’s call")
    }


@pytest.mark.usefixtures("clock")
def test_what_is_told_after_the_credit_is_shown(programme: Programme, ana: Person) -> None:
    session = live_session(programme, ana, None, T0 - timedelta(hours=2), FORTY[:12])
    Debrief.objects.create(session=session, heard="Bills.", by=ana, created_at=T0)
    credit_session(session=session)
    assert differences_of(session) == []
    Evidence.objects.filter(sequence=8).delete()  # as if it had come late: what was not there before
    assert [one.seconds for one in differences_of(session)] == [1020]
    tell(session.visits.get(), T0 - timedelta(hours=2), FORTY[7:8])
    assert differences_of(session) == []
