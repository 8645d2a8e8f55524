"""At Twilio's calls per second the graver and older cases go first, and several pagers take each call once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from customers.models import Account
from escalations import claims, pager, paging
from escalations.errors import AlreadyTaken
from escalations.models import Escalation, Pace, Page, Status
from people.models import Person
from rota.models import FallbackPlace, Programme
from telephony.simulator import Network, Phone
from tests.conftest import make_person
from tests.escalations.conftest import Advance, Escalate, events_of
from tests.stories import START


@pytest.fixture
def desks(programme: Programme, acme: Account) -> list[tuple[Programme, Account]]:
    """Five programmes with an officer each, and an account for each of them."""
    made = []
    for number in range(1, 6):
        officer = make_person(
            f"officer{number}@example.com", f"Officer {number}", phone=f"+1555010010{number}"
        )
        other = Programme.objects.get(pk=programme.pk)
        other.pk, other.slug, other.name = None, f"desk-{number}", f"Desk {number}"
        other.rungs = [{"who": "fallback", "by": ["call"], "at_once": False, "ring_seconds": 60}]
        other.save()
        FallbackPlace.objects.create(programme=other, person=officer, position=1)
        account = Account.objects.get(pk=acme.pk)
        account.pk, account.external_id = None, f"A{number}"
        account.save()
        made.append((other, account))
    return made


def rang_at(network: Network, number: int) -> list[float]:
    phone = network.phone(f"+1555010010{number}")
    for ring in phone.rings:
        ring.expected = True
    return [round((ring.at - START).total_seconds(), 1) for ring in phone.rings]


def test_one_a_second_the_gravest_and_then_the_oldest_first(
    network: Network, escalate: Escalate, desks: list[tuple[Programme, Account]], advance: Advance
) -> None:
    for (programme, account), severity in zip(
        desks, ["normal", "normal", "high", "critical", "normal"], strict=True
    ):
        escalate(
            account=account, programme=programme, severity=severity, public_risk=account.external_id == "A5"
        )
    advance(10)
    assert {n: rang_at(network, n) for n in range(1, 6)} == {5: [0.0], 4: [1.0], 3: [2.0], 1: [3.0], 2: [4.0]}


def test_unbounded_all_ring_at_once(
    network: Network,
    escalate: Escalate,
    desks: list[tuple[Programme, Account]],
    settings: object,
    settle: Callable[[], object],
) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 0
    for programme, account in desks:
        escalate(account=account, programme=programme)
    settle()
    assert [rang_at(network, n) for n in range(1, 6)] == [[0.0]] * 5


def test_a_page_that_waits_for_its_turn_is_not_climbed_over(
    network: Network,
    escalate: Escalate,
    desks: list[tuple[Programme, Account]],
    settings: object,
    advance: Advance,
) -> None:
    """At a call in half a minute the last of five waits two minutes, and still gets its whole ring."""
    settings.TWILIO_CALLS_PER_SECOND = 1 / 30
    cases = [escalate(account=account, programme=programme) for programme, account in desks]
    advance(125)
    assert rang_at(network, 5) == [120.0]
    assert "unreached" not in events_of(cases[4])
    assert [phone.number for phone in network.phones.values() if phone.ringing][-1] == "+15550100105"
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_the_customers_leg_goes_before_new_pages(
    network: Network,
    escalate: Escalate,
    desks: list[tuple[Programme, Account]],
    officer: Phone,
    customer: Phone,
) -> None:
    """An officer waits on the line: nobody else's ring comes before the customer's."""
    escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    for programme, account in desks:
        escalate(account=account, programme=programme, severity="critical")
    call.press("1")
    customer.expect_ring(within=1.5)
    assert sum(len(network.phone(f"+1555010010{n}").rings) for n in range(1, 6)) <= 1
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do all of them in the same instant, each in a thread with its own connection; errors are results."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return deed()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_several_pagers_at_once_take_each_call_once(
    network: Network, escalate: Escalate, desks: list[tuple[Programme, Account]], settings: object
) -> None:
    settings.TWILIO_CALLS_PER_SECOND = 0
    for programme, account in desks[:3]:
        escalate(account=account, programme=programme)
    taken = at_once(*[claims.claim_call] * 6)
    pages = [row.pk for row in taken if isinstance(row, Page)]
    assert not [row for row in taken if isinstance(row, Exception)]
    while isinstance(row := claims.claim_call(), Page):  # PostgreSQL may skip a row that is just being taken
        pages.append(row.pk)
    assert sorted(pages) == sorted(Page.objects.values_list("pk", flat=True))
    assert len(pages) == 3


def test_several_pagers_at_once_move_a_case_once(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, clock: object
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    Escalation.objects.update(next_action_at=START)
    moved = at_once(*[lambda: pager.move_on(case.pk)] * 4)
    assert sorted(moved) == [False, False, False, True]
    assert Page.objects.filter(escalation=case, rung=1).count() <= 1
    for phone in (officer, backup):
        network.settle()
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_two_officers_who_accept_in_the_same_instant(
    network: Network, escalate: Escalate, officer: Phone, ana: Person, ben: Person
) -> None:
    """Exactly one has it, and the other is told who."""
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    results = at_once(
        lambda: paging.accept(escalation=case, by=ana, how="by key"),
        lambda: paging.accept(escalation=case, by=ben, how="by text"),
    )
    told = [result for result in results if isinstance(result, AlreadyTaken)]
    case.refresh_from_db()
    assert len(told) == 1
    assert told[0].holder == case.owner
    assert (case.status, events_of(case).count("accepted")) == (Status.ACCEPTED, 1)


def test_a_case_that_breaks_does_not_hold_up_the_others(
    network: Network,
    escalate: Escalate,
    desks: list[tuple[Programme, Account]],
    officer: Phone,
    caplog: pytest.LogCaptureFixture,
    advance: Advance,
) -> None:
    """A ladder that somebody wrote into the database by hand stops its own case, loudly, and no other."""
    broken = escalate(account=desks[0][1], programme=desks[0][0])
    network.settle()
    rang_at(network, 1)
    Programme.objects.filter(pk=desks[0][0].pk).update(rungs=[{"who": "nobody", "by": ["call"]}])
    escalate()
    officer.expect_text("urgent case")
    officer.expect_ring()
    advance(100)
    assert f"Case {broken.number} could not be moved" in caplog.text
    caplog.clear()
    broken.refresh_from_db()
    assert broken.next_action_at is not None
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def test_a_clock_that_was_set_back_by_an_hour_keeps_no_phone_silent(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    Pace.objects.create(name="calls", free_at=START + timedelta(hours=1))
    escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
