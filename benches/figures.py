"""How figures are printed: one JSON object a line, `{"name", "value", "unit", "n", "details"}`."""

import json
import math
import sys
from collections.abc import Sequence
from typing import Any


def say(name: str, value: float, unit: str, n: int, **details: Any) -> None:
    """Print one figure."""
    line = {"name": name, "value": round(value, 3), "unit": unit, "n": n, "details": details}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all are not above (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def say_quantiles(name: str, values: Sequence[float], unit: str, **details: Any) -> None:
    """Print p50, p95, p99 and the maximum of some measurements."""
    for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        say(f"{name} {label}", quantile(values, share), unit, len(values), **details)
