"""Why this person: each duty of a plan explained in a sentence, from fair shares and from who else could serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rota.planning.breaches import Trials
from rota.planning.duties import duty_obstacles, may_be_asked
from rota.planning.instance import POINTS, PRIMARY, Instance, Seat
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.score import Ledger
from rota.planning.wording import day_in_words

LOOKED_AT = 25
"""Alternatives that are tried, cheapest first, before a seat counts as one that nobody else could take alone."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why somebody holds a seat. `next_best` is who could take it instead at the least cost in score, and what."""

    text: str
    next_best: str | None = None
    next_cost: int | None = None


def reasons(
    instance: Instance, plan: Plan, *, period: str, last_served: Mapping[str, date] | None = None
) -> dict[Seat, Reason]:
    """A reason for every seat held. `period` says what the fair share is of ("this quarter", "in March 2026");
    `last_served` is the last duty day that each had before it, by id."""
    teller = _Teller(instance, plan, period, last_served or {})
    return {seat: teller.reason(seat) for seat in plan.holders}


class _Teller:
    def __init__(self, instance: Instance, plan: Plan, period: str, last_served: Mapping[str, date]) -> None:
        self.instance = instance
        self.plan = plan
        self.period = period
        self.ledger = Ledger(instance, plan)
        self.trials = Trials(instance, plan)
        self.last_served = last_served
        self.days: dict[str, list[date]] = {}
        for (day, _), who in sorted(plan.holders.items()):
            self.days.setdefault(who, []).append(day)

    def reason(self, seat: Seat) -> Reason:
        who = self.plan.holders[seat]
        if self.instance.pinned.get(seat) == who:
            return Reason(text=f"{self._name(who)} was fixed for this seat.")
        able = [
            other.id
            for other in self.instance.executives
            if other.id != who and may_be_asked(self.instance, other, seat)
        ]
        best = self._next_best(seat, able)
        words = [f"{self._name(who)}: {'; '.join(self._own(seat, who))}."]
        if not able:
            words.append(f"Nobody else {self._could(seat)}.")
            return Reason(text=" ".join(words))
        if best is None:
            many = "the one other who could" if len(able) == 1 else f"any of the {len(able)} others who could"
            words.append(f"Giving it to {many} would break a rule.")
            return Reason(text=" ".join(words))
        other, cost = best
        words.append(f"Next best: {self._name(other)}, who {self._against(seat, other)}.")
        return Reason(text=" ".join(words), next_best=other, next_cost=cost)

    def _next_best(self, seat: Seat, able: list[str]) -> tuple[str, int] | None:
        ranked = sorted((self.ledger.cost_of_change(seat, other), other) for other in able)
        for cost, other in ranked[:LOOKED_AT]:
            if not self.trials.faults_of({seat: other}):
                return other, cost
        return None

    def _own(self, seat: Seat, who: str) -> list[str]:
        day, role = seat
        executive = self.instance.executive[who]
        served, target = self.ledger.served[who], self.instance.targets[who]
        got, due = (served.load, target.load) if role == PRIMARY else (served.backup, target.backup)
        kind = "" if role == PRIMARY else "as backup "
        parts = [f"fair share {kind}{self.period} {in_duties(max(0, due))}, has {in_duties(got)}"]
        if self.instance.published.get(seat) == who:
            parts.append("keeps the day that was published")
        elif role == PRIMARY and day in executive.wanted:
            parts.append("asked for this day")
        elif day in executive.avoided:
            parts.append("would rather not serve this day")
        else:
            parts.append("free that day")
        before = [other for other in self.days[who] if other < day]
        last = before[-1] if before else self.last_served.get(who)
        parts.append(f"last served {day_in_words(last)}" if last is not None else "has not served before")
        return parts

    def _against(self, seat: Seat, other: str) -> str:
        served, target = self.ledger.served[other], self.instance.targets[other]
        day = self.instance.day[seat[0]]
        if seat[1] == PRIMARY:
            would, due = served.load + day.burden, target.load
        else:
            would, due = served.backup + POINTS, target.backup
        avoids = day.date in self.instance.executive[other].avoided
        wish = " and would rather not serve that day" if avoids else ""
        return f"would have {in_duties(would)} of {in_duties(max(0, due))}{wish}"

    def _could(self, seat: Seat) -> str:
        rules = {
            part.rule
            for other in self.instance.executives
            if seat[0] not in other.barred
            for part in duty_obstacles(self.instance, other, seat)
        }
        words = {
            Rule.UNAVAILABLE: "is free",
            Rule.PRIMARY_REQUIRES: "has what the day requires",
            Rule.GAP_BEFORE_START: "has had the gap since the last period",
        }
        return " and ".join(words[rule] for rule in Rule if rule in rules) or "is there"

    def _name(self, who: str) -> str:
        return self.instance.executive[who].called


def in_duties(points: float) -> str:
    """Points as ordinary duty days: "2", "1.5"."""
    return f"{points / POINTS:.2f}".rstrip("0").rstrip(".")
