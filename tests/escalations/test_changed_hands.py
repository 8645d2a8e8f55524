"""A duty that changes hands rings another phone from that instant on; a case in hand stays with its officer."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.models import Account
from escalations.models import Escalation, Status
from people.models import Person
from rota.models import Duty, Programme
from rota.reassigning import reassign
from rota.swaps import accept_ask, propose_swap
from telephony.simulator import Network, Phone
from tests.conftest import make_person
from tests.escalations.conftest import Advance, Escalate

# Ten seconds before midnight in New York; before 02:00 becomes 03:00 or 01:00 again.
BEFORE_MIDNIGHT = datetime(2026, 6, 18, 3, 59, 50, tzinfo=UTC)
BEFORE_SPRING = datetime(2026, 3, 8, 6, 59, 50, tzinfo=UTC)
BEFORE_AUTUMN = datetime(2026, 11, 1, 5, 59, 50, tzinfo=UTC)


@pytest.fixture
def carl(programme: Programme) -> Person:
    person = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    programme.memberships.create(person=person)
    return person


@pytest.fixture
def carls(network: Network, carl: Person) -> Phone:
    return network.phone(carl.phone, name="Carl")


@pytest.fixture
def calls_only(programme: Programme) -> Programme:
    programme.rungs = [
        {"who": who, "by": ["call"], "at_once": False, "ring_seconds": None}
        for who in ("primary", "primary", "backup")
    ]
    programme.save()
    return programme


def swap(duty: Duty, to: Person) -> None:
    wish = propose_swap(duty=duty, to=[to], by=duty.person)
    accept_ask(ask=wish.asks.get(), by=to)


def takes(phone: Phone, *, within: float = 2.0) -> None:
    phone.expect_ring(within=within).answer().press("1").expect_heard("You have it")
    phone.expect_text("record the outcome", within=20)


def test_the_next_case_rings_the_new_officer_at_once(
    network: Network, calls_only: Programme, escalate: Escalate, carls: Phone, carl: Person, ana: Person
) -> None:
    swap(Duty.objects.at(datetime.now(UTC)).get(person=ana), carl)
    case = escalate(connect="none")
    takes(carls)
    assert Escalation.objects.get(pk=case.pk).owner == carl


def test_while_the_old_officers_phone_rings_the_next_ring_is_the_new_ones(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    carls: Phone,
    carl: Person,
    ana: Person,
) -> None:
    case = escalate(connect="none")
    officer.expect_ring().ignore()
    swap(Duty.objects.at(datetime.now(UTC)).get(person=ana), carl)
    takes(carls, within=30)
    assert Escalation.objects.get(pk=case.pk).owner == carl


def test_a_case_in_hand_stays(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    carls: Phone,
    carl: Person,
    ana: Person,
    dora: Person,
) -> None:
    case = escalate(connect="none")
    takes(officer)
    reassign(duty=Duty.objects.at(datetime.now(UTC)).get(person=ana), to=carl, by=dora, reason="Ana is ill")
    case.refresh_from_db()
    assert (case.owner, case.status) == (ana, Status.ACCEPTED)
    carls.expect_no_call()


@pytest.mark.starts_at(BEFORE_MIDNIGHT)
def test_tomorrows_duty_that_was_swapped_rings_from_midnight_on(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    carls: Phone,
    carl: Person,
    ben: Person,
    tiny: Account,
    advance: Advance,
) -> None:
    swap(Duty.objects.get(person=ben, seat=0), carl)
    first = escalate(connect="none")
    takes(officer)
    advance((Duty.objects.get(person=carl).starts_at - network.clock()).total_seconds() + 1)
    second = escalate(connect="none", account=tiny, severity="critical", public_risk=True)
    takes(carls)
    assert [Escalation.objects.get(pk=case.pk).owner.name for case in (first, second)] == [
        "Ana Ruiz",
        "Carl Novak",
    ]


@pytest.mark.parametrize(
    "night",
    [
        pytest.param(BEFORE_SPRING, marks=pytest.mark.starts_at(BEFORE_SPRING), id="an hour is left out"),
        pytest.param(BEFORE_AUTUMN, marks=pytest.mark.starts_at(BEFORE_AUTUMN), id="an hour comes twice"),
    ],
)
def test_a_swap_in_the_night_on_which_clocks_change(
    network: Network,
    calls_only: Programme,
    escalate: Escalate,
    officer: Phone,
    carls: Phone,
    carl: Person,
    ana: Person,
    night: datetime,
) -> None:
    case = escalate(connect="none")
    officer.expect_ring().ignore()
    swap(Duty.objects.at(datetime.now(UTC)).get(person=ana), carl)
    takes(carls, within=30)
    case.refresh_from_db()
    assert case.owner == carl
    assert case.accepted_at is not None
    assert case.accepted_at - night < timedelta(seconds=40)
