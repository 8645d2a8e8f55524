"""The score of a plan, worked out from FORMAT.md by walking the plan: it shares nothing with the model.

Also what a change by hand would add to it, without solving anything.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rota.planning.instance import BACKUP, POINTS, PRIMARY, Instance, Points, Seat
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


def cost_of_change(instance: Instance, plan: Plan, *, seat: Seat, to: str) -> int:
    """What the score would grow by (or shrink, negative) if this executive held this seat instead.

    Sessions stay as they are; whether the change keeps the rules is for `breaches` to say.
    """
    return score(instance, with_change(plan, seat=seat, to=to)) - score(instance, plan)


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
        elif role == BACKUP:
            total += avoided
    return total


def _session(instance: Instance, plan: Plan) -> int:
    if instance.rules.sessions is None:
        return 0
    peak = {slot.id: slot.peak for slot in instance.slots}
    return sum(3 - peak[slot] for _, slot in plan.sessions)
