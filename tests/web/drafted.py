"""Drafts made by the real planner, for the tests of the pages that show them."""

from datetime import UTC, date, datetime, timedelta

from django.core.management import call_command

from people.models import Person
from rota import planning_runs
from rota.hours import duty_day_of
from rota.models import Membership, PlanningRun, Programme
from tests.conftest import make_person

DAYS = 10


def add_members(programme: Programme, count: int = 4, *, prefix: str = "Member") -> list[Person]:
    """So many more officers with telephones, as members of the programme."""
    start = Person.objects.count()
    people = [
        make_person(
            f"{prefix.lower()}{n}@example.com",
            f"{prefix} {n}",
            phone=f"+1555012{start + n:04}",
            is_executive=True,
        )
        for n in range(count)
    ]
    Membership.objects.bulk_create(Membership(programme=programme, person=person) for person in people)
    return people


def far_day(programme: Programme) -> date:
    """The first day of what is planned in tests, beyond what is published."""
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


def plan(programme: Programme, first: date, *, by: Person, days: int = DAYS) -> PlanningRun:
    """Plans so many days, as the planner's own process does it."""
    run = planning_runs.ask_for_plan(
        programme=programme, first=first, last=first + timedelta(days=days - 1), by=by, seconds=20
    )
    return work_off(run)


def work_off(run: PlanningRun) -> PlanningRun:
    """The run as it stands once the planner has solved what waits."""
    call_command("run_planner", "--once")
    run.refresh_from_db()
    return run
