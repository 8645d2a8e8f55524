"""How a month stands to its promise, as a table; and what a duty day counts as, by the product's own verbs."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
import time_machine

from escalations import paging
from escalations.models import Escalation, Page, PageStatus
from escalations.raising import raise_escalation
from listening.models import Credit, CreditKind, Session
from people.models import Person
from reports.figures import median, percentile_90
from reports.month import evidence_of, report
from reports.standing import Excuse, Status, clock, standing
from rota.absences import enter_absence
from rota.models import Duty, Exemption, Programme
from rota.reassigning import reassign
from tests.conftest import make_person, publish_days

MARCH = date(2026, 3, 1)
OVER = datetime(2026, 4, 2, 14, tzinfo=UTC)
HALF, WHOLE = Fraction(1, 2), Fraction(1)


def figures(**given: int) -> dict[str, int]:
    counted = given.get("counted", 0)
    return {
        "duty_days_owed": 1,
        "duty_days_served": given.get("served", 1),
        "duty_days_swapped": given.get("swapped", 0),
        "duty_days_covered": given.get("covered", 0),
        "duty_days_missed": given.get("missed", 0),
        "duty_days_to_come": given.get("to_come", 0),
        "listening_owed_seconds": 7200,
        "listening_counted_seconds": counted,
        "listening_balance_seconds": counted - 7200,
        "listening_ahead_seconds": given.get("ahead", 0),
    }


@pytest.mark.parametrize(
    ("given", "elapsed", "status", "reasons"),
    [
        ({"counted": 7200}, WHOLE, Status.KEPT, ()),
        ({"counted": 7199}, WHOLE, Status.BEHIND, ("0:00:01 of listening short",)),
        ({"counted": 7200}, HALF, Status.KEPT, ()),
        ({"counted": 7200, "served": 0, "to_come": 1}, HALF, Status.ON_PACE, ()),
        ({"counted": 0, "ahead": 7200}, HALF, Status.ON_PACE, ()),
        ({"counted": 0, "ahead": 7200}, WHOLE, Status.BEHIND, ("2:00:00 of listening short",)),
        ({"counted": 1800}, HALF, Status.ON_PACE, ("1:30:00 of listening short",)),
        ({"counted": 1799}, HALF, Status.BEHIND, ("1:30:01 of listening short",)),
        ({"counted": 0}, Fraction(1, 4), Status.ON_PACE, ("2:00:00 of listening short",)),
        (
            {"counted": 60, "ahead": 600},
            HALF,
            Status.BEHIND,
            ("1:59:00 of listening short, with 0:10:00 booked",),
        ),
        ({"counted": 7200, "missed": 1, "served": 0}, HALF, Status.BEHIND, ("1 duty day missed",)),
        # The rota gave none: that is no fault of theirs.
        ({"counted": 7200, "served": 0}, WHOLE, Status.KEPT, ()),
        (
            {"counted": 7200, "served": 0, "swapped": 1},
            WHOLE,
            Status.BEHIND,
            ("1 duty day given away and not made up for",),
        ),
        ({"counted": 7200, "served": 1, "swapped": 1, "covered": 1}, WHOLE, Status.KEPT, ()),
    ],
)
def test_the_table(given, elapsed, status, reasons) -> None:
    found = standing(figures=figures(**given), elapsed=elapsed, session=1800, excuse=None)
    assert (found.status, found.reasons) == (status, reasons)


def test_the_excused_are_told_by_whom_and_why() -> None:
    excuse = Excuse("Dora Lindt", "exempt: ill", whole=True)
    found = standing(figures=figures(), elapsed=WHOLE, session=1800, excuse=excuse)
    assert (found.status, found.reasons) == (Status.EXCUSED, ("exempt: ill (Dora Lindt)",))
    in_part = Excuse("Dora Lindt", "away", whole=False)
    assert standing(figures=figures(), elapsed=WHOLE, session=1800, excuse=in_part).status == Status.BEHIND


def test_median_percentile_and_clock() -> None:
    assert [median(values) for values in ([], [4], [1, 2], [3, 1, 2])] == [None, 4, 2, 2]
    assert [percentile_90(range(1, n + 1)) for n in (1, 9, 10, 11, 20)] == [1, 9, 9, 10, 18]
    assert percentile_90([]) is None
    assert [clock(seconds) for seconds in (0, 7199, -61)] == ["0:00:00", "1:59:59", "−0:01:01"]


@pytest.fixture
def served(programme: Programme, ana: Person, ben: Person) -> tuple[Duty, Duty]:
    """On 10 March Ana is primary and Ben backup, at noon in New York."""
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        primary, backup = publish_days(programme, [[ana, ben]], first=date(2026, 3, 10))
    return primary, backup


def rung(case: Escalation, person: Person, status: PageStatus, **more: object) -> Page:
    page = case.pages.filter(person=person).first()
    Page.objects.filter(pk=page.pk).update(
        status=status, ended_at=page.created_at + timedelta(seconds=9), **more
    )
    case.pages.filter(person=person).exclude(pk=page.pk).update(
        status=PageStatus.CANCELLED, ended_at=page.created_at
    )
    return page


@pytest.fixture
def offered(served, acme, cleo: Person) -> Escalation:
    with time_machine.travel(datetime(2026, 3, 10, 16, tzinfo=UTC), tick=False):
        return raise_escalation(account=acme, raised_by=cleo, summary="It is down.").escalation


def of(programme: Programme, person: Person) -> dict:
    lines = report(programme=programme, month=MARCH, now=OVER).lines
    return next(line.figures for line in lines if line.person.pk == person.pk)


@pytest.mark.parametrize(
    ("status", "was_served", "was_missed"),
    [
        (PageStatus.UNANSWERED, 0, 1),
        (PageStatus.VOICEMAIL, 0, 1),
        (PageStatus.BUSY, 0, 1),
        (PageStatus.ACCEPTED, 1, 0),
        (PageStatus.PASSED, 1, 0),
        (PageStatus.CANCELLED, 1, 0),
        (PageStatus.FAILED, 1, 0),
    ],
)
def test_a_duty_is_missed_by_whoever_let_it_ring(
    offered, programme, ana, status, was_served, was_missed
) -> None:
    rung(offered, ana, status)
    found = of(programme, ana)
    assert (found["duty_days_served"], found["duty_days_missed"]) == (was_served, was_missed)


def test_who_took_a_case_by_another_way_was_there(offered, programme, ana) -> None:
    rung(offered, ana, PageStatus.UNANSWERED)
    with time_machine.travel(datetime(2026, 3, 10, 16, 5, tzinfo=UTC), tick=False):
        paging.accept(escalation=offered, by=ana, how="on the page")
    found = of(programme, ana)
    assert (found["duty_days_served"], found["duty_days_missed"], found["pages_unanswered"]) == (1, 0, 1)


def test_a_duty_that_changed_hands_counts_for_who_served(served, programme, ana, dora) -> None:
    finn = Person.objects.create(email="finn@example.com", name="Finn Berg", is_executive=True)
    programme.memberships.create(person=finn)
    with time_machine.travel(datetime(2026, 3, 5, 12, tzinfo=UTC), tick=False):
        reassign(duty=served[0], to=finn, by=dora, reason="Ana is ill")
    anas, finns = of(programme, ana), of(programme, finn)
    assert (anas["duty_days_served"], anas["duty_days_swapped"], anas["duty_days_covered"]) == (0, 1, 0)
    assert (finns["duty_days_served"], finns["duty_days_swapped"], finns["duty_days_covered"]) == (1, 0, 1)
    (event,) = evidence_of(
        programme=programme, person=finn, month=MARCH, figure="duty_days_covered", now=OVER
    )
    assert event.path == f"/duties/{served[0].pk}/"


def test_leave_is_pro_rated_with_the_reason(programme, ana, dora) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        enter_absence(person=ana, first=date(2026, 3, 9), last=date(2026, 3, 18), by=dora)
    assert of(programme, ana)["listening_owed_seconds"] == 60 * 81  # 21 of 31 days: 81.29 minutes
    full, less = evidence_of(
        programme=programme, person=ana, month=MARCH, figure="listening_owed_seconds", now=OVER
    )
    assert (full.amount, less.amount) == (7200, -2340)
    assert less.what == "Away on 10 days: 21 of 31 days"


def test_who_left_before_the_month_has_no_line_whatever_is_left_of_them(programme, ana, ben) -> None:
    programme.memberships.filter(person=ben).update(left_on=MARCH)
    zoe = make_person("zoe@example.com", "Zoe Okafor", is_executive=True)
    programme.memberships.create(person=zoe)  # of one member alone no other's rows are read
    begins = datetime(2026, 3, 20, 14, tzinfo=UTC)
    of_ben = {"programme": programme, "person": ben, "month": MARCH, "created_at": begins}
    Session.objects.create(**of_ben, planned_start=begins, planned_end=begins + timedelta(minutes=30))
    Credit.objects.create(**of_ben, kind=CreditKind.CARRIED, seconds=60, key="carried")
    Exemption.objects.create(**of_ben, duty=True, listening=True, reason="Left.", by=ana)
    lines = report(programme=programme, month=MARCH, now=begins - timedelta(days=1)).lines
    assert {line.person.pk for line in lines} == {ana.pk, zoe.pk}
