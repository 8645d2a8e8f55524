"""How an instance is solved: duties first, sessions beside them, and both at once only where that could be better.

The duties alone give a bound, and so do each month's sessions without them. Where the sessions that fit beside the
best duties cost no more than that, the whole is proven optimal without ever being one model; the months where
they cost more, or do not fit at all, are put into one model with the duties.
"""

import time
from dataclasses import replace
from math import ceil, inf

from rota.planning.breaches import faults
from rota.planning.duties import DutyModel
from rota.planning.evening import even_out
from rota.planning.fairness import USUAL_MARGIN, add_goals, score_step
from rota.planning.instance import Instance
from rota.planning.listening import Listening
from rota.planning.model import Outcome, Solution
from rota.planning.narrowing import is_large
from rota.planning.plan import Plan
from rota.planning.polishing import any_holders, polish
from rota.planning.score import score
from rota.planning.search import Found, Search, Status, solve_near_draft

FINISH = 0.2
"""Part of the time that is kept for the sessions."""
FIRST_TRY, FIRST_LARGE = 0.5, 0.85
"""Part of the time for solving the duties at once, before a rota is polished piece by piece."""
SIMPLER = 0.6
"""Part of what is left then for a simpler model, if no rota was found at all."""
POLISH = 0.6
"""Part of what is left then for the polishing, before the whole is solved from there."""


def search(instance: Instance, how: Search) -> Found:
    """The best plan that the time allows. INFEASIBLE is proven; UNKNOWN means that the time was too short."""
    rules = instance.rules.sessions
    duties = _plan_duties(instance, how, seconds=how.left() * (1 - FINISH if rules else 1))
    if duties.status in (Status.INFEASIBLE, Status.UNKNOWN):
        return duties
    if instance.even and duties.plan is not None:
        evened = even_out(instance, duties.plan, how)
        if evened != duties.plan:
            duties = replace(duties, plan=evened, values=None)
    if rules is None:
        return _settle(instance, duties, how)
    return _settle(instance, Listening(instance, rules, how).add_to(duties), how)


def _settle(instance: Instance, found: Found, how: Search) -> Found:
    """Keeps the last draft itself where nothing better was found."""
    if found.plan is None:
        return found
    cost = score(instance, found.plan)
    draft = how.reference
    stands = draft is not None and _is_about(instance, draft) and not faults(instance, draft)
    if draft is not None and stands and score(instance, draft) <= cost:
        found, cost = replace(found, plan=draft), score(instance, draft)
    # Scores are whole numbers, so a bound within 1 is the score itself.
    proven = cost - found.bound < 1
    bound = cost if proven else ceil(found.bound) if found.bound > -inf else -inf
    return replace(found, status=Status.OPTIMAL if proven else Status.FEASIBLE, bound=bound)


def _is_about(instance: Instance, plan: Plan) -> bool:
    """Whether every seat, slot and person of the plan is one of the instance's."""
    slots = {slot.id for slot in instance.slots}
    people = set(plan.holders.values()) | {who for who, _ in plan.sessions}
    return (
        people <= instance.executive.keys()
        and plan.holders.keys() <= set(instance.seats)
        and all(slot in slots for _, slot in plan.sessions)
    )


def _plan_duties(instance: Instance, how: Search, *, seconds: float) -> Found:
    """The duties alone: the cost of sessions is left out, and so are their rules."""
    margin = USUAL_MARGIN
    deadline = time.monotonic() + seconds
    while True:
        duties = DutyModel(instance)
        add_goals(duties, margin=margin)
        solution = _solve_patiently(duties, how, deadline=deadline)
        if solution.outcome is Outcome.INFEASIBLE:
            return Found(status=Status.INFEASIBLE)
        if solution.values is None:
            return Found(status=Status.UNKNOWN, bound=solution.bound)
        plan = Plan(duties.holders(solution.values))
        # Whoever lies beyond what was modelled exactly costs more than the model says.
        if solution.outcome is Outcome.STOPPED or score(instance, plan) <= solution.cost + 0.5:
            return Found(
                status=Status.FEASIBLE,
                plan=plan,
                bound=solution.bound,
                values=solution.values,
                margin=margin,
            )
        margin *= 3


def _solve_patiently(duties: DutyModel, how: Search, *, deadline: float) -> Solution:
    """At once where that is quick, as it nearly always is; else from a rota that was polished in between."""
    step = score_step(duties.instance)

    def left() -> float:
        return max(0.05, deadline - time.monotonic())

    first_try = FIRST_LARGE if is_large(duties.model) else FIRST_TRY
    first = solve_near_draft(duties, how, seconds=left() * first_try, stage="duties", step=step)
    if first.outcome is not Outcome.STOPPED or how.is_over():
        return first
    start = first.values
    if start is None:
        found = any_holders(duties.instance, how, seconds=left() * SIMPLER)
        if isinstance(found, Solution):
            return found
        start = duties.values(found)
    enough = first.bound + step - 0.01
    start = polish(duties, how, start, seconds=left() * POLISH, enough=enough)
    cost = duties.model.cost_of(start)
    known = replace(first, values=start, cost=cost, bound=min(first.bound, cost))
    if cost <= enough or how.is_over():
        return replace(known, outcome=Outcome.OPTIMAL if cost <= enough else Outcome.STOPPED)
    last = solve_near_draft(duties, how, seconds=left(), stage="duties", step=step, start=start)
    if last.values is None or last.cost > cost:
        return known
    return replace(last, bound=max(first.bound, last.bound))
