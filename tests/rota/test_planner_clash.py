"""Why there is no plan: the named parts really clash, none of them is idle, and what is proposed would do."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings

from rota.planner import Highs, plan_rota
from rota.planning.clash import Demands, Judge, find_core
from rota.planning.instance import Absence, Day, Executive, Instance, Rules, SessionRules, Slot
from rota.planning.parts import Part
from rota.planning.plan import Clash
from rota.planning.search import Status
from tests.rota.exhaustive import Insists, is_possible
from tests.rota.small_instances import instances

MARCH = date(2026, 3, 2)


def insisting(demands: Demands) -> Insists:
    def insists(part: Part) -> bool:
        return demands.price(part) > 0

    return insists


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(instance=instances())
def test_the_named_parts_clash_and_none_is_idle(instance: Instance) -> None:
    assume(len(instance.days) <= 4)
    assume(plan_rota(instance).status is Status.INFEASIBLE)
    alone = replace(instance, rules=replace(instance.rules, sessions=None), slots=())
    duties_stand = plan_rota(alone).status is not Status.INFEASIBLE

    core = find_core(instance, Judge(Highs(), deadline=time.monotonic() + 60), duties_stand=duties_stand)

    scope, demands = core.scope.instance, core.demands
    if not core.scope.session_months:
        scope = replace(scope, rules=replace(scope.rules, sessions=None))
    assert not is_possible(scope, insisting(demands))
    for rule in demands.rules:
        assert is_possible(scope, insisting(replace(demands, rules=demands.rules - {rule}))), rule
    for day in demands.dates or ():
        assert is_possible(scope, insisting(replace(demands, dates=(demands.dates or frozenset()) - {day})))
    for month in demands.months or ():
        fewer = (demands.months or frozenset()) - {month}
        assert is_possible(scope, insisting(replace(demands, months=fewer)))
    for who in demands.executives or ():
        fewer = (demands.executives or frozenset()) - {who}
        assert is_possible(scope, insisting(replace(demands, executives=fewer)))


def days(number: int, start: date = MARCH) -> tuple[Day, ...]:
    return tuple(Day(date=start + timedelta(days=step)) for step in range(number))


def away(*when: date) -> tuple[Absence, ...]:
    return tuple(Absence(first=day, last=day, why="leave") for day in when)


def clash_of(instance: Instance) -> Clash:
    result = plan_rota(instance)
    assert result.status is Status.INFEASIBLE
    assert result.plan is None
    assert result.clash is not None
    assert result.clash.proven
    return result.clash


def test_a_day_on_which_nobody_is_free() -> None:
    offsite = MARCH + timedelta(days=3)
    people = tuple(Executive(id=name, unavailable=away(offsite)) for name in ("Ana", "Ben", "Cleo", "Dan"))

    clash = clash_of(Instance(name="offsite", days=days(5), executives=people))

    assert clash.rules == ("coverage", "unavailable")
    assert clash.dates == (offsite,)
    assert clash.executives == ()
    assert "5 March 2026: none of the 4 executives can serve, and 2 are needed." in clash.text
    assert clash.relaxations[0].kind == "release"
    assert clash.relaxations[0].terms == {"date": "2026-03-05", "executives": 2}


def test_three_days_for_two_people_and_a_gap() -> None:
    when = [MARCH + timedelta(days=step) for step in (1, 2, 3)]
    people = [Executive(id=name) for name in ("Ana", "Ben")]
    people += [Executive(id=name, unavailable=away(*when)) for name in ("Cleo", "Dan", "Eve", "Finn")]
    instance = Instance(
        name="gap", days=days(5), executives=tuple(people), rules=Rules(backup=False, min_gap_days=3)
    )

    clash = clash_of(instance)

    assert clash.rules == ("coverage", "min_gap", "unavailable")
    assert clash.dates == tuple(when)
    assert clash.executives == ("Ana", "Ben")
    assert "3, 4 and 5 March 2026: only Ana and Ben can serve." in clash.text
    assert "at least 3 days apart" in clash.text
    assert [relaxation.kind for relaxation in clash.relaxations] == ["release", "min_gap_days"]
    assert clash.relaxations[0].terms["executives"] == 1
    assert clash.relaxations[1].terms == {"to": 2}


def test_a_monthly_duty_for_more_people_than_they_have_days() -> None:
    open_days = (MARCH + timedelta(days=2), MARCH + timedelta(days=6))
    elsewhere = [day.date for day in days(10) if day.date not in open_days]
    people = [Executive(id=name) for name in ("Ana", "Ben", "Cleo")]
    people += [Executive(id=name, unavailable=away(*elsewhere)) for name in ("Dan", "Eve", "Finn")]
    instance = Instance(
        name="months",
        days=days(10),
        executives=tuple(people),
        rules=Rules(backup=False, min_primary_months=("2026-03",)),
    )

    clash = clash_of(instance)

    assert clash.rules == ("coverage", "month_min", "unavailable")
    assert clash.dates == open_days
    assert clash.executives == ("Dan", "Eve", "Finn")
    assert clash.months == ("2026-03",)
    assert "Dan, Eve and Finn must each be primary at least once in March 2026." in clash.text
    assert "between them they are free only on 4 and 8 March 2026" in clash.text
    assert clash.relaxations[0].kind == "exempt"
    assert clash.relaxations[0].terms["executive"] in clash.executives


def slot(number: int, *, seats: int = 1) -> Slot:
    start = datetime(2026, 3, 2 + number, 12, tzinfo=UTC)
    return Slot(
        id=f"S{number}",
        centre="dublin",
        start=start,
        end=start + timedelta(hours=1),
        date=start.date(),
        seats=seats,
        peak=3,
    )


def test_more_sessions_owed_than_seats() -> None:
    instance = Instance(
        name="seats",
        days=days(10),
        executives=tuple(Executive(id=f"E{number}") for number in range(6)),
        rules=Rules(sessions=SessionRules(per_month=2, minutes=60, opens=7, closes=21, one_per_day=True)),
        slots=tuple(slot(number) for number in range(9)),
    )

    clash = clash_of(instance)

    assert clash.rules == ("quota", "seats")
    assert clash.months == ("2026-03",)
    assert clash.dates == ()
    assert clash.executives == ()
    assert "6 executives owe 2 sessions each (12 in all), and its slots have 9 seats" in clash.text
    assert [
        (each.kind, each.terms.get("add", each.terms.get("sessions_short"))) for each in clash.relaxations
    ] == [
        ("seats", 3),
        ("quota", 3),
    ]


def test_all_slots_on_a_day_on_which_too_many_are_on_duty() -> None:
    instance = Instance(
        name="one day",
        days=days(1),
        executives=tuple(Executive(id=name) for name in ("Ana", "Ben", "Cleo")),
        rules=Rules(sessions=SessionRules(per_month=1, minutes=60, opens=7, closes=21, one_per_day=True)),
        slots=(slot(0, seats=5),),
    )

    clash = clash_of(instance)

    # Seats enough, and everybody may serve: without the day nobody would see why.
    assert "(3 in all), and its slots, on 2 March 2026, have 5 seats." in clash.text
    assert "nobody listens on an own duty day" in clash.text


def test_a_gap_too_long_for_so_few_people() -> None:
    instance = Instance(
        name="gaps",
        days=days(20),
        executives=tuple(Executive(id=f"E{number}") for number in range(4)),
        rules=Rules(backup=False, min_gap_days=7),
    )

    clash = clash_of(instance)

    assert clash.rules == ("coverage", "min_gap")
    assert len(clash.dates) == 5
    assert clash.relaxations[0].kind == "min_gap_days"
    assert clash.relaxations[0].terms == {"to": 4}


def test_nobody_with_the_tag_is_free() -> None:
    listed = list(days(4))
    listed[1] = replace(listed[1], primary_requires=frozenset({"EMEA"}))
    people = [Executive(id=name) for name in ("Ana", "Ben", "Cleo")]
    people.append(Executive(id="Dan", tags=frozenset({"EMEA"}), unavailable=away(listed[1].date)))

    clash = clash_of(Instance(name="tags", days=tuple(listed), executives=tuple(people)))

    assert clash.rules == ("coverage", "primary_requires", "unavailable")
    assert clash.dates == (listed[1].date,)
    assert clash.relaxations[0].terms == {"date": "2026-03-03", "executives": 1}


def test_one_person_pinned_to_both_seats_of_a_day() -> None:
    pinned = {(MARCH, "primary"): "Ana", (MARCH, "backup"): "Ana"}
    people = tuple(Executive(id=name) for name in ("Ana", "Ben", "Cleo"))

    clash = clash_of(Instance(name="pins", days=days(3), executives=people, pinned=pinned))

    assert clash.rules == ("backup_is_primary", "pinned")
    assert clash.dates == (MARCH,)
    assert "Ana is pinned as primary" in clash.text


def test_the_clash_of_a_long_rota_is_found_in_its_place() -> None:
    offsite = MARCH + timedelta(days=80)
    people = tuple(Executive(id=f"E{number}", unavailable=away(offsite)) for number in range(10))

    clash = clash_of(Instance(name="long", days=days(120), executives=people, rules=Rules(min_gap_days=3)))

    assert clash.rules == ("coverage", "unavailable")
    assert clash.dates == (offsite,)


def test_two_clashes_at_once_are_told_one_by_one() -> None:
    first, second = MARCH, MARCH + timedelta(days=7)
    people = (
        Executive(id="Ana", unavailable=away(first)),
        Executive(id="Ben", unavailable=away(first, second)),
    )
    instance = Instance(
        name="two",
        days=days(10),
        executives=people,
        rules=Rules(backup=False, min_primary_months=("2026-04",)),
    )

    clash = clash_of(instance)

    assert clash.relaxations
    assert all(relaxation.terms["enough"] is False for relaxation in clash.relaxations)
    assert "others remain" in clash.relaxations[0].text


@pytest.mark.parametrize("month", ["2026-04"])
def test_a_month_without_duty_days_cannot_have_a_monthly_duty(month: str) -> None:
    people = (Executive(id="Ana"), Executive(id="Ben"))
    rules = Rules(backup=False, min_primary_months=(month,))

    clash = clash_of(Instance(name="month", days=days(10), executives=people, rules=rules))

    assert clash.rules == ("month_min",)
    assert clash.months == (month,)
