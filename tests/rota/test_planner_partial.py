"""Where no plan keeps all the rules, the most of one: nobody serves while away, and what stays empty is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, assume, given, settings

from rota.planner import plan_rota
from rota.planning.breaches import faults
from rota.planning.instance import Absence, Day, Executive, Instance, Rules, SessionRules, Slot
from rota.planning.parts import Allowance, Part, Rule
from rota.planning.search import Status
from tests.rota.exhaustive import plans
from tests.rota.small_instances import instances

MONDAY = date(2026, 3, 2)
UNMET = {Rule.COVERAGE: 0, Rule.COVER_ANY: 40, Rule.MONTH_MIN: 20}


def week(*people: Executive, days: int = 5, **rules: object) -> Instance:
    return Instance(
        name="week",
        days=tuple(Day(date=MONDAY + timedelta(days=step)) for step in range(days)),
        executives=people,
        rules=Rules(**rules),  # type: ignore[arg-type]
    )


def away(*days: int) -> tuple[Absence, ...]:
    return tuple(Absence(first=MONDAY + timedelta(days=d), last=MONDAY + timedelta(days=d)) for d in days)


def test_one_alone_serves_each_day_and_as_primary_where_the_gap_allows() -> None:
    result = plan_rota(week(Executive(id="Ana"), min_gap_days=2), partly=True)

    assert result.status is Status.INFEASIBLE
    assert result.partial is not None
    assert [role for (_, role) in sorted(result.partial.plan.holders)] == [
        "primary", "backup", "primary", "backup", "primary",
    ]  # fmt: skip
    assert {(part.day, part.role) for part in result.partial.unmet} == {
        (MONDAY + timedelta(days=step), "backup" if step % 2 == 0 else "primary") for step in range(5)
    }


def test_what_can_be_met_is_still_fair() -> None:
    people = [Executive(id=name, unavailable=away(2)) for name in ("Ana", "Ben")]
    result = plan_rota(week(*people, backup=False), partly=True)

    assert result.partial is not None
    held = list(result.partial.plan.holders.values())
    assert (held.count("Ana"), held.count("Ben")) == (2, 2)
    assert result.partial.unmet == (Part(Rule.COVERAGE, day=MONDAY + timedelta(days=2), role="primary"),)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(instance=instances())
def test_no_part_of_a_plan_meets_more(instance: Instance) -> None:
    instance = replace(instance, rules=replace(instance.rules, sessions=None), slots=(), pinned={})
    assume(len(instance.days) <= 4)
    result = plan_rota(instance, partly=True)
    assume(result.status is Status.INFEASIBLE)
    assert result.partial is not None

    unmet = result.partial.unmet
    least = min(_weight(instance, dict(duties)) for duties in plans(instance, _hard) if _seats_once(duties))

    assert _weight(instance, result.partial.plan.holders) == least
    assert {fault.rule for fault in faults(instance, result.partial.plan)} == {part.rule for part in unmet}


def _hard(part: Part) -> bool:
    return part.rule not in UNMET


def _seats_once(duties: list[tuple[tuple[date, str], str]]) -> bool:
    return len({seat for seat, _ in duties}) == len(duties)


def _weight(instance: Instance, holders: dict[tuple[date, str], str]) -> int:
    total = 0
    for seat in instance.seats:
        if seat not in holders:
            total += 1000 if seat[1] == "primary" else 200
    for day in instance.days:
        held = {
            tag
            for seat, who in holders.items()
            if seat[0] == day.date
            for tag in instance.executive[who].tags
        }
        total += UNMET[Rule.COVER_ANY] * len(set(day.cover_any) - held)
    for executive in instance.executives:
        for month in instance.rules.min_primary_months:
            served = sum(
                who == executive.id and role == "primary" and f"{day:%Y-%m}" == month
                for (day, role), who in holders.items()
            )
            total += UNMET[Rule.MONTH_MIN] * max(0, executive.primary_days_due(month) - served)
    return total


def test_as_many_sessions_as_fit_are_booked() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    instance = replace(
        week(
            *(Executive(id=name) for name in ("Ana", "Ben", "Cleo")),
            days=3,
            sessions=SessionRules(per_month=1, minutes=30, opens=7, closes=21, one_per_day=True),
        ),
        slots=(
            Slot(
                id="S", centre="", start=noon, end=noon + timedelta(minutes=30), date=MONDAY, seats=1, peak=1
            ),
        ),
    )

    result = plan_rota(instance, partly=True)

    assert result.status is Status.INFEASIBLE
    assert result.clash is not None
    assert result.partial is not None
    assert len(result.partial.plan.sessions) == 1
    assert len(result.partial.plan.holders) == 6
    assert [part.rule for part in result.partial.unmet] == [Rule.QUOTA, Rule.QUOTA]


def test_what_was_given_up_may_be_broken_so_often_and_no_more() -> None:
    people = [
        Executive(id="Ana"),
        Executive(id="Ben", unavailable=away(0, 1, 2)),
        Executive(id="Cleo", unavailable=away(1)),
    ]
    instance = week(*people, days=3)
    assert plan_rota(instance).status is Status.INFEASIBLE

    one = Allowance(rule=Rule.UNAVAILABLE, units=1, day=MONDAY + timedelta(days=1))
    result = plan_rota(replace(instance, allowances=(one,)))

    assert result.status is Status.OPTIMAL
    assert result.plan is not None
    broken = faults(instance, result.plan)
    assert [(fault.rule, fault.day) for fault in broken] == [(Rule.UNAVAILABLE, MONDAY + timedelta(days=1))]
    assert plan_rota(replace(instance, allowances=(replace(one, units=0),))).status is Status.INFEASIBLE


def test_two_owed_duties_are_two_and_a_slot_has_whom_it_requires() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    people = (
        Executive(id="Ana", share=1, duties_owed={"2026-03": 2}, sessions_owed={}),
        Executive(id="Ben", duties_owed={}, sessions_owed={"2026-03": 1}),
    )
    slots = tuple(
        Slot(
            id=name,
            centre="",
            start=noon,
            end=noon + timedelta(minutes=30),
            date=noon.date(),
            seats=1,
            peak=peak,
            requires=frozenset(requires),
        )
        for name, peak, requires in (("any", 1, ()), ("spanish", 3, ("language:es",)))
    )
    instance = replace(
        week(
            *people,
            backup=False,
            min_primary_months=("2026-03",),
            sessions=SessionRules(per_month=4, minutes=30, opens=7, closes=21, one_per_day=True),
        ),
        slots=slots,
    )

    plan = plan_rota(instance).plan

    assert plan is not None
    assert list(plan.holders.values()).count("Ana") == 2
    assert plan.sessions == (("Ben", "any"),)
