"""Drills ring the real phones, say so, end by themselves, reach no customer and count in no figure but their own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from escalations import paging, telling
from escalations.briefs import page_text
from escalations.models import Channel, Escalation, Message, Status
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
    call = officer.expect_call("This is a drill. Officer of the Day")
    officer.expect_text("This is a drill. Officer of the Day: urgent case")
    call.press("3").expect_heard("This is a drill. No customer waits.")
    call.press("1").expect_heard("That was the drill: it is over").expect_ended()
    # With the yes it is over: no outcome is asked for, and nobody asks later whether she is on it.
    case = Escalation.objects.get()
    assert (case.status, case.accepted_by, case.next_action_at) == (Status.CANCELLED, ana, None)
    advance(3600)
    officer.expect_no_call()
    officer.expect_no_text()
    assert turn() == 1
    drill.refresh_from_db()
    assert drill.passed is True
    assert "Ana Ruiz took it after" in drill.detail
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


def test_a_yes_by_text_or_on_the_page_ends_it_too(
    network: Network, programme: Programme, ana: Person, dora: Person, client: Client, clock
) -> None:
    case = run_drill(programme=programme, by=dora).escalation
    client.force_login(ana)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "<strong>This is a drill.</strong> No customer waits" in page
    officer = network.phone(ana.phone)
    officer.expect_ring().decline()
    officer.expect_text("This is a drill")
    officer.text("1")
    officer.expect_text(f"The drill, case {case.number}, is over")
    page = client.post(f"/cases/{case.pk}/accept/", follow=True).content.decode()
    assert "That was the drill: it is over" in page
    assert "The drill is over" in page
    assert "case-actions" not in page  # nothing is offered any more
    assert turn() == 1
    assert Drill.objects.get().passed is True
    second = run_drill(programme=programme, by=dora).escalation
    client.post(f"/cases/{second.pk}/accept/")
    assert (
        paging.accept(escalation=second, by=ana, how="on the page").accepted_by == ana
    )  # twice does no harm
    with pytest.raises(Refused):
        paging.accept(escalation=second, by=dora, how="on the page")
    second.refresh_from_db()
    assert second.status == Status.CANCELLED


def test_whatever_is_told_of_it_says_that_it_is_a_drill(
    programme: Programme, ana: Person, dora: Person
) -> None:
    ana.language = "de"
    case = run_drill(programme=programme, by=dora).escalation
    telling.tell_administrators(
        escalation=case, key="x", subject="Nobody has answered yet", body="It goes on."
    )
    telling.tell_person(escalation=case, person=ana, key="y", subject="Fall", body="Bitte nehmen Sie ihn.")
    mail, text = Message.objects.order_by("pk")
    assert mail.subject == "This is a drill. Nobody has answered yet"
    assert mail.body.startswith("This is a drill. It goes on.")
    assert text.body.startswith("Dies ist eine Übung. Bitte nehmen Sie ihn.")
    page = case.pages.filter(channel=Channel.TEXT).first()
    assert page_text(page).startswith("This is a drill. Officer of the Day")


def test_one_that_nobody_takes_has_failed(programme: Programme, dora: Person, clock) -> None:
    run_drill(programme=programme, by=dora)
    assert turn() == 0
    clock.shift(timedelta(minutes=30))
    # Whoever began it may have left: it ends all the same.
    Person.objects.filter(pk=dora.pk).update(is_admin=False)
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
