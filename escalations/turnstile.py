"""The way in: a flood of cases waits here, where whoever raises one sees it, and not behind it, where customers would.

What a web process does for cases under way (a phone was answered, a key was pressed) never waits for those that come:
each process raises one case at a time, between webhooks. Nobody is refused: whoever has waited long enough goes in.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from telephony.webhooks import UNDER_WAY

# How long a case waits at most: for those before it, and for webhooks.
LONGEST_IN_LINE_SECONDS = 10.0
LONGEST_FOR_WEBHOOKS_SECONDS = 3.0
# One webhook is dealt with in passing.
WEBHOOKS_BESIDE = 1

_way_in = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one's turn to raise a case, outside of any transaction; the next one's comes when the block ends."""
    mine = _way_in.acquire(timeout=LONGEST_IN_LINE_SECONDS)
    try:
        UNDER_WAY.give_way(most=WEBHOOKS_BESIDE, seconds=LONGEST_FOR_WEBHOOKS_SECONDS)
        yield
    finally:
        if mine:
            _way_in.release()
