"""How late the move to the next rung comes, with 500 cases running: the move's time less its due time."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benches.figures import say_quantiles
from benches.installation import Installation

CASES = 500
RAISED_A_SECOND = 10
# Longer than it takes to raise them all: each rings while all others do.
RING_SECONDS = 60


def measure(*, database_url: str = "", history: int = 0) -> None:
    """Raise 500 cases, ten a second, whose officers do not answer; read from the timelines when each moved on.

    All of them ring at once.
    """
    with TemporaryDirectory(prefix="officer-bench-") as folder:
        product = Installation(
            Path(folder),
            programmes=CASES,
            accounts=CASES,
            ring_seconds=RING_SECONDS,
            extra_ring_seconds=5.0,  # our own clock must end the ring, not Twilio's
            database_url=database_url,
            history=history,
        )
        with product:
            began = time.monotonic()
            for account in range(CASES):
                time.sleep(max(0.0, began + account / RAISED_A_SECOND - time.monotonic()))
                product.escalate(account)
            time.sleep(RING_SECONDS + 10)
            lateness = [float(word) for word in product.run("-m", "benches.lateness").split()]
    say_quantiles(
        "timer lateness",
        lateness,
        "ms",
        database="PostgreSQL" if database_url else "SQLite",
        cases=CASES,
        old_escalations=history,
    )
