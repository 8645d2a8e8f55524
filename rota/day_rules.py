"""The days of a programme beside its weekdays, as its file writes them: own days off and special days. Pure."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rota.hours import DutyRules, NoDutyDays, next_duty_day
from rota.planning.instance import POINTS
from rota.toml_table import Table

MOST_DAYS = 400
LONGEST_PAUSE = timedelta(days=92)
"""A quarter without a duty day is a slip of the pen, and nobody would be on duty at its end."""
_LEAST_BURDEN, _MOST_BURDEN = Decimal("0.25"), Decimal(10)
_EXAMPLE = '{ date = "2026-12-31", name = "New Year’s Eve", burden = 1.5 }'


def read_days_beside(duty: Table) -> dict[str, Any]:
    """`days_off` and `special_days` of the `[duty]` table, as `Programme` keeps them, in order."""
    days_off = duty.days("days_off", most=MOST_DAYS)
    special = _special_days(duty, days_off)
    return {
        "days_off": [day.isoformat() for day in days_off],
        "special_days": sorted(special, key=lambda one: str(one["date"])),
    }


def check_pauses(duty: Table, rules: DutyRules) -> None:
    """Days off that leave nobody for a quarter of a year are a mistake."""
    for day in sorted(rules.days_off):
        try:
            following = next_duty_day(rules, day)
        except NoDutyDays:
            following = date.max
        if following - day > LONGEST_PAUSE:
            duty.wrong("days_off", f"leave no duty day for {LONGEST_PAUSE.days} days after {day}.")
            return


def _special_days(duty: Table, days_off: list[date]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in duty.tables("special_days", most=MOST_DAYS, example=_EXAMPLE):
        day = one.day("date", required=True)
        name = one.text("name", most=80, default="")
        burden = _burden(one)
        one.close()
        if day is None:
            continue
        if day.isoformat() in found:
            one.wrong("date", f"{day} is there twice.")
        elif day in days_off:
            one.wrong("date", f"{day} is among days_off, too. Keep one or the other.")
        found[day.isoformat()] = {"date": day.isoformat(), "name": name, "burden": burden}
    return list(found.values())


def _burden(one: Table) -> int:
    """In points, of which an ordinary duty has 4: from a quarter of a duty to ten, in quarters."""
    value = one.take("burden", object, 1)
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    burden = Decimal(value) if is_number else Decimal(0)
    points = burden * POINTS if burden.is_finite() else Decimal(0)
    if not _LEAST_BURDEN <= burden <= _MOST_BURDEN or points != points.to_integral_value():
        one.wrong("burden", "must be in duties, from 0.25 to 10 in quarters, such as 1.5.")
        return POINTS
    return int(points)
