"""Asks for the report's pages in one process, as a web worker does, and prints JSON: times, queries, memory.

Run by `benches.reports` on a database that has the invented year.
"""

import gc
import json
import resource
import sys
import time
import tracemalloc
from datetime import date
from itertools import islice, repeat
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import config.wsgi  # noqa: F401 - sets Django up, and what else gunicorn's workers have before their first request
from people.models import Person
from reports.closing import close_month
from reports.exports import columns, csv_lines
from rota.models import Programme

SLUG = "invented-year"
TIMES = 60
MONTHS = ("2026-03", "2026-07", "2026-10")
CSV_ROWS = 200_000


def measure() -> dict[str, dict[str, Any]]:
    """Every measurement by its name."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as it does by itself some time after so many rows are new
    programme = Programme.objects.get(slug=SLUG)
    admin = Person.objects.get(email=f"{SLUG}.sponsor@example.com")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    officer = Person.objects.get(email=f"{SLUG}.officer5@example.com")
    found = {
        "report month": _timed(
            client, [f"/admin/reports/?programme={SLUG}&month={month}" for month in MONTHS]
        ),
        "report member": _timed(client, [f"/reports/{SLUG}/{month}/{officer.pk}/" for month in MONTHS]),
        "report figure": _timed(
            client, [f"/reports/{SLUG}/{month}/{officer.pk}/pages_offered/" for month in MONTHS]
        ),
        "report programme": _timed(client, [f"/admin/reports/{SLUG}/{month}/health/" for month in MONTHS]),
        "report sponsor": _timed(client, [f"/admin/reports/{SLUG}/{month}/sponsor.pdf" for month in MONTHS]),
        "report csv": _timed(client, [f"/admin/reports/{SLUG}/{month}/report.csv" for month in MONTHS]),
        "report xlsx": _timed(client, [f"/admin/reports/{SLUG}/{month}/report.xlsx" for month in MONTHS]),
    }
    before = time.perf_counter()
    close_month(programme=programme, month=date(2025, 11, 1), by=admin)
    found["report closing"] = {
        "ms": [(time.perf_counter() - before) * 1000],
        "queries": 0,
        "octets": 0,
    }
    found["report closed month"] = _timed(client, [f"/admin/reports/?programme={SLUG}&month=2025-11"])
    for rows in (CSV_ROWS // 100, CSV_ROWS):
        found[f"csv of {rows} rows"] = _memory(rows)
    found["process"] = {
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": 1,
        "octets": 0,
    }
    return found


def _timed(client: Client, addresses: list[str]) -> dict[str, Any]:
    took = []
    octets = queries = 0
    for turn in range(TIMES):
        address = addresses[turn % len(addresses)]
        if turn < len(addresses):
            with CaptureQueriesContext(connection) as seen:
                octets = max(octets, _read(client, address))
            queries = max(queries, len(seen))
            continue
        before = time.perf_counter()
        _read(client, address)
        took.append((time.perf_counter() - before) * 1000)
    return {"ms": took, "queries": queries, "octets": octets}


def _read(client: Client, address: str) -> int:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    if answer.streaming:
        streaming: Any = answer
        return sum(len(chunk) for chunk in streaming.streaming_content)
    return len(answer.content)


def _memory(rows: int) -> dict[str, Any]:
    """The most memory that a CSV of so many rows takes while it streams."""
    line = ["invented-year", date(2026, 3, 1), "open", "Ada Abe", "ada@example.com", "kept", "", *range(40)]
    gc.collect()
    tracemalloc.start()
    octets = sum(len(text) for text in csv_lines(columns(), islice(repeat(line), rows)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"mib": most / 2**20, "rows": rows, "octets": octets}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
