"""What the pages say, as tables."""

from datetime import date

import pytest

from escalations.models import LegStatus, PageStatus, Status
from web import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "now"),
        (0, "now"),
        (1, "in 1 s"),
        (59, "in 59 s"),
        (60, "in 1 min 00 s"),
        (754, "in 12 min 34 s"),
        (3600, "in 1 h 00 min"),
        (172_799, "in 47 h 59 min"),
        (172_800, "in 2 days"),
    ],
)
def test_how_long(seconds: int, said: str) -> None:
    assert words.how_long(seconds) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 6, 17), "today"),
        (date(2026, 6, 18), "tomorrow"),
        (date(2026, 6, 16), "yesterday"),
        (date(2026, 6, 20), "Sat 20 Jun"),
        (date(2025, 6, 20), "20 Jun 2025"),
        (date(2027, 1, 2), "2 Jan 2027"),
    ],
)
def test_a_day_is_said_from_today(day: date, said: str) -> None:
    assert words.day(day, date(2026, 6, 17)) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["Ana"], "Ana"),
        (["Ana", "Ben"], "Ana and Ben"),
        (["Ana", "Ben", "Cleo"], "Ana, Ben and Cleo"),
        (["Ana", "Ben", "Cleo", "Dora", "Eve"], "Ana, Ben and 3 more"),
    ],
)
def test_names_are_listed(names: list[str], said: str) -> None:
    assert words.listed(names) == said


def test_every_status_has_its_look() -> None:
    assert set(words.CASE_LOOKS) == set(Status.values)
    assert set(words.PAGE_LOOKS) == set(PageStatus.values)
    assert set(words.LEG_LOOKS) == set(LegStatus.values)


def test_a_factor_is_the_same_fresh_and_stored() -> None:
    row = words.factor({"name": "tenure", "value": "7.4 years", "weight": 10, "points": 7.4})
    assert (row.name, row.value, row.points, row.percent) == ("Customer for", "7.4 years", "7.4", 74)
    assert words.factor({"name": "value", "value": "", "weight": 0, "points": 0.0}).percent == 0


def test_every_kind_of_event_that_is_written_has_an_icon() -> None:
    for kind in (
        "raised",
        "page_ringing",
        "accepted",
        "bridge_started",
        "question_sent",
        "graver",
        "no_number",
    ):
        assert words.event_look(kind).icon
