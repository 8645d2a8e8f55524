"""When somebody drops out, no published duty moves that need not; and solving again does not shuffle a draft."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rota.planner import plan_rota
from rota.planning.instance import Absence, Instance, Rules, Weights
from rota.planning.reading import read_instance
from rota.planning.score import moved, score
from rota.planning.search import Status
from tests.rota.exhaustive import plans
from tests.rota.invented_rotas import as_text, invent
from tests.rota.small_instances import instances

FIRST_OF_ALL = Weights(change=100_000)
"""With this weight no fairness can outweigh one more duty that moves."""


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(instance=instances(), data=st.data())
def test_no_published_duty_moves_that_need_not(instance: Instance, data: st.DataObject) -> None:
    rules = replace(instance.rules, sessions=None, min_primary_months=())
    instance = replace(instance, rules=rules, weights=FIRST_OF_ALL, published={}, pinned={})
    before = plan_rota(instance)
    assume(before.plan is not None)
    assert before.plan is not None
    gone = data.draw(st.sampled_from(sorted(set(before.plan.holders.values()))))
    absence = Absence(first=instance.days[0].date, last=instance.days[-1].date, why="left")
    changed = replace(
        instance,
        published=before.plan.holders,
        executives=tuple(
            replace(one, unavailable=(absence,)) if one.id == gone else one for one in instance.executives
        ),
    )

    after = plan_rota(changed)

    fewest = min((len(moved(changed, dict(duties))) for duties in plans(changed)), default=None)
    if fewest is None:
        assert after.status is Status.INFEASIBLE
        return
    assert after.plan is not None
    assert len(moved(changed, after.plan.holders)) == fewest


def test_solving_again_leaves_a_good_draft_alone() -> None:
    instance = read_instance(as_text(invent(seed=4, people=12, days=31)))
    draft = plan_rota(instance, seed=1).plan
    assert draft is not None

    again = plan_rota(instance, seed=2, draft=draft)
    afresh = plan_rota(instance, seed=2)

    assert again.plan == draft
    assert afresh.objective == again.objective
    assert again.status is Status.OPTIMAL


def test_a_change_moves_little_of_the_draft() -> None:
    instance = read_instance(as_text(invent(seed=4, people=12, days=31, sessions=False)))
    draft = plan_rota(instance, seed=1).plan
    assert draft is not None
    day = instance.days[10].date
    leaver = draft.holders[day, "primary"]
    changed = replace(
        instance,
        executives=tuple(
            replace(one, unavailable=(*one.unavailable, Absence(first=day, last=day)))
            if one.id == leaver
            else one
            for one in instance.executives
        ),
    )

    near = plan_rota(changed, seed=2, draft=draft)
    afresh = plan_rota(changed, seed=2)

    assert near.plan is not None
    assert afresh.plan is not None
    assert near.objective == afresh.objective == score(changed, near.plan)
    stirred = sum(near.plan.holders[seat] != who for seat, who in draft.holders.items())
    assert stirred <= sum(afresh.plan.holders[seat] != who for seat, who in draft.holders.items())
    assert stirred <= 12


def test_the_same_seed_gives_the_same_plan() -> None:
    instance = read_instance(as_text(invent(seed=9, people=20, days=31)))

    results = [plan_rota(instance, seed=3) for _ in range(2)]

    assert results[0].status is Status.OPTIMAL
    assert results[0].plan == results[1].plan


def test_a_draft_of_another_programme_does_no_harm() -> None:
    instance = read_instance(as_text(invent(seed=9, people=6, days=10, sessions=False, gap=2)))
    draft = plan_rota(instance).plan
    assert draft is not None
    other = replace(
        instance,
        rules=Rules(backup=False),
        executives=tuple(replace(one, id=f"{one.id}x") for one in instance.executives),
    )

    assert plan_rota(other, draft=draft).status is Status.OPTIMAL
