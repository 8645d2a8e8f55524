"""Plans a rota with HiGHS, on one thread, so that the same seed gives the same plan. No Django here.

`plan_rota` is the door to `rota.planning`, which knows no solver; this module alone knows HiGHS.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import inf
from operator import ge, le
from threading import Event, Thread
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus

from rota.planning.explaining import explain_clash
from rota.planning.instance import Instance
from rota.planning.model import Model, Outcome, Solution, Watcher
from rota.planning.narrowing import is_large
from rota.planning.partial import Partial, most_of_a_plan
from rota.planning.plan import Clash, Plan
from rota.planning.score import score
from rota.planning.search import Progress, Search, Status, gap_between
from rota.planning.strategy import search

GRACE = 2.0
"""Seconds past the limit in which HiGHS should have noticed it; then the search is left to itself."""
TICK = 0.05
LEAST_FOR_A_PART = 20.0
"""Seconds for the most of a plan, whatever the clock says: an empty board helps nobody."""
TOLD_EVERY = 0.25
"""Seconds between two words to the watcher that tell of no better solution."""

_STOPPED = (
    HighsModelStatus.kTimeLimit,
    HighsModelStatus.kInterrupt,
    HighsModelStatus.kSolutionLimit,
)
_INFEASIBLE = (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What planning came to. `status` is optimal only where that is proven. `gap` is 0 to 1. With `infeasible`
    `clash` says why, and `partial` is the most of a plan where that was asked for; with `unknown` the time was too
    short to find a plan or to show that there is none."""

    status: Status
    plan: Plan | None
    objective: int | None
    bound: float | None
    gap: float | None
    seconds: float
    clash: Clash | None = None
    partial: Partial | None = None


def plan_rota(
    instance: Instance,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    draft: Plan | None = None,
    stop: Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    partly: bool = False,
) -> Result:
    """The best plan for an instance that this many seconds allow, and how good it is known to be.

    `draft` is the last plan, from which equally good plans do not stray; `stop` ends the search with the best so
    far; `on_progress` is called from the solver's thread; `partly` asks for the most of a plan where none keeps all
    the rules. The same instance, seed and draft give the same plan whenever the search runs to its proof. Raises
    SolverFailed.
    """
    how = Search(
        solver=Highs(seed=seed, stop=stop),
        finisher=Highs(seed=seed),
        seconds=seconds,
        reference=draft,
        stop=stop,
        on_progress=on_progress,
    )
    found = search(instance, how)
    clash, partial = None, None
    if found.status is Status.INFEASIBLE:
        clash = explain_clash(instance, how, duties_stand=found.duties_stand)
        if partly:
            partial = most_of_a_plan(instance, how, seconds=max(LEAST_FOR_A_PART, how.left()))
    objective = score(instance, found.plan) if found.plan is not None else None
    return Result(
        status=found.status,
        plan=found.plan,
        objective=objective,
        bound=found.bound if found.bound > -inf else None,
        gap=gap_between(objective, found.bound) if objective is not None else None,
        seconds=time.monotonic() - how.began,
        clash=clash,
        partial=partial,
    )


class SolverFailed(RuntimeError):
    """HiGHS ended in a way that a model of ours should never bring about."""


@dataclass(frozen=True)
class Highs:
    """A `Solver`. `stop`, once set, ends the search with the best so far."""

    seed: int = 0
    stop: Event | None = None

    def __call__(
        self,
        model: Model,
        *,
        seconds: float,
        gap: float = 0.0,
        start: Sequence[float] | None = None,
        watcher: Watcher | None = None,
        first_found: bool = False,
        thorough: bool = False,
    ) -> Solution:
        """See `Solver`. Raises SolverFailed."""
        if not model.cost:
            # HiGHS has no answer for a model without columns: its rows are sums of nothing.
            holds = all(map(le, model.row_lower, repeat(0.0))) and all(map(ge, model.row_upper, repeat(0.0)))
            if not holds:
                return Solution(outcome=Outcome.INFEASIBLE, values=None)
            return Solution(outcome=Outcome.OPTIMAL, values=[], cost=model.constant, bound=model.constant)
        search = _Search(model, stop=self.stop, seconds=seconds, watcher=watcher, first_found=first_found)
        search.prepare(seed=self.seed, gap=gap, start=start, thorough=thorough)
        return search.run()


