"""The plan is the best there is, and "there is none" is true: compared with trying every plan."""

from hypothesis import HealthCheck, given, settings

from rota.planner import plan_rota
from rota.planning.breaches import faults
from rota.planning.fairness import score_step
from rota.planning.instance import Instance
from rota.planning.score import score
from rota.planning.search import Status
from tests.rota.exhaustive import best_score, duty_score, plans
from tests.rota.small_instances import instances


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(instance=instances())
def test_the_optimum_is_the_optimum(instance: Instance) -> None:
    best = best_score(instance)

    result = plan_rota(instance, seconds=60)

    if best is None:
        assert result.status is Status.INFEASIBLE
        return
    assert result.status is Status.OPTIMAL
    assert result.plan is not None
    assert faults(instance, result.plan) == []
    assert score(instance, result.plan) == result.objective == best == result.bound


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(instance=instances())
def test_scores_differ_by_whole_steps(instance: Instance) -> None:
    scores = {duty_score(instance, duties) for duties in plans(instance)}

    # The planner calls a bound that is nearer than a step a proof: it must be no larger than it truly is.
    assert len({cost % score_step(instance) for cost in scores}) <= 1
