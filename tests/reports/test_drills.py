"""Drills ring the real phones, say so, end by themselves, reach no customer and count in no figure but their own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from escalations.models import Escalation, Message, Status
from people.errors import Refused
from people.models import Letter, Person
from reports.drills import plan_drills, run_drill, turn
from reports.health import health
from reports.models import Drill, DrillPlan
from reports.month import report
from rota.hours import is_open
from rota.models import Programme
from telephony.simulator import Network

Advance = Callable[[float], object]


def test_it_rings_says_that_it_is_a_drill_and_ends_by_itself(
    network: Network, programme: Programme, ana: Person, dora: Person, advance: Advance, clock
) -> None:
    call_command("run_drill", "north-america", "--by", "dora@example.com")
    drill = Drill.objects.get()
    with pytest.raises(Refused):
        run_drill(programme=programme, by=dora)
    officer = network.phone(ana.phone)
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("1").expect_heard("You have it")
    officer.expect_text("Please record the outcome")
    call.expect_heard("This is a drill")
    advance(20)
    assert turn() == 1
    drill.refresh_from_db()
    assert drill.passed is True
    assert "Ana Ruiz took it after" in drill.detail
    assert Escalation.objects.get().status == Status.CANCELLED
    assert turn() == 0
    # Nobody outside hears of it, and it counts nowhere but among the drills.
    assert not Message.objects.filter(person__isnull=True).exists()
    now = datetime.now(UTC)
    found = health(programme=programme, month=now.date(), now=now)
    assert (found.cases, found.drills, found.at_stake) == (0, (1, 1), 0)
    line = next(
        line
        for line in report(programme=programme, month=now.date(), now=now).lines
        if line.person.pk == ana.pk
    )
    assert (line.figures["pages_offered"], line.figures["cases_taken"]) == (0, 0)


def test_one_that_nobody_takes_has_failed(programme: Programme, dora: Person, clock) -> None:
    run_drill(programme=programme, by=dora)
    assert turn() == 0
    clock.shift(timedelta(minutes=30))
    assert turn() == 1
    drill = Drill.objects.get()
    assert (drill.passed, drill.detail) == (False, "Nobody took it in time.")
    assert Escalation.objects.get().status == Status.CANCELLED


def test_one_a_month_by_itself_told_beforehand(
    programme: Programme, ana: Person, dora: Person, clock
) -> None:
    with pytest.raises(Refused):
        plan_drills(programme=programme, monthly=True, announced=True, by=ana)
    plan = plan_drills(programme=programme, monthly=True, announced=True, by=dora)
    now = datetime.now(UTC)
    assert plan.next_at > now
    assert is_open(programme.rules, plan.next_at)
    duty = programme.duties.order_by("starts_at").filter(seat=0).last()
    DrillPlan.objects.update(next_at=duty.starts_at + timedelta(hours=3))
    clock.move_to(duty.starts_at - timedelta(hours=2))
    assert turn() == 2  # both officers of the day
    assert turn() == 0
    assert Letter.objects.filter(kind="drill", person=duty.person).count() == 1
    clock.move_to(duty.starts_at + timedelta(hours=3, minutes=1))
    assert turn() == 1
    assert Drill.objects.get().announced
    plan.refresh_from_db()
    assert plan.next_at.month != datetime.now(UTC).month
    assert turn() == 0
