"""Invented instances for the planner's tests and measurements: no real person's data, the same seed the same one."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

REGIONS = {
    "AMER": ("America/New_York", "America/Los_Angeles", "America/Sao_Paulo"),
    "EMEA": ("Europe/Paris", "Europe/Berlin", "Africa/Lagos"),
    "APAC": ("Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"),
}
WEIGHTS = {"load": 10, "weekend": 6, "backup": 3, "preference": 4, "session": 1, "change": 200}


def with_targets(content: dict[str, Any]) -> dict[str, Any]:
    """The same instance with every executive's fair share stated, worked out as FORMAT.md says."""
    shares = sum(executive["share"] for executive in content["executives"])
    totals = {
        "load": sum(day["burden"] for day in content["days"]),
        "weekend": 4 * sum(1 for day in content["days"] if day["weekend"] or day["holiday"]),
        "backup": 4 * len(content["days"]) if content["rules"]["backup"] else 0,
    }
    for executive in content["executives"]:
        executive["target"] = {
            term: _nearest(total * executive["share"] - executive["balance"][term] * shares, shares)
            for term, total in totals.items()
        }
    return content


def _nearest(number: int, divisor: int) -> int:
    whole, rest = divmod(abs(number), divisor)
    whole += 2 * rest >= divisor
    return whole if number >= 0 else -whole


def invent(
    *,
    seed: int,
    people: int,
    days: int,
    start: date = date(2026, 3, 1),
    weekends: bool = True,
    away: float = 0.25,
    gap: int = 3,
    role_gap: int = 2,
    sessions: bool = True,
) -> dict[str, Any]:
    """A programme of so many people and calendar days, with leave, tags, balances, wishes and listening slots."""
    chance = random.Random(seed)
    dates = [start + timedelta(days=step) for step in range(days)]
    duty_days = [day for day in dates if weekends or day.weekday() < 5]
    rows = [
        {
            "date": day.isoformat(),
            "burden": 6 if day.weekday() >= 5 else 4,
            "weekend": day.weekday() >= 5,
            "holiday": False,
            "primary_requires": [chance.choice(list(REGIONS))] if chance.random() < 0.07 else [],
            "cover_any": [chance.choice(list(REGIONS))] if chance.random() < 0.1 else [],
        }
        for day in duty_days
    ]
    executives = [_executive(chance, number, duty_days, away) for number in range(1, people + 1)]
    months = sorted({day.isoformat()[:7] for day in duty_days})
    in_month = {month: sum(1 for day in duty_days if day.isoformat()[:7] == month) for month in months}
    return with_targets(
        {
            "format": "duty-instance/1",
            "name": f"invented-{seed}-{people}x{days}",
            "source": {"kind": "generated", "seed": seed},
            "horizon": {"start": dates[0].isoformat(), "end": dates[-1].isoformat()},
            "days": rows,
            "rules": {
                "backup": True,
                "min_gap_days": gap,
                "role_gap_days": role_gap,
                "min_primary_months": [month for month in months if in_month[month] >= people * 1.3],
                "max_primary_per_month": None,
                "no_consecutive_weekends": False,
                "max_consecutive_duty_days": None,
                "weekend_neighbours_free": False,
                "sessions": {"per_month": 2, "minutes": 60, "local_hours": [7, 21], "one_per_day": True}
                if sessions
                else None,
            },
            "objective": {"weights": dict(WEIGHTS)},
            "executives": executives,
            "slots": _slots(chance, duty_days, people) if sessions else [],
            "pinned": [],
            "published": {},
        }
    )


def _executive(chance: random.Random, number: int, days: list[date], away: float) -> dict[str, Any]:
    region = chance.choice(list(REGIONS))
    unavailable: list[dict[str, str]] = []
    day = days[0]
    while day <= days[-1]:
        if chance.random() < away / 4:
            last = day + timedelta(days=chance.choice((0, 2, 4, 6)))
            unavailable.append({"from": day.isoformat(), "to": last.isoformat(), "why": "leave"})
            day = last
        day += timedelta(days=1)
    busy = []
    for day in chance.sample(days, k=min(len(days), 4)):
        begins = datetime(day.year, day.month, day.day, chance.randrange(6, 20), tzinfo=UTC)
        busy.append([f"{instant:%Y-%m-%dT%H:%MZ}" for instant in (begins, begins + timedelta(hours=2))])
    wishes = chance.sample(days, k=min(len(days), max(3, len(days) // 10)))
    split = chance.randrange(len(wishes))
    return {
        "id": f"E{number:03d}",
        "timezone": chance.choice(REGIONS[region]),
        "country": None,
        "tags": [region],
        "share": chance.choice((100, 100, 100, 100, 80, 60)),
        "balance": {
            "load": chance.randint(-10, 10),
            "weekend": chance.randint(-8, 8),
            "backup": chance.randint(-8, 8),
        },
        "last_primary": None,
        "unavailable": unavailable,
        "busy": sorted(busy),
        "avoided": {day.isoformat(): chance.randint(1, 3) for day in wishes[split:]},
        "wanted": {day.isoformat(): chance.randint(1, 2) for day in wishes[:split]},
        "exempt_months": [],
    }


def _slots(chance: random.Random, days: list[date], people: int) -> list[dict[str, Any]]:
    """About half as many seats again as the quota needs, on working days at many hours."""
    a_day = max(2, -(-people * 2 * 3 // (2 * 3 * 21)))
    slots: list[dict[str, Any]] = []
    for day in days:
        for _ in range(a_day if day.weekday() < 5 else 0):
            begins = datetime(day.year, day.month, day.day, chance.randrange(1, 22), tzinfo=UTC)
            slots.append(
                {
                    "id": f"S{len(slots) + 1:05d}",
                    "centre": chance.choice(("dublin", "dallas", "manila", "pune")),
                    "start": f"{begins:%Y-%m-%dT%H:%MZ}",
                    "end": f"{begins + timedelta(hours=1):%Y-%m-%dT%H:%MZ}",
                    "date": day.isoformat(),
                    "seats": 3,
                    "peak": chance.randint(1, 3),
                }
            )
    return slots


def as_text(content: dict[str, Any]) -> str:
    """The instance as a file holds it."""
    return json.dumps(content)
