"""What a programme file says, as plain values: every mistake named by its key path. Pure: no database.

The file is the whole truth about its programme: a key that is left out has its default again.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from people.errors import Refused
from people.regional import read_country, read_currency, read_time_zone
from people.suggestions import did_you_mean, one_of
from rota.clock_times import MIDNIGHT, ClockSpan, read_clock, read_span
from rota.cover_rules import read_tags
from rota.day_rules import check_pauses, read_days_beside
from rota.errors import BadProgrammeFile, Mistake
from rota.hours import WEEKDAYS, DutyRules, knows_holidays
from rota.ladder_rules import LONGEST_RING, SHORTEST_RING, read_rungs
from rota.models import AfterHours
from rota.toml_table import Table
from rota.window_rules import WindowRule, read_windows

EVERYBODY = "*"
LARGEST_FILE = 200_000  # bytes
FACTORS = ("value", "tenure", "loyalty", "status", "influence")
USUAL_WEIGHTS = {"value": 40, "tenure": 10, "loyalty": 10, "status": 25, "influence": 15}
MOST_BACKUPS = 9
SHORTEST_SESSION, LONGEST_SESSION = 10, 480  # minutes
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class ProgrammeFile:
    """A file without a mistake. `settings` has a value for each field of `Programme` that the file decides.

    `members` and `fallback` are e-mail addresses, which nobody has looked up yet; `windows` are the listening
    windows that it offers.
    """

    slug: str
    everybody: bool
    members: list[str]
    fallback: list[str]
    settings: dict[str, Any]
    windows: list[WindowRule] = field(default_factory=list)


def read_programme(text: str) -> ProgrammeFile:
    """The programme that a TOML text describes. Raises BadProgrammeFile with every mistake in it."""
    return read_content(parse_programme(text))


def parse_programme(text: str) -> dict[str, Any]:
    """What the TOML text holds, whatever it says. Raises BadProgrammeFile where it is no TOML."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadProgrammeFile([Mistake("", f"This is no TOML: {error}.")]) from error


def read_content(content: dict[str, Any]) -> ProgrammeFile:
    """The programme that a parsed file describes. Raises BadProgrammeFile with every mistake in it."""
    mistakes: list[Mistake] = []
    root = Table(content, path="", mistakes=mistakes)
    slug = root.text("slug", most=64)
    if slug and not _SLUG.fullmatch(slug):
        root.wrong("slug", 'must be small letters and digits joined by hyphens, such as "north-america".')
    settings: dict[str, Any] = {
        "name": root.text("name", most=120),
        "time_zone": root.read("time_zone", read_time_zone),
        "countries": _countries(root),
    }
    everybody, members = _members(root)
    duty = root.table("duty", required=True)
    settings |= _duty(duty)
    _check_days(duty, settings)
    settings |= _quota(root.table("quota"))
    settings |= _planning(root.table("planning"))
    windows = read_windows(root, session_minutes=settings["listening_session_minutes"])
    settings |= _threshold(root.table("threshold"))
    ladder = root.table("ladder")
    settings |= _ladder(ladder, mistakes)
    fallback = ladder.texts("fallback", default=[])
    if fallback and not any(rung["who"] == "fallback" for rung in settings["rungs"]):
        ladder.wrong("fallback", 'is rung by no rung. Add { who = "fallback", by = ["call", "text"] }.')
    ladder.close()
    root.close()
    if mistakes:
        raise BadProgrammeFile(mistakes)
    return ProgrammeFile(
        slug=slug,
        everybody=everybody,
        members=members,
        fallback=fallback,
        settings=settings,
        windows=windows,
    )


def _countries(root: Table) -> list[str]:
    codes: list[str] = []
    for index, raw in enumerate(root.texts("countries", default=[])):
        try:
            code = read_country(raw)
        except Refused as refusal:
            root.wrong(f"countries[{index}]", str(refusal))
            continue
        if not code or code in codes:
            root.wrong(f"countries[{index}]", "is empty or there twice.")
            continue
        codes.append(code)
    return codes


