"""The score of a plan, worked out from FORMAT.md by walking the plan: it shares nothing with the model.

Also what a change by hand would add to it, without solving anything.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rota.planning.instance import POINTS, PRIMARY, Executive, Instance, Points, Seat
from rota.planning.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of the score before their weights."""

    load: int
    weekend: int
    backup: int
    preference: int
    session: int
    change: int


def score(instance: Instance, plan: Plan) -> int:
    """Less is better. See FORMAT.md."""
    terms, weights = terms_of(instance, plan), instance.weights
    return sum(getattr(weights, name) * getattr(terms, name) for name in Terms.__dataclass_fields__)


def terms_of(instance: Instance, plan: Plan) -> Terms:
    """Each term of the score."""
    served = points_served(instance, plan.holders)
    targets = instance.targets
    return Terms(
        load=sum((served[who].load - targets[who].load) ** 2 for who in targets),
        weekend=sum((served[who].weekend - targets[who].weekend) ** 2 for who in targets),
        backup=sum((served[who].backup - targets[who].backup) ** 2 for who in targets)
        if instance.rules.backup
        else 0,
        preference=_preference(instance, plan.holders),
        session=_session(instance, plan),
        change=len(moved(instance, plan.holders)),
    )


def points_served(instance: Instance, holders: Mapping[Seat, str]) -> dict[str, Points]:
    """The points that each executive serves."""
    load: dict[str, int] = defaultdict(int)
    weekend: dict[str, int] = defaultdict(int)
    backup: dict[str, int] = defaultdict(int)
    for (date, role), who in holders.items():
        day = instance.day[date]
        if role == PRIMARY:
            load[who] += day.burden
            weekend[who] += POINTS * day.off_work
        else:
            backup[who] += POINTS
    return {
        one.id: Points(load=load[one.id], weekend=weekend[one.id], backup=backup[one.id])
        for one in instance.executives
    }


def moved(instance: Instance, holders: Mapping[Seat, str]) -> list[Seat]:
    """Published seats whose holder is another one, or nobody, in these."""
    return [
        seat
        for seat, who in instance.published.items()
        if seat[1] in instance.rules.roles and holders.get(seat) != who
    ]


class Ledger:
    """The points of a plan, so that the cost of many changes by hand can be told at once, without solving.

    Sessions stay as they are; whether a change keeps the rules is for `breaches.faults_of_change` to say.
    """

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.instance = instance
        self.plan = plan
        self.served = points_served(instance, plan.holders)

    def cost_of_change(self, seat: Seat, to: str) -> int:
        """What the score would grow by (or shrink, negative) if this executive held this seat instead."""
        now = self.plan.holders.get(seat)
        if now == to:
            return 0
        cost = self._seat(to, seat) + self._shift(to, seat, 1)
        if now is not None:
            cost += self._shift(now, seat, -1) - self._seat(now, seat)
        return cost

    def _shift(self, who: str, seat: Seat, sign: int) -> int:
        """What the squares of one executive grow by with this seat taken (1) or given up (-1)."""
        served, target, weights = self.served[who], self.instance.targets[who], self.instance.weights
        day = self.instance.day[seat[0]]
        if seat[1] != PRIMARY:
            return weights.backup * _growth(served.backup - target.backup, sign * POINTS)
        load = weights.load * _growth(served.load - target.load, sign * day.burden)
        return load + weights.weekend * _growth(served.weekend - target.weekend, sign * POINTS * day.off_work)

    def _seat(self, who: str, seat: Seat) -> int:
        return seat_cost(self.instance, self.instance.executive[who], seat)


def seat_cost(instance: Instance, executive: Executive, seat: Seat) -> int:
    """What this executive in this seat adds to wishes and moves (negative where it meets one)."""
    day, role = seat
    weights = instance.weights
    avoided = executive.avoided.get(day, 0)
    wish = 2 * (avoided - executive.wanted.get(day, 0)) if role == PRIMARY else avoided
    kept = instance.published.get(seat) == executive.id
    return weights.preference * wish - weights.change * kept


def _growth(off: int, by: int) -> int:
    return (off + by) ** 2 - off**2


def with_change(plan: Plan, *, seat: Seat, to: str) -> Plan:
    """The same plan with another holder of one seat."""
    return replace(plan, holders={**plan.holders, seat: to})


def _preference(instance: Instance, holders: Mapping[Seat, str]) -> int:
    total = 2 * sum(sum(executive.wanted.values()) for executive in instance.executives)
    for (day, role), who in holders.items():
        executive = instance.executive[who]
        avoided = executive.avoided.get(day, 0)
        if role == PRIMARY:
            total += 2 * avoided - 2 * executive.wanted.get(day, 0)
        else:
            total += avoided
    return total


def _session(instance: Instance, plan: Plan) -> int:
    if instance.rules.sessions is None:
        return 0
    peak = {slot.id: slot.peak for slot in instance.slots}
    return sum(3 - peak[slot] for _, slot in plan.sessions)
