"""What may be given up where no rota keeps all the rules, applied to an instance: pure.

A relaxation is as the planner proposes it (`rota.planning.relaxation`, FORMAT.md): `{"kind": …}` with its terms. It
says how much in all may be given up, so a later one of the same kind and place takes the earlier one's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rota.errors import CannotPlan
from rota.planning.instance import Instance
from rota.planning.parts import Allowance, Rule
from rota.planning.plan import Clash

Relaxation = Mapping[str, Any]

APPLICABLE = frozenset(
    {"release", "release_any", "exempt", "quota", "min_gap_days", "role_gap_days", "unpin"}
)
"""Kinds that a plan can give up by itself. More seats to listen in are for the programme's windows to offer."""


def relaxed(instance: Instance, relax: Sequence[Relaxation]) -> Instance:
    """The instance with these given up. Raises CannotPlan for one that is none."""
    rules, pinned = instance.rules, dict(instance.pinned)
    allowances: list[Allowance] = []
    for each in merged((), relax):
        match each.get("kind"):
            case "min_gap_days":
                rules = replace(rules, min_gap_days=int(each["to"]))
            case "role_gap_days":
                rules = replace(rules, role_gap_days=int(each["to"]))
            case "unpin":
                day = date.fromisoformat(each["date"])
                pinned = {seat: who for seat, who in pinned.items() if seat[0] != day}
            case _:
                allowances += _allowances(each)
    return replace(instance, rules=rules, pinned=pinned, allowances=tuple(allowances))


def choices_of(clash: Clash) -> list[dict[str, Any]]:
    """What of a clash's relaxations a plan can apply: `{"text", "relax"}`, the least first."""
    return [
        {"text": each.text, "relax": {"kind": each.kind, **each.terms}}
        for each in clash.relaxations
        if each.kind in APPLICABLE
    ]


def merged(earlier: Sequence[Relaxation], later: Sequence[Relaxation]) -> list[Relaxation]:
    """All of them, of each kind and place the last."""
    found: dict[tuple[str, str], Relaxation] = {}
    for each in (*earlier, *later):
        found[str(each.get("kind")), str(each.get("date") or each.get("month") or "")] = each
    return list(found.values())


def _allowances(relaxation: Relaxation) -> Iterator[Allowance]:
    match relaxation.get("kind"):
        case "release":
            yield Allowance(
                rule=Rule.UNAVAILABLE,
                units=int(relaxation["executives"]),
                day=date.fromisoformat(relaxation["date"]),
            )
        case "release_any":
            units = int(relaxation.get("days", relaxation["executives"]))
            yield Allowance(rule=Rule.UNAVAILABLE, units=units)
        case "exempt":
            people = relaxation.get("executives") or [relaxation["executive"]]
            yield Allowance(
                rule=Rule.MONTH_MIN,
                units=len(people),
                month=str(relaxation["month"]),
                executives=frozenset(map(str, people)),
            )
        case "quota":
            yield Allowance(
                rule=Rule.QUOTA, units=int(relaxation["sessions_short"]), month=str(relaxation["month"])
            )
        case _:
            raise CannotPlan("This is no relaxation that a plan can apply.", field="relax", code="unknown")
