"""Awkward calendars of every kind, each with the days it takes and the reason: `awkward/expected.toml`."""

import json
import tomllib
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from calendars.busy import CalendarRefused, busy_days
from calendars.days import BusyRules, days_taken
from calendars.reading.reader import read_busy

FOLDER = Path(__file__).parent / "awkward"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "expected.toml").read_text())


def asked(name: str) -> dict[str, Any]:
    """From when to when and for whom that calendar is read."""
    expected = EXPECTED[name]
    return {
        "first": date.fromisoformat(expected.get("first", "2026-03-01")),
        "last": date.fromisoformat(expected.get("last", "2026-03-31")),
        "zone": ZoneInfo(expected.get("zone", "Europe/Berlin")),
    }


def content(name: str) -> bytes:
    return (FOLDER / f"{name}.ics").read_bytes()


def test_every_file_is_expected_and_every_expectation_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.ics")} == set(EXPECTED)
    assert len(EXPECTED) >= 100


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "days" in expected])
def test_an_awkward_calendar_takes_its_days(name: str) -> None:
    expected = EXPECTED[name]
    reading = read_busy(content(name), **asked(name), owner_email=expected.get("owner", ""))
    days = days_taken(reading, **asked(name), rules=BusyRules())
    assert [day.isoformat() for day in days] == expected["days"], expected["why"]
    assert len(reading.doubtful) == expected.get("doubtful", 0), expected["why"]


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "refused" in expected])
def test_what_is_no_whole_calendar_is_refused(name: str) -> None:
    expected = EXPECTED[name]
    with pytest.raises(CalendarRefused) as refusal:
        read_busy(content(name), **asked(name))
    assert refusal.value.code == expected["refused"], expected["why"]
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", ["weekly", "zone_of_the_file", "unknown_zone", "html", "every_second"])
def test_the_reading_process_says_the_same(name: str) -> None:
    expected = EXPECTED[name]
    if "refused" in expected:
        with pytest.raises(CalendarRefused) as refusal:
            busy_days(content(name), **asked(name))
        assert refusal.value.code == expected["refused"]
    else:
        assert [day.isoformat() for day in busy_days(content(name), **asked(name))] == expected["days"]


@pytest.mark.parametrize(
    "name", ["summer_time_elsewhere", "leap_day", "declined_by_the_owner", "cut_within_an_event"]
)
def test_so_does_the_command(name: str) -> None:
    expected, question = EXPECTED[name], asked(name)
    out = StringIO()
    command = [
        "busy_days", str(FOLDER / f"{name}.ics"), "--from", f"{question['first']}", "--to", f"{question['last']}",
        "--time-zone", question["zone"].key, "--owner", expected.get("owner", ""),
    ]  # fmt: skip
    if "refused" in expected:
        with pytest.raises(CommandError, match="breaks off"):
            call_command(*command, stdout=out)
        assert not out.getvalue()
    else:
        call_command(*command, stdout=out)
        assert json.loads(out.getvalue()) == expected["days"]
