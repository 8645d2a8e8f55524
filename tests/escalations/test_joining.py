"""Another contact of an account whose case is open joins it; it rings again only where it is graver."""

from customers.models import Account
from escalations.holding import cancel
from escalations.models import Escalation, Status
from escalations.raising import preview
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of


def test_the_open_case_is_shown_first(
    network: Network, escalate: Escalate, acme: Account, officer: Phone
) -> None:
    case = escalate()
    assert preview(account=acme).open_case == case
    officer.expect_ring()
    officer.expect_text("urgent case")


def test_a_second_contact_joins_and_nothing_rings_twice(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    joined = escalate(
        contact_name="Ivy Stone", contact_phone="+15550190007", summary="The line in Ohio, too."
    )
    assert joined.pk == case.pk
    assert Escalation.objects.count() == 1
    assert "Ivy Stone joined this case: The line in Ohio, too." in story_of(case)
    contact = case.joined_contacts.get()
    assert (contact.name, contact.phone, contact.raised_by.name) == (
        "Ivy Stone",
        "+15550190007",
        "Cleo Martin",
    )
    officer.expect_no_call(during=10)
    officer.expect_no_text()


def test_raising_the_same_twice_at_once_makes_one_case(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    cases = {escalate().pk for _ in range(3)}
    assert len(cases) == 1
    officer.expect_ring()
    officer.expect_text("urgent case")
    assert Escalation.objects.get().pages.count() == 2


def test_a_graver_contact_lifts_the_case_out_of_the_inbox(
    network: Network, escalate: Escalate, tiny: Account, officer: Phone
) -> None:
    case = escalate(account=tiny)
    officer.expect_no_call(during=5)
    escalate(account=tiny, public_risk=True, summary="A newspaper has called.")
    officer.expect_ring()
    officer.expect_text("urgent case")
    case.refresh_from_db()
    assert case.qualifies
    assert case.status == Status.PAGING
    assert events_of(case)[:4] == ["raised", "inbox", "joined", "graver"]


def test_in_hand_and_graver_asks_the_owner(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone
) -> None:
    case = escalate(connect="none")
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    call.expect_ended()
    officer.expect_text("record the outcome")
    escalate(severity="critical", summary="It burns now.")
    asked = officer.expect_call("Are you on it?")
    officer.expect_text("are you on case")
    asked.press("1").expect_heard("It stays with you").expect_ended()
    backup.expect_no_call()
    case.refresh_from_db()
    assert (case.owner.name, case.status, case.severity) == ("Ana Ruiz", Status.ACCEPTED, "critical")


def test_unreached_and_graver_climbs_again_at_once(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(110)
    case.refresh_from_db()
    assert case.status == Status.UNREACHED
    for phone in (officer, backup, fallback, desk, customer):
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
    escalate(severity="critical")
    officer.expect_ring()
    officer.expect_text("urgent case")


def test_after_the_end_a_new_case_begins(
    network: Network, escalate: Escalate, dora: Person, officer: Phone
) -> None:
    first = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case")
    cancel(escalation=first, by=dora, reason="")
    second = escalate()
    assert second.pk != first.pk
    officer.expect_ring(within=4)
    officer.expect_text(str(second.number))
