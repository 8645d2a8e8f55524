"""What is too large to be solved at once is narrowed down first, and nothing is lost by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rota.planner import Highs
from rota.planning.breaches import faults
from rota.planning.duties import DutyModel
from rota.planning.fairness import add_goals, score_step
from rota.planning.instance import Day, Executive, Instance, Rules, SessionRules, Slot
from rota.planning.model import Outcome
from rota.planning.narrowing import solve_narrowed
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.reading import read_instance
from rota.planning.sessions import LARGE, book_month
from tests.rota.invented_rotas import as_text, invent
from tests.rota.small_instances import instances

SESSION_RULES = {rule for rule in Rule if rule.name.startswith("SESSION")}


def model_of(instance: Instance) -> DutyModel:
    duties = DutyModel(instance)
    add_goals(duties)
    return duties


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(instance=instances(), candidates=st.integers(1, 2))
def test_the_narrowed_optimum_is_the_optimum(instance: Instance, candidates: int) -> None:
    gap = score_step(instance) - 0.01
    whole = Highs()(model_of(instance).model, seconds=60, gap=gap)
    duties = model_of(instance)

    narrowed = solve_narrowed(duties, Highs(), seconds=60, gap=gap, candidates=candidates)

    assert narrowed.outcome == whole.outcome
    if whole.values is not None:
        assert narrowed.values is not None
        assert abs(narrowed.cost - whole.cost) < 0.5
        assert narrowed.bound <= whole.cost + 0.01
        assert duties.model.cost_of(duties.values(duties.holders(narrowed.values))) <= narrowed.cost + 0.5


def test_a_start_beyond_the_candidates_is_never_made_worse() -> None:
    instance = read_instance(as_text(invent(seed=23, people=22, days=31, sessions=False)))
    duties = model_of(instance)
    start = Highs()(duties.model, seconds=60, gap=inf, first_found=True).values
    assert start is not None

    found = solve_narrowed(duties, Highs(), seconds=60, gap=3.99, start=start, candidates=1)

    assert found.outcome is Outcome.OPTIMAL
    assert abs(found.cost - Highs()(model_of(instance).model, seconds=60, gap=3.99).cost) < 4


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(instance=instances(), few=st.lists(st.integers(1, 3), max_size=2))
def test_sessions_from_a_few_slots_are_as_good_as_from_all(instance: Instance, few: list[int]) -> None:
    rules = instance.rules.sessions
    assume(rules is not None)
    assert rules is not None
    for month in instance.months:
        holders = instance.pinned
        booked, whole = (
            book_month(instance, rules, month, holders=holders, solver=Highs(), seconds=60, few=narrow)
            for narrow in (few, ())
        )
        assert (booked.cost, booked.sure) == (whole.cost, True)
        assert len(booked.sessions) == len(whole.sessions)
        both = replace(instance, days=tuple(day for day in instance.days if day.month == month))
        broken = {fault.rule for fault in faults(both, Plan(dict(holders), booked.sessions))}
        assert broken.isdisjoint({Rule.SEATS, *SESSION_RULES})


def test_where_a_few_slots_do_not_give_the_cheapest_all_are_asked_for() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    rules = SessionRules(per_month=1, minutes=30, opens=7, closes=21, one_per_day=True)
    everybody = tuple(Executive(id=name) for name in "ABCDEF")
    slots = tuple(
        Slot(
            id=f"{peak}:{number}",
            centre="",
            start=noon + number * timedelta(minutes=30),
            end=noon + (number + 1) * timedelta(minutes=30),
            date=noon.date(),
            seats=1,
            peak=peak,
        )
        for number in range(6)
        for peak in (1, 3)
    )
    instance = Instance(
        name="one each",
        days=(Day(date=noon.date()),),
        executives=everybody,
        rules=Rules(backup=False, sessions=rules),
        slots=slots,
    )

    # With one busy slot each to choose from, some of them choose the same.
    booked = book_month(instance, rules, "2026-03", holders={}, solver=Highs(), seconds=60, few=(1,))

    assert {slot for _, slot in booked.sessions} == {slot.id for slot in slots if slot.peak == 3}
    assert booked.cost == 0


def test_a_month_of_hundreds_is_booked_from_a_few_slots_and_keeps_what_was_liked() -> None:
    instance = read_instance(as_text(invent(seed=12, people=150, days=31)))
    rules = instance.rules.sessions
    assert rules is not None
    assert len(instance.executives) * len(instance.slots) > LARGE
    arguments = {"holders": {}, "solver": Highs(), "seconds": 60.0}

    booked = book_month(instance, rules, "2026-03", **arguments)
    whole = book_month(instance, rules, "2026-03", few=(), **arguments)
    again = book_month(instance, rules, "2026-03", liked=frozenset(whole.sessions), **arguments)

    assert booked.cost == whole.cost < inf
    assert set(again.sessions) == set(whole.sessions)


def test_without_time_what_was_known_is_kept() -> None:
    instance = read_instance(as_text(invent(seed=12, people=60, days=92, sessions=False)))
    duties = model_of(instance)
    start = [0.0] * len(duties.model.cost)

    found = solve_narrowed(duties, Highs(), seconds=0.01, gap=3.99, start=start)

    assert found.outcome is Outcome.STOPPED
    assert found.values == start
    assert found.bound == -inf
