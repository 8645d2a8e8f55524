"""The planner on instances: how good, how sure and how soon, beside two rotas as people make them by hand.

One line an instance: seconds, with objective, bound, status and peak memory in the details. Where a folder holds
the proven optima (`reference.json`), the ratio to the optimum too. A score that is less than the proven bound would
be a mistake of ours and ends the run.
"""

import json
import multiprocessing
import resource
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benches.figures import say
from benches.plain_rotas import least_recently_served, round_robin
from rota.planner import plan_rota
from rota.planning.breaches import faults
from rota.planning.instance import Instance
from rota.planning.plan import Plan
from rota.planning.reading import read_instance
from rota.planning.score import score
from tests.rota.invented_rotas import as_text, invent

SOON, QUARTER, YEAR = 10.0, 60.0, 120.0
"""Seconds that an instance of up to 60 executives and a quarter, one of 120, and a year may take."""
REFERENCES = ("reference.json", "reference_optimum.json")
NEW_YEAR, SPRING, SUMMER = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)

INVENTED: tuple[dict[str, Any], ...] = (
    {"seed": 31, "people": 6, "days": 28, "start": date(2027, 2, 1), "gap": 2, "role_gap": 1},
    {"seed": 22, "people": 8, "days": 31, "start": SPRING},
    {"seed": 23, "people": 22, "days": 31, "start": SPRING},
    {"seed": 24, "people": 22, "days": 31, "start": SPRING, "weekends": False, "away": 0.5},
    {"seed": 12, "people": 60, "days": 92, "start": SUMMER},
    {"seed": 11, "people": 120, "days": 92, "start": SPRING},
    {"seed": 14, "people": 250, "days": 365, "start": NEW_YEAR},
    {"seed": 13, "people": 400, "days": 365, "start": NEW_YEAR},
)


@dataclass(frozen=True)
class Optimum:
    """What is proven of an instance, and what the best of many greedy rotas reached."""

    score: int
    greedy: int | None


def measure(*, database_url: str = "", history: int = 0, instances: Path | None = None) -> None:
    """Solve our own instances, then those of a folder; neither a database nor old cases matter to them."""
    for each in INVENTED:
        _measure(as_text(invent(**each)), optimum=None)
    if instances is not None:
        known = dict(_optima(instances))
        for file in sorted(instances.rglob("*.json")):
            text = file.read_text(encoding="utf-8")
            if json.loads(text).get("format") == "duty-instance/1":
                _measure(text, optimum=known.get(file.stem))


def _measure(text: str, *, optimum: Optimum | None) -> None:
    # A process each, as in production: its memory is its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        seconds, details = pool.submit(_solve, text, optimum).result()
    say(f"planner {details.pop('instance')}", seconds, "s", 1, **details)


def _solve(text: str, optimum: Optimum | None) -> tuple[float, dict[str, Any]]:
    instance = read_instance(text)
    people, days = len(instance.executives), len(instance.days)
    allowed = YEAR if days > 200 else QUARTER if people > 60 else SOON
    result = plan_rota(instance, seconds=allowed)
    details: dict[str, Any] = {
        "instance": instance.name,
        "executives": people,
        "days": days,
        "status": str(result.status),
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "seconds_allowed": allowed,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if result.plan is not None:
        _check(instance, result.plan, optimum)
    if optimum is not None and result.objective is not None:
        details["ratio_to_optimum"] = _ratio(result.objective, optimum.score)
        details["regret"] = _regret(result.objective, optimum)
    if result.clash is not None:
        details["clash"] = result.clash.text.splitlines()
        return result.seconds, details
    for name, rota in (
        ("round_robin", round_robin(instance)),
        ("least_recently_served", least_recently_served(instance)),
    ):
        cost = score(instance, rota)
        ratio = _ratio(cost, result.objective) if result.objective is not None else None
        details[name] = {"objective": cost, "times_ours": ratio, "rules_broken": len(faults(instance, rota))}
    return result.seconds, details


def _check(instance: Instance, plan: Plan, optimum: Optimum | None) -> None:
    if broken := faults(instance, plan):
        raise AssertionError(f"{instance.name}: the plan breaks {broken[0]}")
    if optimum is not None and score(instance, plan) < optimum.score:
        raise AssertionError(f"{instance.name}: less than the proven optimum of {optimum.score}")


def _ratio(cost: int, best: int) -> float | None:
    """None where the best costs nothing and this does: no ratio says how much worse that is."""
    if cost == best:
        return 1.0
    return round(cost / best, 4) if best else None


def _regret(cost: int, optimum: Optimum) -> float | None:
    """0 is the optimum, 1 what the greedy rotas reach; None where no greedy rota is known."""
    if optimum.greedy is None or optimum.greedy == optimum.score:
        return 0.0 if cost == optimum.score else None
    return round((cost - optimum.score) / (optimum.greedy - optimum.score), 4)


def _optima(folder: Path) -> Iterator[tuple[str, Optimum]]:
    for name in REFERENCES:
        for file in folder.rglob(name):
            for instance, known in json.loads(file.read_text(encoding="utf-8"))["instances"].items():
                if known.get("proven"):
                    yield instance, Optimum(known["score"], known.get("naive_score"))
