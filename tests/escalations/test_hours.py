"""Outside the duty hours a case waits for the opening, unless it is critical or public; and duty days end."""

from datetime import UTC, datetime, time

import pytest

from escalations.models import Status
from people.models import Person
from rota.models import Duty, Programme
from telephony.simulator import Network, Phone
from tests.conftest import publish_days
from tests.escalations.conftest import Advance, Escalate, events_of, story_of

EVENING = datetime(2026, 6, 18, 1, 30, tzinfo=UTC)  # half past nine on Wednesday evening in New York
MORNING = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)  # eight on Thursday morning there


@pytest.fixture
def office_hours(programme: Programme, ana: Person, ben: Person) -> Programme:
    """Eight to eight on every day; Ana is on duty on Wednesday and until the opening of Thursday, then Ben."""
    Duty.objects.all().delete()
    programme.hours_from, programme.hours_to = time(8), time(20)
    programme.save()
    publish_days(programme, [[ana, ben], [ben, ana]])
    return programme


@pytest.mark.starts_at(EVENING)
def test_it_waits_for_the_opening_and_the_raiser_is_told(
    network: Network,
    office_hours: Programme,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    desk: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    case.refresh_from_db()
    assert (case.status, case.next_action_at) == (Status.QUEUED, MORNING)
    assert "is closed now. Phones ring at Thu 08:00 EDT." in story_of(case)
    desk.expect_text(str(case.number), "Acme Industries", "rings at 12:00 UTC")
    officer.expect_no_call(during=60)
    advance((MORNING - datetime.now(UTC)).total_seconds())
    backup.expect_call("Officer of the Day, an urgent customer escalation for Ben Okafor")
    backup.expect_text("urgent case")
    case.refresh_from_db()
    assert case.owner.name == "Ben Okafor"
    assert events_of(case)[:3] == ["raised", "waits", "opened"]


@pytest.mark.starts_at(EVENING)
@pytest.mark.parametrize("grave", [{"severity": "critical"}, {"public_risk": True}])
def test_critical_cases_and_public_risk_ring_at_any_hour(
    network: Network, office_hours: Programme, escalate: Escalate, officer: Phone, grave: dict[str, object]
) -> None:
    escalate(**grave)
    officer.expect_ring()
    officer.expect_text("urgent case")


@pytest.mark.starts_at(EVENING)
def test_a_programme_may_let_nothing_ring_or_everything(
    network: Network, office_hours: Programme, escalate: Escalate, officer: Phone, desk: Phone
) -> None:
    Programme.objects.update(after_hours="none")
    case = escalate(severity="critical")
    desk.expect_text(str(case.number))
    officer.expect_no_call(during=60)
    Programme.objects.update(after_hours="all")
    escalate(account=_other(case), severity="normal")
    officer.expect_ring()
    officer.expect_text("urgent case")


def _other(case: object) -> object:
    other = type(case.account).objects.get(pk=case.account_id)
    other.pk, other.external_id = None, "OTHER"
    other.save()
    return other


@pytest.mark.starts_at(EVENING)
def test_a_waiting_case_that_becomes_critical_rings_at_once(
    network: Network, office_hours: Programme, escalate: Escalate, officer: Phone, desk: Phone
) -> None:
    case = escalate()
    desk.expect_text(str(case.number))
    again = escalate(severity="critical", summary="It burns now.")
    assert again.pk == case.pk
    officer.expect_ring()
    officer.expect_text("urgent case")


@pytest.mark.starts_at(datetime(2026, 6, 18, 11, 59, 50, tzinfo=UTC))
def test_a_duty_day_that_ends_while_a_case_rings_rings_the_new_officer_next(
    network: Network,
    office_hours: Programme,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    advance: Advance,
) -> None:
    """Ten seconds before the change Ana's phone rings; at its end the ladder begins with Ben, who is primary now."""
    escalate(severity="critical")
    officer.expect_text("urgent case")
    officer.expect_ring()
    advance(14)
    backup.expect_ring()
    backup.expect_text("urgent case")
    assert len(officer.rings) == 1


@pytest.mark.starts_at(datetime(2026, 6, 17, 23, 50, tzinfo=UTC))
def test_a_case_that_nobody_took_by_closing_time_waits_for_the_morning(
    network: Network,
    office_hours: Programme,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(3600)
    case.refresh_from_db()
    assert (case.status, case.next_action_at) == (Status.UNREACHED, MORNING)
    for phone in (officer, backup, fallback, desk, customer):
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
    rings_before = len(officer.rings)
    advance((MORNING - datetime.now(UTC)).total_seconds() - 1)
    assert len(officer.rings) == rings_before
    backup.expect_ring(within=5)
    backup.expect_text("urgent case")
