"""What is too large to be solved at once is narrowed down first, and nothing is lost by it."""

from math import inf

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rota.planner import Highs
from rota.planning.duties import DutyModel
from rota.planning.fairness import add_goals, score_step
from rota.planning.instance import Instance
from rota.planning.model import Outcome
from rota.planning.narrowing import solve_narrowed
from rota.planning.reading import read_instance
from tests.rota.invented_rotas import as_text, invent
from tests.rota.small_instances import instances


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


def test_without_time_what_was_known_is_kept() -> None:
    instance = read_instance(as_text(invent(seed=12, people=60, days=92, sessions=False)))
    duties = model_of(instance)
    start = [0.0] * len(duties.model.cost)

    found = solve_narrowed(duties, Highs(), seconds=0.01, gap=3.99, start=start)

    assert found.outcome is Outcome.STOPPED
    assert found.values == start
    assert found.bound == -inf
