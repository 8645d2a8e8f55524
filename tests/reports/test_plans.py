"""What a month's report asks begins with the month, in a database that has never counted its rows.

SQLite counts them only when it is told to (ANALYZE), and guesses without: where a question can begin with the month or
with the programme, it begins with the programme, and reads the cases of all the years.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from reports import month as months
from reports.health import health
from rota.models import Programme

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)
NOW = datetime(2026, 4, 2, 14, tzinfo=UTC)
GROWING = r"(escalations_\w+|listening_session|listening_credit|learnings_learning|rota_duty)"
ALL_OF_IT = re.compile(
    rf"SCAN {GROWING}|SEARCH {GROWING} USING .*\((programme_id|actor_id|recorded_by_id)=\?\)$"
)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts its rows by itself")
def test_each_question_begins_with_the_month(programme: Programme, ana) -> None:
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        outline = months.outline(programme=programme, month=MARCH, now=NOW)
        outline.whole(outline.lines[:2])
        months.report(programme=programme, month=MARCH, now=NOW)
        months.report_of(programme=programme, person=ana, month=MARCH, now=NOW)
        health(programme=programme, month=MARCH, now=NOW)
    faults = []
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            faults += [f"{row[3]}: {sql}" for row in cursor.fetchall() if ALL_OF_IT.match(row[3])]
    assert len(asked) > 60
    assert not faults, "\n\n".join(faults)
