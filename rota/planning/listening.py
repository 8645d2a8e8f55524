"""Sessions beside duties: each month alone first, and in one model with the duties where that may be better."""

from collections.abc import Mapping, Sequence
from math import gcd, inf

from rota.planning.duties import DutyModel
from rota.planning.fairness import add_goals, score_step
from rota.planning.instance import Instance, Seat, SessionRules
from rota.planning.model import Outcome
from rota.planning.plan import Plan
from rota.planning.score import score
from rota.planning.search import Found, Search, Status, solve_near_draft
from rota.planning.sessions import Booked, SessionModel, book_month, least_cost

LEAST_SECONDS = 3.0
"""For the sessions of one month, whatever the clock says: duties without them are no plan."""


class Listening:
    """Adds the cheapest sessions to duties, and moves duties where the sessions need it.

    The floor of a month is what its sessions cost at least, whoever is on duty.
    """

    def __init__(self, instance: Instance, rules: SessionRules, how: Search) -> None:
        self.instance = instance
        self.rules = rules
        self.how = how
        self.liked = frozenset(how.reference.sessions if how.reference is not None else ())
        self.floors: dict[str, float] = {}
        self.best: Plan | None = None
        self.best_cost = inf

    def add_to(self, duties: Found) -> Found:
        """`duties` has a plan without sessions. INFEASIBLE where the quota of a month cannot be met at all."""
        joined: set[str] = set()
        found, bound = duties, -inf
        while found.plan is not None:
            booked = self._book_all(found.plan.holders)
            self._find_floors(booked)
            if inf in self.floors.values():
                return Found(status=Status.INFEASIBLE, duties_stand=True)
            beside = sum(cost for month, cost in self.floors.items() if month not in joined)
            bound = max(bound, found.bound + beside)
            dear = {month for month in booked if booked[month].cost > self.floors[month]}
            if dear <= joined or self.best_cost - bound < 1 or self.how.is_over():
                break
            joined |= dear
            found = self._solve_together(found, joined, booked)
            if found.status is Status.INFEASIBLE:
                return found
        status = Status.UNKNOWN if self.best is None else Status.FEASIBLE
        return Found(status=status, plan=self.best, bound=bound)

    def _book_all(self, holders: Mapping[Seat, str]) -> dict[str, Booked]:
        booked: dict[str, Booked] = {}
        for month in self.instance.months:
            self.how.tell(f"sessions of {month}", self.best_cost, -inf)
            booked[month] = self._book(month, holders)
        if all(month.cost < inf for month in booked.values()):
            sessions = tuple(session for month in booked.values() for session in month.sessions)
            plan = Plan(dict(holders), sessions)
            cost = score(self.instance, plan)
            if cost < self.best_cost:
                self.best, self.best_cost = plan, cost
        return booked

    def _find_floors(self, booked: Mapping[str, Booked]) -> None:
        """By counting first; by booking beside nothing but pinned duties where that says too little."""
        for month, sessions in booked.items():
            if month not in self.floors:
                self.floors[month] = least_cost(self.instance, self.rules, month)
                if sessions.cost > self.floors[month] < inf and not self.how.is_over():
                    alone = self._book(month, self.instance.pinned)
                    self.floors[month] = alone.cost if alone.sure else self.floors[month]

    def _book(self, month: str, holders: Mapping[Seat, str]) -> Booked:
        seconds = max(LEAST_SECONDS, self.how.left())
        return book_month(
            self.instance,
            self.rules,
            month,
            holders=holders,
            solver=self.how.finisher,
            seconds=seconds,
            liked=self.liked,
        )

    def _solve_together(self, found: Found, months: set[str], booked: Mapping[str, Booked]) -> Found:
        """Duties and the sessions of these months in one model."""
        margin = found.margin
        step = gcd(score_step(self.instance), self.instance.weights.session) or 1
        other = int(sum(cost for month, cost in self.floors.items() if month not in months))
        while True:
            duties = DutyModel(self.instance)
            add_goals(duties, margin=margin)
            size = len(duties.model.cost)
            sessions = SessionModel(self.instance, self.rules, months=sorted(months), duties=duties)
            start = self._start(found, size, sessions, booked) if margin == found.margin else None
            solution = solve_near_draft(
                duties,
                self.how,
                seconds=self.how.left(),
                stage="duties and sessions",
                step=step,
                start=start,
                other=other,
            )
            if solution.outcome is Outcome.INFEASIBLE:
                return Found(status=Status.INFEASIBLE, duties_stand=True)
            if solution.values is None:
                return Found(status=Status.UNKNOWN, bound=solution.bound)
            plan = Plan(duties.holders(solution.values), sessions.bookings(solution.values))
            if solution.outcome is Outcome.STOPPED or score(self.instance, plan) <= solution.cost + 0.5:
                return Found(
                    status=Status.FEASIBLE,
                    plan=plan,
                    bound=solution.bound,
                    values=solution.values,
                    margin=margin,
                )
            margin *= 3

    def _start(
        self, found: Found, size: int, sessions: SessionModel, booked: Mapping[str, Booked]
    ) -> Sequence[float] | None:
        """What is known already as a solution of the common model, whose first columns are the duties'."""
        taken = {booking for month in booked.values() for booking in month.sessions}
        known = set(sessions.column)
        if found.values is None or any(month.cost == inf for month in booked.values()) or not taken & known:
            return None
        return [*found.values[:size], *(float(booking in taken) for booking in sessions.column)]
