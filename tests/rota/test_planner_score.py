"""The score by hand, the cost of a change without solving, and the sentence that explains a duty."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rota.planner import plan_rota
from rota.planning.breaches import breaches, faults, faults_of_change
from rota.planning.instance import Absence, Day, Executive, Instance, Points, Rules, SessionRules, Slot
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.reading import read_instance
from rota.planning.reasons import reasons
from rota.planning.score import Ledger, Terms, score, terms_of, with_change
from tests.rota.invented_rotas import as_text, invent

FRIDAY, SATURDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8)
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)

ANA = Executive(id="Ana", balance=Points(load=4), avoided={FRIDAY: 3}, wanted={SUNDAY: 2})
BEN = Executive(id="Ben", avoided={SATURDAY: 1})
WEEKEND = Instance(
    name="weekend",
    days=(
        Day(date=FRIDAY, burden=4),
        Day(date=SATURDAY, burden=6, weekend=True),
        Day(date=SUNDAY, burden=6, weekend=True),
    ),
    executives=(ANA, BEN),
    rules=Rules(sessions=SessionRules(per_month=1, minutes=60, opens=7, closes=21, one_per_day=True)),
    slots=(
        Slot(id="S1", centre="pune", start=NOON, end=NOON + timedelta(hours=1), date=FRIDAY, seats=2, peak=1),
    ),
    published={(FRIDAY, "primary"): "Ben", (SATURDAY, "primary"): "Ben"},
)
PLAN = Plan(
    {
        (FRIDAY, "primary"): "Ana",
        (FRIDAY, "backup"): "Ben",
        (SATURDAY, "primary"): "Ana",
        (SATURDAY, "backup"): "Ben",
        (SUNDAY, "primary"): "Ben",
        (SUNDAY, "backup"): "Ana",
    },
    (("Ana", "S1"), ("Ben", "S1")),
)


def test_the_fair_share_takes_the_past_into_account() -> None:
    assert WEEKEND.targets["Ana"] == Points(load=4, weekend=4, backup=6)
    assert WEEKEND.targets["Ben"] == Points(load=8, weekend=4, backup=6)


def test_the_terms_are_those_of_the_format() -> None:
    # Load: Ana 10 for 4, Ben 6 for 8. Backup: 4 and 8 for 6 each. Wishes: 2 x 3 avoided by Ana as primary,
    # 1 x 1 by Ben as backup, 2 x 2 wanted and not met. Sessions: two at peak 1. Both published seats moved.
    assert terms_of(WEEKEND, PLAN) == Terms(
        load=36 + 4, weekend=0, backup=4 + 4, preference=6 + 1 + 4, session=4, change=2
    )
    assert score(WEEKEND, PLAN) == 10 * 40 + 3 * 8 + 4 * 11 + 4 + 200 * 2


def test_breaches_are_named_and_what_was_pinned_is_not_blamed() -> None:
    away = replace(ANA, unavailable=(Absence(first=FRIDAY, last=FRIDAY, why="leave"),))
    instance = replace(WEEKEND, executives=(away, BEN), rules=replace(WEEKEND.rules, min_gap_days=2))
    pinned = replace(instance, pinned={seat: PLAN.holders[seat] for seat in instance.seats})

    rules = {breach.rule for breach in faults(instance, PLAN)}
    excused = {breach.rule for breach in breaches(pinned, PLAN) if breach.given}

    assert rules >= {Rule.UNAVAILABLE, Rule.MIN_GAP, Rule.SESSION_ON_DUTY, Rule.SESSION_UNAVAILABLE}
    assert excused == {Rule.UNAVAILABLE, Rule.MIN_GAP}


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_the_cost_of_a_change_is_what_the_score_would_grow_by(data: st.DataObject) -> None:
    instance = read_instance(as_text(invent(seed=5, people=6, days=12, sessions=False)))
    people = st.sampled_from([executive.id for executive in instance.executives])
    plan = Plan({seat: data.draw(people) for seat in instance.seats})
    instance = replace(instance, published={seat: data.draw(people) for seat in instance.seats[:4]})
    seat, to = data.draw(st.sampled_from(instance.seats)), data.draw(people)

    cost = Ledger(instance, plan).cost_of_change(seat, to)

    assert cost == score(instance, with_change(plan, seat=seat, to=to)) - score(instance, plan)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_a_change_is_blamed_for_what_it_breaks(data: st.DataObject) -> None:
    instance = read_instance(as_text(invent(seed=5, people=6, days=12, sessions=False)))
    plan = plan_rota(instance).plan
    assert plan is not None
    seat = data.draw(st.sampled_from(instance.seats))
    to = data.draw(st.sampled_from([executive.id for executive in instance.executives]))

    new = faults_of_change(instance, plan, seat=seat, to=to)

    assert set(new) == set(faults(instance, with_change(plan, seat=seat, to=to)))


def test_each_duty_is_explained_in_a_sentence() -> None:
    instance = read_instance(as_text(invent(seed=6, people=8, days=14, sessions=False)))
    ana = replace(instance.executives[0], name="Ana Silva")
    instance = replace(instance, executives=(ana, *instance.executives[1:]))
    result = plan_rota(instance)
    assert result.plan is not None

    told = reasons(instance, result.plan, period="in March 2026", last_served={"E001": FRIDAY})

    assert set(told) == set(instance.seats)
    assert all(reason.text.endswith(".") for reason in told.values())
    hers = [told[seat].text for seat, who in sorted(result.plan.holders.items()) if who == "E001"]
    assert hers
    assert all(
        re.match(r"Ana Silva: fair share (as backup )?in March 2026 [\d.]+, has [\d.]+; ", text)
        for text in hers
    )
    assert "last served 6 March 2026" in hers[0]
    for seat, reason in told.items():
        if reason.next_best is not None:
            # The plan is the best there is, so any other holder can only be as good or worse.
            assert reason.next_cost is not None
            assert reason.next_cost >= 0
            assert faults_of_change(instance, result.plan, seat=seat, to=reason.next_best) == []
            assert "Next best: " in reason.text


def test_whoever_alone_could_serve_is_told_so() -> None:
    away = (Absence(first=FRIDAY, last=SUNDAY, why="leave"),)
    instance = replace(
        WEEKEND,
        executives=(ANA, replace(BEN, unavailable=away)),
        rules=Rules(backup=False),
        published={},
    )
    plan = plan_rota(instance).plan
    assert plan is not None

    assert "Nobody else is free." in reasons(instance, plan, period="this month")[FRIDAY, "primary"].text


def test_a_pinned_seat_says_so() -> None:
    instance = replace(WEEKEND, rules=Rules(backup=False), pinned={(FRIDAY, "primary"): "Ana"}, published={})
    plan = plan_rota(instance).plan
    assert plan is not None

    assert (
        reasons(instance, plan, period="this month")[FRIDAY, "primary"].text == "Ana was fixed for this seat."
    )


def test_further_backup_seats_are_shared_as_fairly() -> None:
    days = tuple(Day(date=FRIDAY + timedelta(days=step)) for step in range(8))
    people = tuple(Executive(id=name) for name in ("Ana", "Ben", "Cleo", "Dora"))
    instance = Instance(
        name="three seats", days=days, executives=people, rules=Rules(further_backups=1), pinned={}
    )
    result = plan_rota(instance)

    assert result.plan is not None
    assert len(result.plan.holders) == 24
    assert result.objective == 0
    backups = [who for (_, role), who in result.plan.holders.items() if role != "primary"]
    assert {backups.count(one.id) for one in people} == {4}
    assert faults(instance, result.plan) == []
