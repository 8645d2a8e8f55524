"""What another version of a programme file would change, in the file's own words. Pure: nothing is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from rota.clock_times import span_text
from rota.models import Programme
from rota.planning.instance import POINTS

# Where the file says what a field of Programme holds.
KEY_PATHS = {
    "name": "name",
    "time_zone": "time_zone",
    "countries": "countries",
    "everybody": "members",
    "duty_days": "duty.days",
    "holidays": "duty.holidays",
    "hours_from": "duty.hours",
    "hours_to": "duty.hours",
    "after_hours": "duty.after_hours",
    "seats_backup": "duty.seats.backup",
    "min_gap_days": "duty.min_gap_days",
    "days_off": "duty.days_off",
    "special_days": "duty.special_days",
    "primary_requires": "duty.primary_requires",
    "cover_any": "duty.cover",
    "busy_from": "duty.busy.from",
    "busy_to": "duty.busy.to",
    "busy_minutes": "duty.busy.minutes",
    "duty_days_per_month": "quota.duty_days_per_month",
    "listening_minutes_per_month": "quota.listening_minutes_per_month",
    "listening_session_minutes": "quota.listening_session_minutes",
    "wishes_per_month": "planning.wishes_per_month",
    "balance_months": "planning.balance_months",
    "draft_on_day": "planning.draft_on_day",
    "approve_absences": "planning.approve_absences",
    "threshold_score": "threshold.score",
    "weights": "threshold.weights",
    "full_marks_amount": "threshold.value_full_marks.amount",
    "full_marks_currency": "threshold.value_full_marks.currency",
    "ring_seconds": "ladder.ring_seconds",
    "rungs": "ladder.rungs",
    "accepted_but_idle_minutes": "ladder.accepted_but_idle_minutes",
    "promise_minutes": "ladder.promise_minutes",
    "unconfirmed_after_days": "ladder.unconfirmed_after_days",
    "ask_pin": "ladder.ask_pin",
    "text_detail": "ladder.text_detail",
    "detect_voicemail": "ladder.detect_voicemail",
}


@dataclass(frozen=True)
class Change:
    """One key whose value is another now. `before` and `after` are for people; a new one has no `before`."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key}: {self.before} → {self.after}" if self.before else f"{self.key}: {self.after}"


def compare(programme: Programme, fields: Mapping[str, Any]) -> list[Change]:
    """One change for each key of the file whose value differs from the programme's."""
    changes: dict[str, Change] = {}
    for name, value in fields.items():
        before = getattr(programme, name)
        if before == value:
            continue
        key = KEY_PATHS[name]
        if key == "duty.hours":
            was = span_text(programme.hours_from, programme.hours_to)
            changes[key] = Change(key, was, span_text(fields["hours_from"], fields["hours_to"]))
        elif name == "special_days":
            changes[key] = Change(key, _special_days(before), _special_days(value))
        elif name == "everybody":
            changes[key] = Change(key, _members(before), _members(value))
        else:
            changes[key] = Change(key, _shown(before), _shown(value))
    return list(changes.values())


def _members(everybody: bool) -> str:
    return "every executive" if everybody else "people by name"


def _special_days(special_days: list[Mapping[str, Any]]) -> str:
    shown = [f"{one['date']} ({one['name']}, burden {burden_text(one['burden'])})" for one in special_days]
    return ", ".join(shown).replace("(, ", "(") or "none"


def burden_text(points: int) -> str:
    """A burden in duties: 6 points are "1.5"."""
    return f"{points / POINTS:g}"


def _shown(value: Any) -> str:
    """A value as it would stand in the file, near enough."""
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "true" if value else "false"
        case time():
            return f"{value:%H:%M}"
        case dict():
            return ", ".join(f"{key} {part}" for key, part in value.items())
        case list():
            return ", ".join(_rung(part) if isinstance(part, dict) else str(part) for part in value)
        case _:
            return str(value)


def _rung(rung: Mapping[str, Any]) -> str:
    extra = " at once" if rung["at_once"] else ""
    seconds = f" for {rung['ring_seconds']} s" if rung["ring_seconds"] else ""
    return f"{rung['who']} by {' and '.join(rung['by'])}{extra}{seconds}"
