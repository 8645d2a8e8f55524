"""The example organisation: whole, on duty today, and made once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from customers.models import Account, Contact
from learnings.models import Learning, Touchpoint
from listening import agents
from listening.booking import free_slots
from listening.country_rules import rule_for
from listening.models import AgentDesk, Credit, HuntGroup, Session
from people.models import Person
from rota.drafting import draft_rota
from rota.gaps import gaps
from rota.models import Absence, AbsenceStatus, Duty, PlanningRun, Preference, Programme, RotaStatus
from rota.on_duty import who_is_on_duty
from telephony.numbers import region_of
from web.demo import listening

NOW = datetime(2026, 6, 20, 3, 0, tzinfo=UTC)  # a Friday night in New York, Saturday in Berlin


@pytest.fixture
def seeded(db: None):
    with time_machine.travel(NOW, tick=False) as clock:
        call_command("seed_demo")
        yield clock


def test_it_is_the_organisation_that_was_promised(seeded) -> None:
    assert Person.objects.executives().count() == 12
    assert Person.objects.support().count() == 6
    assert Person.objects.administrators().count() == 2
    assert Person.objects.filter(assists__isnull=False).count() == 1
    assert Account.objects.count() == 40
    assert Contact.objects.filter(is_default=True).count() == 40
    assert Touchpoint.objects.exists()
    assert Learning.objects.exists()
    numbers = [
        *Person.objects.values_list("phone", flat=True),
        *Contact.objects.values_list("phone", flat=True),
    ]
    assert len(set(numbers)) == 66
    # Numbers that nobody has: 555-0100 to 555-0199 of any area, and an area that there is none of.
    assert all(re.fullmatch(r"\+1555010\d{4}|\+1\d{3}55501\d\d", number) for number in numbers)


def test_everybody_signs_in_with_the_printed_password(seeded) -> None:
    assert all(person.check_password("officer-demo") for person in Person.objects.all())


def test_the_executive_is_on_duty_now_and_nothing_is_empty(seeded) -> None:
    americas = Programme.objects.get(slug="americas")
    assert who_is_on_duty(programme=americas, at=NOW).primary.person.email == "executive@example.com"
    for programme in Programme.objects.all():
        assert gaps(programme=programme, now=NOW) == []
        assert who_is_on_duty(programme=programme, at=NOW).backups


def test_what_follows_is_asked_for_around_the_lives_of_its_members(seeded) -> None:
    for programme in Programme.objects.all():
        last = Duty.objects.published().filter(programme=programme).latest("day").day
        run = programme.planning_runs.get(by__isnull=False)
        assert run.first_day == last + timedelta(days=1)
        assert run.first_day.day == 1
        assert (run.last_day + timedelta(days=1)).day == 1
        assert programme.listening_windows.exists()
        members = programme.memberships.values("person")
        absences = Absence.objects.filter(person__in=members)
        assert absences.exists()
        assert all(run.first_day <= one.first_day <= one.last_day <= run.last_day for one in absences)
        assert Preference.objects.filter(person__in=members).exists()
    assert Absence.objects.filter(status=AbsenceStatus.WAITING).count() == 1


def test_a_draft_whose_time_has_come_is_published_as_it_is(seeded) -> None:
    americas = Programme.objects.get(slug="americas")
    run = americas.planning_runs.get(by__isnull=False)
    draft = draft_rota(programme=americas, first=run.first_day, last=run.last_day).rota
    assert draft is not None
    run.delete()
    seeded.shift(timedelta(days=31))
    call_command("seed_demo")
    draft.refresh_from_db()
    assert draft.status == RotaStatus.PUBLISHED
    assert Absence.objects.filter(person__memberships__programme=americas).count() == 2


def test_again_on_the_same_day_changes_nothing(seeded) -> None:
    before = list(Duty.objects.order_by("pk").values_list("day", "seat", "person"))
    call_command("seed_demo")
    assert list(Duty.objects.order_by("pk").values_list("day", "seat", "person")) == before
    assert Person.objects.count() == 21
    assert PlanningRun.objects.filter(by__isnull=False).count() == Programme.objects.count()


@pytest.mark.parametrize("days", [1, 2, 6, 30, 200])
def test_on_a_later_day_the_executive_is_on_duty_too(seeded, days: int) -> None:
    seeded.shift(timedelta(days=days))
    call_command("seed_demo")
    americas = Programme.objects.get(slug="americas")
    on_duty = who_is_on_duty(programme=americas, at=datetime.now(UTC))
    assert on_duty.primary.person.email == "executive@example.com"
    assert on_duty.backups
    assert gaps(programme=americas, now=datetime.now(UTC)) == []


def test_a_database_of_others_is_left_alone(ana: Person) -> None:
    with pytest.raises(CommandError, match="not the demo's"):
        call_command("seed_demo")
    assert Person.objects.get() == ana


def test_customers_ring_agents_who_have_signed_and_may_be_listened_to(seeded) -> None:
    known = {
        *Person.objects.filter(desk__takes_calls=True).values_list("phone", flat=True),
        *Contact.objects.filter(is_default=False).values_list("phone", flat=True),
    }
    assert listening.traffic_numbers() == known
    assert all(agents.has_signed(desk) for desk in AgentDesk.objects.all())
    assert HuntGroup.objects.get().is_on
    for caller in Contact.objects.filter(is_default=False):
        assert rule_for(region_of(caller.phone) or "").mode == "announce"


def test_sessions_were_lived_and_one_may_ring_at_once(seeded) -> None:
    amara = Person.objects.get(email="executive@example.com")
    lived = Session.objects.filter(person=amara, status="finished")
    # 27 minutes less 40 seconds before she joined and 3 minutes on hold; 21 less the like and 1.
    assert sorted(Credit.objects.filter(session__in=lived).values_list("seconds", flat=True)) == [1160, 1400]
    assert Session.objects.to_come().filter(person=amara).exists()
    programme = Programme.objects.get(slug="americas")
    today = NOW.astimezone(programme.zone).date()
    slots = free_slots(programme=programme, person=amara, first=today, last=today, now=NOW)
    assert slots[0].start <= NOW
