"""Drafting, publishing and the command on top: holidays, memberships, and days that stay put."""

import re
from datetime import UTC, date, datetime, time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from people.models import Letter, Person
from rota import monthly
from rota.drafting import draft_rota
from rota.errors import CannotPlan, CannotPublish
from rota.membership import is_member, members_on
from rota.models import Duty, Membership, PlanningRun, PlanningStatus, Programme, Rota, RotaStatus
from rota.publishing import publish
from tests.conftest import make_person
from tests.rota.offices import make_office

FIRST, LAST = date(2026, 11, 23), date(2026, 12, 6)


@pytest.fixture
def office(db: None) -> Programme:
    """Workdays in New York without holidays, eight to eight, everybody, primary and one backup."""
    for n in range(6):
        make_person(f"exec{n}@example.com", f"Exec {n}", phone=f"+1555020000{n}", is_executive=True)
    return Programme.objects.create(
        slug="office",
        name="Office",
        time_zone="America/New_York",
        everybody=True,
        duty_days=["mon", "tue", "wed", "thu", "fri"],
        holidays="US",
        hours_from=time(8),
        hours_to=time(20),
        weights={"value": 100},
    )


def test_a_draft_seats_the_duty_days_and_leaves_out_holidays(office: Programme) -> None:
    draft = draft_rota(programme=office, first=FIRST, last=LAST)
    assert draft.days == [date(2026, 11, day) for day in (23, 24, 25, 27, 30)] + [
        date(2026, 12, day) for day in (1, 2, 3, 4)
    ]
    assert draft.coverage == (18, 18)
    assert draft.fairness == (3, 3)
    assert not Duty.objects.published().exists()


def test_publishing_sets_the_times_and_puts_it_on_record(office: Programme, dora: Person) -> None:
    rota = draft_rota(programme=office, first=FIRST, last=LAST).rota
    assert rota is not None
    publish(rota=rota, by=dora)
    assert rota.status == RotaStatus.PUBLISHED
    assert rota.published_at is not None
    wednesday = Duty.objects.get(day=date(2026, 11, 25), seat=0)
    assert wednesday.published
    assert wednesday.starts_at == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert wednesday.ends_at == datetime(2026, 11, 27, 13, tzinfo=UTC)  # over Thanksgiving
    record = wednesday.history.first()
    assert (record.history_user, record.history_change_reason) == (dora, "published")


def test_a_draft_of_the_same_period_is_replaced_and_published_days_are_left(office: Programme) -> None:
    draft_rota(programme=office, first=FIRST, last=LAST)
    again = draft_rota(programme=office, first=FIRST, last=LAST)
    assert Rota.objects.count() == 1
    assert again.rota is not None
    publish(rota=again.rota)
    longer = draft_rota(programme=office, first=FIRST, last=date(2026, 12, 8))
    assert longer.days == [date(2026, 12, 7), date(2026, 12, 8)]
    assert len(longer.published_days) == 9
    nothing = draft_rota(programme=office, first=FIRST, last=LAST)
    assert (nothing.rota, nothing.coverage) == (None, (0, 0))


def test_published_days_are_never_overwritten(office: Programme) -> None:
    first = draft_rota(programme=office, first=FIRST, last=LAST).rota
    second = draft_rota(programme=office, first=FIRST, last=date(2026, 12, 4)).rota
    assert first is not None
    assert second is not None
    publish(rota=second)
    with pytest.raises(CannotPublish, match="2026-11-23 and 8 more are published already"):
        publish(rota=first)
    first.refresh_from_db()
    assert first.status == RotaStatus.DRAFT
    assert not first.duties.filter(published=True).exists()
    with pytest.raises(CannotPublish, match="published already"):
        publish(rota=second)


def test_a_draft_that_has_become_wrong_is_not_published(office: Programme) -> None:
    rota = draft_rota(programme=office, first=FIRST, last=LAST).rota
    assert rota is not None
    Programme.objects.update(duty_days=["mon"])
    with pytest.raises(CannotPublish, match="2026-11-24 and 6 more are no duty day"):
        publish(rota=rota)
    Programme.objects.update(duty_days=office.duty_days)
    leaving = rota.duties.order_by("day")[0].person
    Person.objects.filter(pk=leaving.pk).update(is_active=False)
    with pytest.raises(CannotPublish, match="has left"):
        publish(rota=rota)
    empty = Rota.objects.create(programme=office, first_day=FIRST, last_day=LAST)
    with pytest.raises(CannotPublish, match="no duties"):
        publish(rota=empty)


def test_somebody_twice_on_a_day_is_not_published(office: Programme) -> None:
    rota = draft_rota(programme=office, first=FIRST, last=FIRST).rota
    assert rota is not None
    primary, backup = rota.duties.all()
    backup.person = primary.person
    backup.save()
    with pytest.raises(CannotPublish, match="would sit twice on 2026-11-23"):
        publish(rota=rota)


@pytest.mark.parametrize("last", [date(2026, 11, 22), date(2030, 1, 1)])
def test_a_period_that_is_none(office: Programme, last: date) -> None:
    with pytest.raises(CannotPlan, match=r"must not be before|at most 731"):
        draft_rota(programme=office, first=FIRST, last=last)


def test_members_by_date(programme: Programme, ana: Person, ben: Person) -> None:
    Membership.objects.filter(person=ana).update(joined_on=date(2026, 12, 1))
    Membership.objects.filter(person=ben).update(left_on=date(2026, 12, 1))
    assert list(members_on(programme, date(2026, 11, 30))) == [ben]
    assert list(members_on(programme, date(2026, 12, 1))) == [ana]
    assert is_member(programme, ana, date(2026, 12, 1))
    assert not is_member(programme, ana, date(2026, 11, 30))


