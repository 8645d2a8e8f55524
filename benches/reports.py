"""The month's report of a large programme's year: page, exports, closed copy; time, memory, queries, sizes.

The year is invented first (`manage.py seed_history`): 400 executives, 100,000 escalations, 20,000 sessions. In
`details` of the seeding are its rows a second. `--reports-size` takes another size, such as 40,2000,500.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benches.figures import say, say_quantiles
from benches.installation import Installation

SIZE = "400,100000,20000"


def measure(*, database_url: str = "", history: int = 0, size: str = SIZE) -> None:
    """Print the p50, p95 and p99 of each page in milliseconds, and memory and queries beside them."""
    executives, escalations, sessions = size.split(",")
    with TemporaryDirectory() as folder:
        product = Installation(
            Path(folder), programmes=1, accounts=1, database_url=database_url, history=history
        )
        product.folder.mkdir(parents=True, exist_ok=True)
        product.manage("migrate", "--verbosity", "0")
        before = perf_counter()
        product.manage(
            "seed_history",
            f"--executives={executives}",
            f"--escalations={escalations}",
            f"--sessions={sessions}",
            "--until=2026-10",
        )
        took = perf_counter() - before
        say("report seeding", took, "s", int(escalations), executives=int(executives), sessions=int(sessions))
        measured = json.loads(product.run("-m", "benches.report_pages"))
        for name, one in measured.items():
            if "ms" in one:
                say_quantiles(name, one["ms"], "ms", queries=one["queries"], octets=one["octets"])
            if "mib" in one:
                say(f"{name} memory", one["mib"], "MiB", one["rows"], octets=one["octets"])