class _Search:
    """One search, in a thread of its own, so that signals and the clock are heard whatever HiGHS is doing."""

    def __init__(
        self, model: Model, *, stop: Event | None, seconds: float, watcher: Watcher | None, first_found: bool
    ) -> None:
        self._model = model
        self._stop = stop or Event()
        self._watcher = watcher
        self._first_found = first_found
        self._seconds = max(0.01, seconds)
        self._deadline = time.monotonic() + self._seconds
        self._best: Sequence[float] | None = None
        self._cost = inf
        self._bound = -inf
        self._told_at = -inf
        self._enough = False
        self._left_alone = False
        self._failure: BaseException | None = None
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]

    def prepare(self, *, seed: int, gap: float, start: Sequence[float] | None, thorough: bool) -> None:
        options: dict[str, Any] = {
            "output_flag": False,
            "threads": 1,
            "random_seed": seed,
            "mip_abs_gap": gap,
            "mip_rel_gap": 0.0,
            "mip_min_logging_interval": TOLD_EVERY,
            "time_limit": self._seconds,
        }
        if not thorough and any(self._model.whole) and is_large(self._model):
            # Measured: 89 s of presolve before 20 s of solving, on 250 executives and 365 days.
            options |= {
                "presolve": "off",
                "mip_detect_symmetry": False,
                "mip_heuristic_run_feasibility_jump": False,
            }
        for name, value in options.items():
            if self._highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
                raise SolverFailed(f"HiGHS knows no option {name} = {value!r}")
        self._highs.passModel(_as_highs(self._model))
        if start is not None:
            known = highspy.HighsSolution()
            known.col_value = [float(value) for value in start]
            self._highs.setSolution(known)
            self._best, self._cost = start, self._model.cost_of(start)
        self._highs.cbMipImprovingSolution.subscribe(self._on_better)
        self._highs.cbMipLogging.subscribe(self._on_progress)
        self._highs.cbMipInterrupt.subscribe(self._on_check)
        self._highs.cbSimplexInterrupt.subscribe(self._on_check)

    def run(self) -> Solution:
        thread = Thread(target=self._solve, name="highs", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(TICK)
            late = time.monotonic() - self._deadline
            if late > GRACE or (late > 0 and self._best is not None and late > GRACE / 4):
                # Deep in an LP or in presolve, where it hears nothing: what it knows is good enough.
                self._left_alone = True
                return Solution(
                    outcome=Outcome.STOPPED, values=self._best, cost=self._cost, bound=self._bound
                )
        if self._failure is not None:
            raise self._failure
        return self._answer()

    def _solve(self) -> None:
        try:
            self._highs.run()
        except Exception as failure:  # noqa: BLE001  handed to the thread that waits
            self._failure = failure

    def _answer(self) -> Solution:
        highs, status = self._highs, self._highs.getModelStatus()
        if status in _INFEASIBLE:
            return Solution(outcome=Outcome.INFEASIBLE, values=None)
        info = highs.getInfo()
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            values = highs.getSolution().col_value
            cost = self._model.cost_of(values)
            if cost <= self._cost:
                self._best, self._cost = values, cost
        if status in (HighsModelStatus.kOptimal, HighsModelStatus.kModelEmpty):
            whole = any(self._model.whole)
            bound = max(self._bound, info.mip_dual_bound) if whole else self._cost
            return Solution(
                outcome=Outcome.OPTIMAL,
                values=self._best,
                cost=self._cost,
                bound=min(bound, self._cost),
                reduced=None if whole else highs.getSolution().col_dual,
            )
        if status in _STOPPED:
            bound = max(self._bound, info.mip_dual_bound) if any(self._model.whole) else -inf
            return Solution(
                outcome=Outcome.STOPPED, values=self._best, cost=self._cost, bound=min(bound, self._cost)
            )
        raise SolverFailed(f"HiGHS ended with {highs.modelStatusToString(status)}.")

    def _on_better(self, event: Any) -> None:
        # HiGHS reuses the array: a copy is kept.
        values = event.data_out.mip_solution.tolist()
        cost = self._model.cost_of(values)
        if cost < self._cost:
            self._best, self._cost = values, cost
        self._enough = self._first_found
        self._tell(event, values=self._best)

    def _on_progress(self, event: Any) -> None:
        if time.monotonic() - self._told_at > TOLD_EVERY:
            self._tell(event, values=None)

    def _on_check(self, event: Any) -> None:
        if self._enough or self._left_alone or self._stop.is_set():
            event.interrupt()

    def _tell(self, event: Any, *, values: Sequence[float] | None) -> None:
        self._told_at = time.monotonic()
        self._bound = max(self._bound, min(event.data_out.mip_dual_bound, self._cost))
        if self._watcher is not None and not self._left_alone:
            self._watcher(self._cost, self._bound, values)


def _as_highs(model: Model) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_lower)
    lp.offset_ = model.constant
    lp.col_cost_ = np.array(model.cost, dtype=np.float64)
    lp.col_lower_ = np.array(model.lower, dtype=np.float64)
    lp.col_upper_ = np.array(model.upper, dtype=np.float64)
    lp.row_lower_ = np.array(model.row_lower, dtype=np.float64)
    lp.row_upper_ = np.array(model.row_upper, dtype=np.float64)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = np.array(model.row_start, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(model.index, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(model.value, dtype=np.float64)
    if any(model.whole):
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in model.whole]
    return lp
