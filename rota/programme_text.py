"""A programme written as the file that would make it: what an administrator changes and applies again.

The file is the whole truth, so everything that it decides is in here. Pure but for the rows it reads from.
"""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from rota.clock_times import span_text
from rota.hours import WEEKDAYS
from rota.listening_windows import windows_that_count
from rota.models import Programme
from rota.programme_changes import burden_text
from rota.programme_rules import EVERYBODY
from rota.window_rules import WindowRule


def programme_text(programme: Programme) -> str:
    """The programme as TOML. Applied as it is, it changes nothing."""
    members = [EVERYBODY] if programme.everybody else _members(programme)
    fallback = [place.person.email for place in programme.fallback_places.select_related("person")]
    lines = [
        f"slug = {_value(programme.slug)}",
        f"name = {_value(programme.name)}",
        f"time_zone = {_value(programme.time_zone)}",
        f"countries = {_value(programme.countries)}",
        f"members = {_list(members)}",
        "",
        "[duty]",
        f"days = {_value(programme.duty_days)}",
        f"holidays = {_value(programme.holidays)}",
        f"hours = {_value(span_text(programme.hours_from, programme.hours_to))}",
        f"after_hours = {_value(programme.after_hours)}",
        f"seats = {{ primary = 1, backup = {programme.seats_backup} }}",
        f"min_gap_days = {programme.min_gap_days}",
        f"primary_requires = {_value(programme.primary_requires)}",
        f"cover = {_value(programme.cover_any)}",
        f"days_off = {_list(programme.days_off)}",
        *_special_days(programme),
        *_busy(programme),
        "",
        "[quota]",
        f"duty_days_per_month = {programme.duty_days_per_month}",
        f"listening_minutes_per_month = {programme.listening_minutes_per_month}",
        f"listening_session_minutes = {programme.listening_session_minutes}",
        "",
        "[planning]",
        f"wishes_per_month = {programme.wishes_per_month}",
        f"balance_months = {programme.balance_months}",
        *([f"draft_on_day = {programme.draft_on_day}"] if programme.draft_on_day else []),
        f"approve_absences = {_value(programme.approve_absences)}",
        "",
        "[threshold]",
        f"score = {programme.threshold_score}",
        f"weights = {_table(programme.weights)}",
        f"value_full_marks = {_full_marks(programme)}",
        "",
        "[ladder]",
        f"ring_seconds = {programme.ring_seconds}",
        "rungs = [",
        *(f"  {_rung(rung)}," for rung in programme.rungs),
        "]",
        f"fallback = {_list(fallback)}",
        f"accepted_but_idle_minutes = {programme.accepted_but_idle_minutes}",
        f"promise_minutes = {programme.promise_minutes}",
        f"unconfirmed_after_days = {programme.unconfirmed_after_days}",
        f"ask_pin = {_value(programme.ask_pin)}",
        f"text_detail = {_value(programme.text_detail)}",
        f"detect_voicemail = {_value(programme.detect_voicemail)}",
        *_windows(programme),
    ]
    return "\n".join(lines) + "\n"


def _members(programme: Programme) -> list[str]:
    today = datetime.now(programme.zone).date()
    present = programme.memberships.filter(
        Q(left_on__isnull=True) | Q(left_on__gt=today), person__is_active=True
    )
    return list(present.order_by("pk").values_list("person__email", flat=True))


def _value(value: Any) -> str:
    """JSON writes strings, numbers, lists and booleans of ours as TOML does (TOML 1.0, sections 2 to 5)."""
    return json.dumps(value, ensure_ascii=False)


def _list(values: list[str]) -> str:
    """One a line, so that a change of one is one line."""
    if not values:
        return "[]"
    return "[\n" + "".join(f"  {_value(value)},\n" for value in values) + "]"


def _table(values: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in values.items()) + " }"


def _rung(rung: dict[str, Any]) -> str:
    shown = {key: value for key, value in rung.items() if value not in (None, False)}
    return _table(shown)


def _special_days(programme: Programme) -> list[str]:
    """A table a line: name and burden stand there even where they are the usual ones."""
    if not programme.special_days:
        return ["special_days = []"]
    lines = [
        f"  {{ date = {_value(one['date'])}, name = {_value(one['name'])}, "
        f"burden = {burden_text(one['burden'])} }},"
        for one in programme.special_days
    ]
    return ["special_days = [", *lines, "]"]


def _windows(programme: Programme) -> list[str]:
    """The windows that still count; those that differ by their weekday alone are one table."""
    today = datetime.now(programme.zone).date()
    days: dict[WindowRule, list[str]] = {}
    for window in windows_that_count(programme, today):
        days.setdefault(replace(window, weekday=""), []).append(window.weekday)
    lines: list[str] = []
    for rule, weekdays in days.items():
        lines += [
            "",
            "[[listening_window]]",
            f"days = {_value([day for day in WEEKDAYS if day in weekdays])}",
            f"hours = {_value(span_text(rule.opens, rule.closes))}",
            f"seats = {rule.seats}",
            f"peak = {rule.peak}",
            *([f"language = {_value(rule.language)}"] if rule.language else []),
            *([f"queue = {_value(rule.queue)}"] if rule.queue else []),
            *([f'from = "{rule.valid_from}"'] if rule.valid_from else []),
            *([f'until = "{rule.valid_until}"'] if rule.valid_until else []),
        ]
    return lines


def _busy(programme: Programme) -> list[str]:
    if programme.busy_from is None or programme.busy_to is None or programme.busy_minutes is None:
        return []
    hours = f'from = "{programme.busy_from:%H:%M}", to = "{programme.busy_to:%H:%M}"'
    return [f"busy = {{ {hours}, minutes = {programme.busy_minutes} }}"]


def _full_marks(programme: Programme) -> str:
    currency = _value(programme.full_marks_currency)
    return f"{{ amount = {_amount(programme.full_marks_amount)}, currency = {currency} }}"


def _amount(amount: Decimal) -> str:
    return f"{amount:f}".removesuffix(".00")
