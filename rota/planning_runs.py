"""A rota is planned in a process of its own (`manage.py run_planner`): asked for here, claimed there, kept as a draft.

WAITING → RUNNING → OPTIMAL, FEASIBLE, INFEASIBLE, NOTHING or FAILED; CANCELLED where it was stopped before anything
was found. A run whose process died is taken up again once its lease is over.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from people.models import Person
from rota.models import PlanningRun, Programme

USUAL_SECONDS = 60


def ask_for_plan(
    *,
    programme: Programme,
    first: date,
    last: date,
    by: Person | None,
    seconds: int = USUAL_SECONDS,
    seed: int = 0,
    relax: Sequence[dict[str, Any]] = (),
) -> PlanningRun:
    """Asks for the days from `first` to `last`, both inclusive, to be planned; returns the run, which is WAITING.

    Watch the row: `status`, `objective`, `bound`, `gap`, `seconds` and `progress` move each second while it runs; at
    the end `rota` is the draft. Raises CannotPlan for a bad period, and where the programme is being planned already.
    """
    raise NotImplementedError


def stop(*, run: PlanningRun, by: Person) -> PlanningRun:
    """Ends the run with the best rota so far, soon; at once where it has not begun. Raises CannotPlan."""
    raise NotImplementedError


def apply_relaxation(*, run: PlanningRun, by: Person, choice: int = 0) -> PlanningRun:
    """Plans the period again, giving up what the run proposes: `choice` counts the run's `relaxations` from 0.

    Only by an administrator's click. Raises CannotPlan where nothing is proposed or it cannot be given up by a rule.
    """
    raise NotImplementedError