def _members(root: Table) -> tuple[bool, list[str]]:
    """Whether every executive is a member, and otherwise who."""
    named = [email.lower() for email in root.texts("members")]
    if EVERYBODY not in named:
        return False, named
    if len(named) > 1:
        root.wrong("members", 'names people beside "*", which is every executive. Keep one or the other.')
    return True, []


def _duty(duty: Table) -> dict[str, Any]:
    days = _weekdays(duty)
    holidays = duty.text("holidays", most=16, default="")
    if holidays and not knows_holidays(holidays):
        duty.wrong(
            "holidays",
            f'"{holidays}" is no code of python-holidays. Write a country, a region or an exchange, such as'
            ' "US", "US-CA" or "NYSE", or "" for none.',
        )
        holidays = ""
    opens, closes = _hours(duty)
    seats = duty.table("seats")
    seats.whole("primary", least=1, most=1, default=1)
    read = {
        "duty_days": days,
        "holidays": holidays,
        "hours_from": opens,
        "hours_to": closes,
        "after_hours": duty.choice("after_hours", AfterHours.values, AfterHours.CRITICAL.value),
        "seats_backup": seats.whole("backup", least=0, most=MOST_BACKUPS, default=1),
        "min_gap_days": duty.whole("min_gap_days", least=0, most=60, default=2),
        "primary_requires": read_tags(duty, "primary_requires"),
        "cover_any": read_tags(duty, "cover"),
        **read_days_beside(duty),
        **_busy(duty),
    }
    seats.close()
    duty.close()
    return read


def _weekdays(duty: Table) -> list[str]:
    """The days in the order of the week, however they were written."""
    written = duty.texts("days")
    for index, day in enumerate(written):
        if day not in WEEKDAYS:
            duty.wrong(f"days[{index}]", f"must be {one_of(WEEKDAYS)}.{did_you_mean(day[:3], WEEKDAYS)}")
    if duty.has("days") and not written:
        duty.wrong("days", "must name at least one day.")
    return [day for day in WEEKDAYS if day in written]


def _check_days(duty: Table, settings: dict[str, Any]) -> None:
    """Days off that leave duty days: asked where the days can be counted, that is without other mistakes."""
    if settings["duty_days"] and settings["days_off"]:
        rules = DutyRules(
            zone=ZoneInfo("UTC"),  # which days there are is the same in every zone
            days=frozenset(settings["duty_days"]),
            holidays=settings["holidays"],
            opens=settings["hours_from"],
            closes=settings["hours_to"],
            after_hours=settings["after_hours"],
            days_off=frozenset(map(date.fromisoformat, settings["days_off"])),
            special_days=frozenset(date.fromisoformat(one["date"]) for one in settings["special_days"]),
        )
        check_pauses(duty, rules)


def _hours(duty: Table) -> tuple[time, time]:
    """Opening and closing; equal for always."""
    written = duty.text("hours", most=40)
    span = read_span(written) if written else ClockSpan(MIDNIGHT, MIDNIGHT, True)
    if span is None:
        duty.wrong("hours", 'must be like "08:00-20:00", or "00:00-24:00" for always.')
        return MIDNIGHT, MIDNIGHT
    if span.opens == span.closes and not span.whole_day:
        duty.wrong("hours", 'end when they begin. Write "00:00-24:00" for always.')
    return span.opens, span.closes


def _busy(duty: Table) -> dict[str, Any]:
    """When a busy calendar takes the day; nothing where the key is left out."""
    busy = duty.table("busy")
    if not duty.has("busy"):
        return {"busy_from": None, "busy_to": None, "busy_minutes": None}
    starts, ends = _clock(busy, "from"), _clock(busy, "to")
    minutes = busy.whole("minutes", least=1, most=24 * 60)
    if starts and ends and starts >= ends:
        busy.wrong("to", "must be later than from.")
    elif starts and ends:
        length = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
        if minutes > length:
            busy.wrong("minutes", f"must be at most {length}, the length of these hours.")
    busy.close()
    return {"busy_from": starts, "busy_to": ends, "busy_minutes": minutes}


