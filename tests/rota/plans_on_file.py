"""Reads a written plan back, for tests."""

import json
from datetime import date
from pathlib import Path

from rota.planning.plan import Plan


def plan_on_file(path: Path) -> Plan:
    """The plan that a file in the format duty-plan/1 holds."""
    content = json.loads(path.read_text())
    return Plan(
        {
            (date.fromisoformat(day), role): who
            for day, row in content["assignments"].items()
            for role, who in row.items()
        },
        tuple((booked["executive"], booked["slot"]) for booked in content["sessions"]),
    )
