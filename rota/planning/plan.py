"""What a planner answers: who holds which seat and who listens when, or why there is no plan."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rota.planning.instance import Instance, Seat

FORMAT = "duty-plan/1"

Booking = tuple[str, str]
"""A listening session: executive and slot, both by id."""


@dataclass(frozen=True)
class Plan:
    """Executives by seat, and the sessions booked."""

    holders: dict[Seat, str]
    sessions: tuple[Booking, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """The least change to the rules or to people's absences that would allow a plan, in the format's terms.

    `kind` and `terms` are as in FORMAT.md; `text` says it to a person.
    """

    kind: str
    terms: dict[str, Any]
    text: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.terms, "text": self.text}


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A smallest set of rules and facts that cannot all hold: give up any one of them and the rest can.

    `rules` are the format's names. `executives` and `months` are empty where everybody, or every month, is meant
    alike. `relaxations` has the least ones first. `proven` is false where the clock cut the search short: the set
    clashes, but may not be the smallest.
    """

    rules: tuple[str, ...]
    dates: tuple[date, ...] = ()
    executives: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    text: str = ""
    relaxations: tuple[Relaxation, ...] = field(default=())
    proven: bool = True

    def as_json(self) -> dict[str, Any]:
        relaxations = [relaxation.as_json() for relaxation in self.relaxations]
        return {
            "rules": list(self.rules),
            "dates": [day.isoformat() for day in self.dates],
            "executives": list(self.executives),
            "months": list(self.months),
            "relaxation": relaxations[0] if relaxations else None,
            "other_relaxations": relaxations[1:],
            "text": self.text,
            "smallest": self.proven,
        }


def plan_as_json(instance: Instance, plan: Plan) -> dict[str, Any]:
    """A plan in the format duty-plan/1."""
    rows: dict[str, dict[str, str]] = {}
    for (day, role), holder in sorted(
        plan.holders.items(), key=lambda item: (item[0][0], item[0][1] != "primary")
    ):
        rows.setdefault(day.isoformat(), {})[role] = holder
    return {
        "format": FORMAT,
        "instance": instance.name,
        "assignments": rows,
        "sessions": [{"executive": who, "slot": slot} for who, slot in sorted(plan.sessions)],
    }


def clash_as_json(instance: Instance, clash: Clash) -> dict[str, Any]:
    """That there is no plan, and why, in the format duty-plan/1."""
    return {
        "format": FORMAT,
        "instance": instance.name,
        "status": "infeasible",
        "infeasible": clash.as_json(),
    }