def test_everybody_has_those_who_come_later_and_nobody_without_the_role(
    office: Programme, cleo: Person
) -> None:
    assert members_on(office, FIRST).count() == 6
    late = make_person("late@example.com", "Late", is_executive=True)
    assert late in members_on(office, FIRST)
    assert cleo not in members_on(office, FIRST)
    late.is_active = False
    late.save()
    assert late not in members_on(office, FIRST)


def test_drafting_follows_memberships_day_by_day(programme: Programme, ana: Person, ben: Person) -> None:
    Duty.objects.all().delete()
    Membership.objects.filter(person=ana).update(left_on=date(2026, 12, 3))
    programme.min_gap_days, programme.seats_backup = 1, 0
    programme.save()
    draft = draft_rota(programme=programme, first=date(2026, 12, 1), last=date(2026, 12, 5))
    assert draft.rota is not None
    late = [duty.person for duty in draft.rota.duties.filter(day__gte=date(2026, 12, 3))]
    assert late == [ben, ben, ben]


def test_the_cost_does_not_grow_with_the_period(
    office: Programme, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(26):
        draft_rota(programme=office, first=FIRST, last=date(2027, 3, 31))


PERIOD = ["--programme=office", "--from=2026-11-23", "--to=2026-11-24"]


class TestCommand:
    def run(self, *more: str) -> list[str]:
        out = StringIO()
        call_command(
            "plan_rota", "--programme=office", "--from=2026-11-23", "--to=2026-12-06", *more, stdout=out
        )
        return out.getvalue().splitlines()

    def test_it_tells_coverage_and_fairness(self, office: Programme) -> None:
        lines = self.run()
        assert lines[:3] == [
            "Duty days: 9 drafted, 0 published already",
            "Coverage: 18 of 18 seats",
            "Fairness: 3 to 3 duties each, 6 members",
        ]
        assert re.fullmatch(r"     3 Exec 0 \(primary (1|2) of 1\.5, balance \+0 to [+-]0\.5\)", lines[3])
        assert len(lines) == 10
        assert lines[9].startswith("Score: ")
        assert "proven best" in lines[9]
        assert not Duty.objects.published().exists()

    def test_it_publishes_and_a_second_run_leaves_the_days(self, office: Programme) -> None:
        assert self.run("--publish")[-1] == "Published Office, 2026-11-23 to 2026-12-06."
        assert Duty.objects.published().count() == 18
        assert self.run("--publish") == [
            "Duty days: 0 drafted, 9 published already",
            "There is nothing to draft.",
        ]

    def test_how_good_it_is_is_kept_beside_the_draft(self, office: Programme, dora: Person) -> None:
        self.run("--time-limit=20", "--seed=3")
        run = PlanningRun.objects.get()
        assert (run.status, run.seed, run.time_limit, run.by) == (PlanningStatus.OPTIMAL, 3, 20, None)
        assert run.objective == run.bound
        assert run.gap == 0
        assert run.rota is not None
        assert run.rota.duties.count() == run.report["coverage"]["filled"] == 18
        assert run.ended_at is not None
        monthly.draft_due()
        assert not Letter.objects.exists(), "whoever ran the command knows"

    def test_a_time_too_short_is_told_in_one_line(self, db: None) -> None:
        make_office(40, min_gap_days=9)
        out = StringIO()
        with pytest.raises(CommandError, match="The time was too short"):
            call_command(
                "plan_rota",
                "--programme=office",
                "--from=2027-01-01",
                "--to=2028-12-31",
                "--time-limit=0.01",
                stdout=out,
            )
        assert out.getvalue() == ""

    def test_it_tells_what_could_not_be_met(self, office: Programme) -> None:
        Person.objects.exclude(email="exec0@example.com").update(is_active=False)
        lines = self.run()
        assert "Coverage: 9 of 18 seats" in lines
        unmet = [line for line in lines if line.startswith("Not met: 2026-11-24")]
        assert unmet == ["Not met: 2026-11-24, primary: there is only one member for this day's seats"]
        assert "No rota keeps all the rules:" in lines

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--programme=ofice", "--from=2026-11-23", "--to=2026-11-24"], 'Did you mean "office"'),
            (["--programme=office", "--from=2026-11-23", "--to=2026-11-20"], "must not be before"),
            (["--programme=office", "--from=tomorrow", "--to=2026-11-20"], "no date such as"),
            (["--programme=office", "--from=2026-11-23", "--to=2028-11-24"], "at most 731 days"),
            (["--programme=office", "--from=0001-01-01", "--to=0001-01-02"], "from 2000-01-01 to 2199-12-31"),
            (["--programme=office", "--from=9999-12-30", "--to=9999-12-31"], "from 2000-01-01 to 2199-12-31"),
            ([*PERIOD, "--seed=-1"], "no seed"),
            ([*PERIOD, "--seed=99999999999"], "no seed"),
            ([*PERIOD, "--time-limit=0"], "no time limit"),
            ([*PERIOD, "--time-limit=nan"], "no time limit"),
            ([*PERIOD, "--time-limit=soon"], "no time limit"),
        ],
    )
    def test_it_refuses_clearly(self, office: Programme, arguments: list[str], words: str) -> None:
        with pytest.raises(CommandError, match=words):
            call_command("plan_rota", *arguments)
