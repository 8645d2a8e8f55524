"""The fault table, by virtual time: what Twilio, the network and lost reports do to a case."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from pytest_django import Settings

from escalations import claims, settling, watchdog
from escalations.models import Channel, Escalation, Message, MessageStatus, Page, PageStatus, Status
from people.models import Person
from rota.models import Programme
from telephony import clock
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, Settle

SHORT_READ_SECONDS = 0.3


@pytest.fixture
def impatient(settings: Settings) -> None:
    """Real time passes while an answer is awaited: so little of it as can be."""
    settings.TWILIO_READ_TIMEOUT = SHORT_READ_SECONDS


def taken(network: Network) -> Counter[str]:
    """How many calls Twilio took for each page."""
    urls = [call.plan.url for call in network.calls.values() if call.direction == "outbound-api"]
    return Counter(found.group() for url in urls if (found := re.search(r"pages/\d+", url)))


def takes(phone: Phone, *, within: float) -> None:
    """Its owner answers and takes the case."""
    phone.expect_ring(within=within).answer().press("1").expect_heard("You have it")
    phone.expect_text("record the outcome", within=20)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"do": "status", "status": 429, "retry_after": 3}, id="429, come back in 3 s"),
        pytest.param({"do": "status", "status": 429}, id="429"),
        pytest.param({"do": "status", "status": 500}, id="500"),
        pytest.param({"do": "status", "status": 503}, id="503"),
        pytest.param({"do": "reset_before"}, id="reset before the request was taken"),
        pytest.param({"do": "reset_after"}, id="reset after the request was taken"),
        pytest.param({"do": "delay_after", "seconds": 0.6}, id="slow: taken, but the answer comes too late"),
        pytest.param({"do": "answer_after_callbacks"}, id="reports come before the SID is stored"),
    ],
)
@pytest.mark.parametrize("reports", ["heard", "lost"])
def test_one_bad_answer_costs_seconds_and_no_second_ring(
    network: Network,
    calls_only: Programme,
    impatient: None,
    escalate: Escalate,
    officer: Phone,
    fault: dict[str, object],
    reports: str,
) -> None:
    network.faults.add(Fault(on="POST Calls", times=1, **fault))  # type: ignore[arg-type]
    if reports == "lost":
        network.faults.add(Fault(on="callback:status", do="lose"))
    case = escalate(connect="none")
    takes(officer, within=12)
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert max(taken(network).values()) == 1
    officer.expect_no_call(during=30)


@pytest.mark.parametrize("do", [{"do": "reset_before"}, {"do": "status", "status": 503}])
def test_twilio_down_for_a_minute_loses_nothing_and_rings_at_once_when_it_is_back(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    advance: Advance,
    do: dict[str, object],
) -> None:
    network.faults.add(Fault(on="[GP]* *", **do))  # type: ignore[arg-type]
    case = escalate(connect="none")
    advance(60)
    assert not taken(network)
    network.faults.clear()
    takes(officer, within=15)
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert max(taken(network).values()) == 1


def test_a_call_that_twilio_never_takes_while_it_answers_all_else_is_given_up_for_the_next_phone(
    network: Network, calls_only: Programme, escalate: Escalate, ana: Person, backup: Phone
) -> None:
    network.faults.add(Fault(on="POST Calls", do="status", status=500, to=ana.phone))
    case = escalate(connect="none")
    takes(backup, within=60)
    page = case.pages.filter(person=ana).first()
    assert page is not None
    assert page.status == PageStatus.FAILED
    assert "did not take it" in page.error_detail


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"do": "lose"}, id="lost"),
        pytest.param({"do": "double"}, id="doubled"),
        pytest.param({"do": "reorder"}, id="reordered"),
        pytest.param({"do": "delay", "seconds": 8.0}, id="late"),
        pytest.param({"do": "bad_signature"}, id="forged"),
    ],
)
def test_bad_reports_change_neither_who_rings_nor_how_often(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    advance: Advance,
    fault: dict[str, object],
) -> None:
    """The officer lets it ring out and the backup takes it, each rung once, whatever becomes of the reports."""
    network.faults.add(Fault(on="callback:status", **fault))  # type: ignore[arg-type]
    case = escalate(connect="none")
    officer.expect_ring().ignore()
    takes(backup, within=30)
    advance(20)
    case.refresh_from_db()
    assert case.status == Status.ACCEPTED
    assert taken(network) == {f"pages/{page.pk}": 1 for page in case.pages.all()}
    if fault["do"] == "bad_signature":
        assert {problem.text for problem in network.problems} == {"status webhook: HTTP 403"}
        network.problems.clear()
    ended = dict(case.pages.values_list("person__name", "status"))
    assert ended == {"Ana Ruiz": PageStatus.UNANSWERED, "Ben Okafor": PageStatus.ACCEPTED}


def test_a_forged_end_ends_nothing(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate(connect="none")
    ringing = officer.expect_ring()
    network.faults.add(Fault(on="callback:status", do="bad_signature"))
    before = list(case.events.values_list("kind", flat=True))
    ringing.decline()
    assert list(case.events.values_list("kind", flat=True)) == before
    assert [problem.text for problem in network.problems] == ["status webhook: HTTP 403"]
    network.problems.clear()


# --- Telling ours from others -----------------------------------------------------------------------------


def test_two_texts_to_one_number_are_told_apart_by_their_words(
    network: Network, programme: Programme, escalate: Escalate, ana: Person, advance: Advance
) -> None:
    """One was taken and its answer lost, the other was not: each is said once, neither for the other."""
    case = escalate(connect="none")
    Page.objects.update(
        status=PageStatus.FAILED, ended_at=clock.now()
    )  # nothing of the case itself is in the way
    Escalation.objects.update(next_action_at=clock.now() + timedelta(days=1))
    for key, words in (("one", "The first thing."), ("two", "The second thing.")):
        Message.objects.create(
            escalation=case,
            key=key,
            channel=Channel.TEXT,
            address=ana.phone,
            body=words,
            person=ana,
            created_at=clock.now(),
            due_at=clock.now(),
        )
    network.faults.add(Fault(on="callback:*", do="lose"))
    network.faults.add(Fault(on="POST Messages", do="reset_before", nth=1))  # looked for first, and not there
    network.faults.add(Fault(on="POST Messages", do="reset_after", nth=2))
    advance(30)
    phone = network.phone(ana.phone)
    said = [text.body for text in phone.texts if "thing" in text.body]
    for text in phone.texts:
        text.expected = True
    assert sorted(said) == ["The first thing.", "The second thing."]
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.SENT}


def test_a_call_is_ours_although_twilios_clock_is_half_a_minute_behind(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, settle: Settle
) -> None:
    network.faults.add(Fault(on="callback:status", do="lose"))
    network.faults.add(Fault(on="POST Calls", do="reset_after", times=1))
    escalate(connect="none")
    settle()
    Page.objects.update(claimed_at=clock.now() + timedelta(seconds=30))
    officer.expect_ring().ignore()
    network.advance(8)
    assert list(taken(network).values()) == [1]
    page = Page.objects.get()
    assert page.status == PageStatus.RINGING
    assert page.sid


def test_a_claim_of_a_container_that_was_started_anew_is_looked_into_at_once(
    calls_only: Programme, escalate: Escalate
) -> None:
    """It has the same process number as its predecessor, which cannot be running any more."""
    escalate(connect="none")
    machine, pid, _ = claims.PROCESS.split(":")
    late = clock.now() + timedelta(seconds=40)
    Page.objects.update(status=PageStatus.SENDING, claim=f"{machine}:{pid}:dead01", lease_until=late)
    assert settling.release_dead_claims() == 1
    assert settling.release_dead_claims() == 0


def test_an_officer_who_called_us_and_hung_up_unheard_can_be_rung_again(
    network: Network, calls_only: Programme, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    """Our own number's status callback may not be set up: then only looking tells that their call is over."""
    network.faults.add(Fault(on="callback:status", do="lose"))
    escalate(connect="none")
    officer.expect_ring().ignore()
    call = officer.dial()
    call.hang_up()
    page = Page.objects.get(purpose="called_back")
    assert page.status == PageStatus.ANSWERED
    Page.objects.filter(pk=page.pk).update(sent_at=clock.now() - timedelta(seconds=200))
    assert watchdog.look() == 1
    page.refresh_from_db()
    assert page.status == PageStatus.UNANSWERED
