"""Why this person: each duty of a plan explained in a sentence, from fair shares and from who else could serve."""

from dataclasses import dataclass

from rota.planning.breaches import faults_of_change
from rota.planning.duties import duty_obstacles
from rota.planning.instance import POINTS, PRIMARY, Instance, Seat
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.score import Ledger

LOOKED_AT = 25
"""Alternatives that are tried, cheapest first, before a seat counts as one that nobody else could take alone."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why somebody holds a seat. `next_best` is who could take it instead at the least cost in score, and what."""

    text: str
    next_best: str | None = None
    next_cost: int | None = None


def reasons(instance: Instance, plan: Plan, *, names: dict[str, str] | None = None) -> dict[Seat, Reason]:
    """A reason for every seat held. `names` are what people are called, by id."""
    teller = _Teller(instance, plan, names or {})
    return {seat: teller.reason(seat) for seat in plan.holders}


class _Teller:
    def __init__(self, instance: Instance, plan: Plan, names: dict[str, str]) -> None:
        self.instance = instance
        self.plan = plan
        self.names = names
        self.ledger = Ledger(instance, plan)

    def reason(self, seat: Seat) -> Reason:
        who = self.plan.holders[seat]
        name = self._name(who)
        if self.instance.pinned.get(seat) == who:
            return Reason(text=f"{name} was fixed for this day.")
        able = [
            other.id
            for other in self.instance.executives
            if other.id != who and next(duty_obstacles(self.instance, other, seat), None) is None
        ]
        best = self._next_best(seat, able)
        words = [self._own(seat, who)]
        if not able:
            words.append(f"Nobody else {self._could(seat)}.")
            return Reason(text=" ".join(words))
        if best is None:
            many = "the one other who could" if len(able) == 1 else f"any of the {len(able)} others who could"
            words.append(f"Giving it to {many} would break a rule.")
            return Reason(text=" ".join(words))
        other, cost = best
        words.append(f"The next best, {self._name(other)}, {self._against(seat, other, cost)}.")
        return Reason(text=" ".join(words), next_best=other, next_cost=cost)

    def _next_best(self, seat: Seat, able: list[str]) -> tuple[str, int] | None:
        ranked = sorted((self.ledger.cost_of_change(seat, other), other) for other in able)
        for cost, other in ranked[:LOOKED_AT]:
            if not faults_of_change(self.instance, self.plan, seat=seat, to=other):
                return other, cost
        return None

    def _own(self, seat: Seat, who: str) -> str:
        day, role = seat
        executive = self.instance.executive[who]
        share = self._share(who, role)
        if self.instance.published.get(seat) == who:
            return f"{self._name(who)} keeps the day that was published; {share}."
        if role == PRIMARY and day in executive.wanted:
            return f"{self._name(who)} asked for this day; {share}."
        if day in executive.avoided:
            return f"{self._name(who)} would rather not, but {share}."
        return f"With this {role} day {self._name(who)} has {share.removeprefix('has ')}."

    def _share(self, who: str, role: str) -> str:
        served, target = self.ledger.served[who], self.instance.targets[who]
        got, due = (served.load, target.load) if role == PRIMARY else (served.backup, target.backup)
        kind = "duty" if role == PRIMARY else "backup duty"
        days = "day" if got == POINTS else "days"
        return f"has {_duties(got)} {days} of {kind}, and the fair share is {_duties(max(0, due))}"

    def _against(self, seat: Seat, other: str, cost: int) -> str:
        served, target = self.ledger.served[other], self.instance.targets[other]
        day = self.instance.day[seat[0]]
        if seat[1] == PRIMARY:
            would, due = served.load + day.burden, target.load
        else:
            would, due = served.backup + POINTS, target.backup
        wish = (
            ", and would rather not serve that day"
            if day.date in self.instance.executive[other].avoided
            else ""
        )
        worse = f"the plan would be {abs(cost):,} points {'worse' if cost > 0 else 'better'}"
        if not cost:
            worse = "the plan would be just as good"
        return f"would have {_duties(would)} of a fair share of {_duties(max(0, due))}{wish}; {worse}"

    def _could(self, seat: Seat) -> str:
        rules = {
            part.rule
            for other in self.instance.executives
            for part in duty_obstacles(self.instance, other, seat)
        }
        words = {
            Rule.UNAVAILABLE: "is free",
            Rule.PRIMARY_REQUIRES: "has what the day requires",
            Rule.GAP_BEFORE_START: "has had the gap since the last period",
        }
        return " and ".join(words[rule] for rule in Rule if rule in rules) or "is there"

    def _name(self, who: str) -> str:
        return self.names.get(who, who)


def _duties(points: int) -> str:
    """Points as ordinary duty days: "2", "1.5"."""
    return f"{points / POINTS:.2f}".rstrip("0").rstrip(".")
