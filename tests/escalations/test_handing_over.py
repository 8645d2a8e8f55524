"""A case changes hands with a note, and only by the colleague's consent."""

import pytest

from escalations import handing_over
from escalations.errors import BadInput, NotAllowed, NotNow
from escalations.models import Escalation, Status
from people.models import Person
from rota.models import Duty
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Escalate, story_of


@pytest.fixture
def held(network: Network, escalate: Escalate, officer: Phone) -> Escalation:
    """Ana has the case."""
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    network.advance(2)
    return case


@pytest.fixture
def offered(network: Network, held: Escalation, ana: Person, ben: Person) -> Escalation:
    handing_over.offer(escalation=held, by=ana, to=ben, note_text="They want a date by Friday.")
    return held


def test_the_colleague_takes_it_by_key(
    network: Network, offered: Escalation, officer: Phone, backup: Phone, customer: Phone
) -> None:
    backup.expect_text("a colleague asks you to take over case")
    call = backup.expect_call("Ana Ruiz asks you to take over a customer's case.").expect_heard(
        "1 to take it"
    )
    call.expect_not_heard("Acme").press("3").expect_heard("Acme Industries").press("1").expect_heard(
        "You have it"
    )
    customer.expect_ring()
    offered.refresh_from_db()
    assert (offered.owner.name, offered.hand_over_to) == ("Ben Okafor", None)
    assert "Ana Ruiz asks Ben Okafor to take the case over. They want a date by Friday." in story_of(offered)
    assert "Ben Okafor took the case over from Ana Ruiz by key." in story_of(offered)


def test_the_colleague_declines_by_key_and_it_stays(
    network: Network, offered: Escalation, backup: Phone, officer: Phone
) -> None:
    backup.expect_text("take over case")
    backup.expect_call("asks you to take over").press("2").expect_heard("Passed on").expect_ended()
    offered.refresh_from_db()
    assert (offered.status, offered.owner.name, offered.hand_over_to) == (Status.ACCEPTED, "Ana Ruiz", None)
    assert "Ben Okafor does not take the case over (by key): it stays with Ana Ruiz." in story_of(offered)


@pytest.mark.parametrize(
    ("words", "owner", "answer"), [("1", "Ben Okafor", "You have case"), ("2", "Ana Ruiz", "passed on")]
)
def test_by_text(
    network: Network, offered: Escalation, backup: Phone, words: str, owner: str, answer: str
) -> None:
    ring = backup.expect_ring()
    backup.expect_text("take over case").reply(words)
    backup.expect_text(answer)
    ring.expect_stopped(within=3)
    offered.refresh_from_db()
    assert offered.owner.name == owner


def test_silence_changes_nothing(network: Network, offered: Escalation, backup: Phone) -> None:
    backup.expect_text("take over case")
    backup.expect_ring().expect_stopped(within=40)
    offered.refresh_from_db()
    assert (offered.status, offered.owner.name) == (Status.ACCEPTED, "Ana Ruiz")
    backup.expect_no_call(during=60)


def test_unnamed_it_goes_to_the_officer_on_duty(
    network: Network, held: Escalation, ana: Person, ben: Person, backup: Phone
) -> None:
    Duty.objects.filter(person=ana).delete()
    Duty.objects.filter(person=ben).update(seat=0)
    handing_over.offer(escalation=held, by=ana)
    backup.expect_ring()
    backup.expect_text("take over case")


def test_what_is_refused(network: Network, held: Escalation, ana: Person, ben: Person, cleo: Person) -> None:
    with pytest.raises(BadInput, match="Name the colleague") as refused:
        handing_over.offer(escalation=held, by=ana)
    assert refused.value.field == "to"
    with pytest.raises(NotAllowed):
        handing_over.offer(escalation=held, by=ben, to=ben)
    with pytest.raises(BadInput, match="not an executive"):
        handing_over.offer(escalation=held, by=ana, to=cleo)
    with pytest.raises(NotNow, match="not offered to you"):
        handing_over.take(escalation=held, by=ben)


def test_an_offer_that_came_to_nothing_is_told_so(
    network: Network, offered: Escalation, ana: Person, dora: Person, backup: Phone, fallback: Phone
) -> None:
    """Ana asks Dora instead while Ben's phone rings."""
    backup.expect_text("take over case")
    ring = backup.expect_ring()
    handing_over.offer(escalation=offered, by=ana, to=dora)
    fallback.expect_text("take over case")
    fallback.expect_call("asks you to take over").press("1").expect_heard("You have it")
    network.phone("+15550190001").expect_ring()
    ring.answer().expect_heard("Dora Lindt has it").expect_ended()