def _clock(table: Table, key: str) -> time | None:
    written = table.text(key, most=10)
    read = read_clock(written)
    if written and read is None:
        table.wrong(key, 'must be a time of day like "09:00".')
    return read


def _quota(quota: Table) -> dict[str, Any]:
    read = {
        "duty_days_per_month": quota.whole("duty_days_per_month", least=0, most=31, default=1),
        "listening_minutes_per_month": quota.whole(
            "listening_minutes_per_month", least=0, most=10_000, default=120
        ),
        "listening_session_minutes": quota.whole(
            "listening_session_minutes", least=SHORTEST_SESSION, most=LONGEST_SESSION, default=30
        ),
    }
    quota.close()
    return read


def _planning(planning: Table) -> dict[str, Any]:
    draft_on_day = planning.whole("draft_on_day", least=1, most=28) if planning.has("draft_on_day") else None
    read = {
        "wishes_per_month": planning.whole("wishes_per_month", least=0, most=31, default=4),
        "balance_months": planning.whole("balance_months", least=0, most=60, default=12),
        "draft_on_day": draft_on_day,
        "approve_absences": planning.flag("approve_absences", default=False),
    }
    if draft_on_day is None:
        planning.take("draft_on_day", object, None)
    planning.close()
    return read


def _threshold(threshold: Table) -> dict[str, Any]:
    full_marks = threshold.table("value_full_marks")
    amount = _amount(full_marks)
    read = {
        "threshold_score": threshold.whole("score", least=0, most=100, default=60),
        "weights": _weights(threshold),
        "full_marks_amount": amount,
        "full_marks_currency": full_marks.read("currency", read_currency, default="USD"),
    }
    full_marks.close()
    threshold.close()
    return read


def _amount(full_marks: Table) -> Decimal:
    """A sum of money to the hundredth, whether it was written as 500000 or as 500000.0."""
    value = full_marks.take("amount", object, 500_000)
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    amount = Decimal(value) if is_number else Decimal(0)
    if not amount.is_finite() or not Decimal("0.01") <= amount < 10**13:
        full_marks.wrong("amount", f"must be a number from 0.01 to {10**13 - 1:,}.")
        return Decimal(1)
    return amount.quantize(Decimal("0.01"))


def _weights(threshold: Table) -> dict[str, int]:
    """One whole number for each factor, 100 in all."""
    weights = threshold.table("weights")
    if not threshold.has("weights"):
        return dict(USUAL_WEIGHTS)
    read = {factor: weights.whole(factor, least=0, most=100, default=0) for factor in FACTORS}
    weights.close()
    if sum(read.values()) != 100:
        threshold.wrong("weights", f"must sum to 100, not {sum(read.values())}.")
    return read


def _ladder(ladder: Table, mistakes: list[Mistake]) -> dict[str, Any]:
    return {
        "ring_seconds": ladder.whole("ring_seconds", least=SHORTEST_RING, most=LONGEST_RING, default=20),
        "rungs": read_rungs(ladder, mistakes=mistakes),
        "accepted_but_idle_minutes": ladder.whole(
            "accepted_but_idle_minutes", least=1, most=24 * 60, default=10
        ),
        "promise_minutes": ladder.whole("promise_minutes", least=1, most=7 * 24 * 60, default=60),
        "unconfirmed_after_days": ladder.whole("unconfirmed_after_days", least=1, most=365, default=3),
        "ask_pin": ladder.flag("ask_pin", default=False),
        "text_detail": ladder.flag("text_detail", default=False),
        "detect_voicemail": ladder.flag("detect_voicemail", default=True),
    }
