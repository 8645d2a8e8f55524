"""A calendar feed over HTTP, fresh and unchanged; and a year's invitations, from published to queued.

The feed holds 400 duties. The year is of one programme of 400 executives, with a primary and a backup each day.
"""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benches.figures import say, say_quantiles
from benches.installation import Installation

DUTIES = 400
FETCHES = 400
EXECUTIVES = 400
DAYS = 365


def measure(*, database_url: str = "", history: int = 0) -> None:
    """Print p50, p95 and p99 of the feed in milliseconds, and how long a year's invitations take, in seconds."""
    with TemporaryDirectory() as folder:
        product = Installation(
            Path(folder), programmes=1, accounts=1, database_url=database_url, history=history
        )
        with product:
            url = product.run("-m", "benches.calendar_rows", "feed", str(DUTIES)).strip()
            _fetch(url)
            product.stop()
            # Alone, so that no worker of the queue does half of the work.
            year = json.loads(product.run("-m", "benches.calendar_rows", "year", str(EXECUTIVES), str(DAYS)))
            for name, value in year["seconds"].items():
                say(f"year {name}", value, "s", year["entries"], **year["details"])


def _fetch(url: str) -> None:
    session = requests.Session()
    first = session.get(url, timeout=10)
    first.raise_for_status()
    entries = first.text.count("BEGIN:VEVENT")
    for name, headers, status in (
        ("feed fresh", {}, 200),
        ("feed unchanged", {"If-None-Match": first.headers["ETag"]}, 304),
    ):
        took = []
        for _ in range(FETCHES):
            before = time.perf_counter()
            answer = session.get(url, headers=headers, timeout=10)
            took.append((time.perf_counter() - before) * 1000)
            if answer.status_code != status:
                raise RuntimeError(f"{answer.status_code} instead of {status}")
        say_quantiles(name, took, "ms", entries=entries, octets=len(first.content))
