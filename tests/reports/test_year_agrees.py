"""Every figure of an invented year, reckoned twice: by the report, and by plain Python over a dump of the raw rows.

Small by default; `REPORTS_YEAR=400,100000,20000` (executives, escalations, sessions) takes it all, in some minutes.
"""

import json
import os
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.models import F

from escalations.models import Escalation
from listening.models import Credit
from reports import month as months
from reports.figures import summed
from reports.invented.year import Size, invent_year, months_until
from reports.standing import clock
from rota.models import Programme
from tests.reports.independent import Month, dump

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
UNTIL = date(2026, 7, 31)
SIZE = [int(part) for part in os.environ.get("REPORTS_YEAR", "16,600,240").split(",")]


@pytest.fixture
def year(db: None) -> Programme:
    executives, escalations, sessions = SIZE
    size = Size(executives=executives, escalations=escalations, sessions=sessions, months=12)
    year = invent_year(slug="year", until=UNTIL, size=size, seed=7)
    few = Size(executives=8, escalations=40, sessions=60, months=2)
    other = invent_year(slug="other", until=UNTIL, size=few, seed=3)
    Escalation.objects.annotate(third=F("pk") % 3).filter(programme=year, third=0).update(programme=other)
    return year


@pytest.fixture
def tables(year: Programme, tmp_path) -> dict:
    with connection.cursor() as cursor:
        dump(cursor, tmp_path / "dump.json")
    return json.loads((tmp_path / "dump.json").read_text())


def test_every_figure_is_what_the_raw_events_give_and_what_is_behind_it_sums_to(
    year: Programme, tables: dict
) -> None:
    figures = 0
    for month in months_until(UNTIL, 12):
        reckoned = Month(tables, "year", month, NOW)
        report = months.report(programme=year, month=month, now=NOW)
        assert sorted(line.person.pk for line in report.lines) == sorted(reckoned.members())
        for line in report.lines:
            for key, value in reckoned.figures(line.person.pk).items():
                assert line.figures[key] == value, (month, line.person, key)
                figures += 1
        some = slice(2, 42)  # as many as a page has
        outline = months.outline(programme=year, month=month, now=NOW)
        assert outline.whole(outline.lines[some]) == report.lines[some]
        assert [line.standing for line in outline.lines] == [line.standing for line in report.lines]
    assert figures > 12 * 10 * 20
    sums(year, date(2026, 3, 1))
    edges(year)


def sums(year: Programme, month: date) -> None:
    """Sums of the drill-down equal the figure."""
    report = months.report(programme=year, month=month, now=NOW)
    for line in report.lines[:: max(len(report.lines) // 6, 1)]:
        for key, figure in months.FIGURES.items():
            events = months.evidence_of(programme=year, person=line.person, month=month, figure=key, now=NOW)
            assert summed(figure, events) == line.figures[key], (line.person, key)


def edges(year: Programme) -> None:
    """119:59 is short and 120:00 is not; 23:50 to 00:20 in New York is split, both months with their part."""
    halves = Credit.objects.filter(session__credits__month=date(2026, 2, 1)).filter(
        session__credits__month=date(2026, 3, 1)
    )
    assert [(half.month.month, half.seconds) for half in halves.order_by("month")] == [(2, 600), (3, 1200)]
    month = date(2025, 8, 1)
    lines = {line.person.email: line for line in months.report(programme=year, month=month, now=NOW).lines}
    for email, seconds in (("year.officer0@example.com", 7199), ("year.officer1@example.com", 7200)):
        line = lines[email]
        assert line.figures["listening_counted_seconds"] == seconds
        short = line.figures["listening_owed_seconds"] - seconds
        assert line.figures["listening_balance_seconds"] == -short
        assert (f"{clock(short)} of listening short" in line.standing.reasons) == (short > 0)


def test_the_same_seed_gives_the_same_year(db: None) -> None:
    size = Size(executives=8, escalations=40, sessions=60, months=2)
    rows = []
    for slug in ("one", "two"):
        programme = invent_year(slug=slug, until=UNTIL, size=size, seed=3)
        lines = months.report(programme=programme, month=UNTIL, now=NOW).lines
        # In which month a share's duty falls due goes by the person's key.
        rows.append([{**line.figures, "duty_days_owed": 0} for line in lines])
    assert rows[0] == rows[1]
    assert any(figures["cases_taken"] for figures in rows[0])
