"""What time it is for whatever has a due time: the database's clock, the clock of record, so that no process moves a
timer because its own clock is wrong. It stands beside the loop's chores (`telephony.chores`), below every room that
has some.

On PostgreSQL the difference between this machine's clock and the database's is measured when a connection is made
and each minute from then on; on SQLite both are the same machine's. `CLOCK_FROM_DATABASE` off trusts the machine:
tests that freeze time do.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

logger = logging.getLogger(__name__)

MEASURE_SECONDS = 60.0
# Less than this no timer notices, and the measurement itself is off by half a round trip.
NEGLIGIBLE = timedelta(milliseconds=50)
WORTH_A_WARNING = timedelta(seconds=2)


class _Difference:
    """The database's clock less this machine's, as it was last measured in this process."""

    def __init__(self) -> None:
        self.is_ = timedelta(0)
        self.measured_at: float | None = None


_difference = _Difference()


def now() -> datetime:
    """This instant by the clock of record, UTC."""
    return timezone.now() + _difference.is_


def measure(on: BaseDatabaseWrapper | None = None) -> timedelta:
    """Compare the clocks anew, by one query; returns the database's clock less ours (0 where negligible)."""
    database = on or connection
    if database.vendor != "postgresql" or not settings.CLOCK_FROM_DATABASE:
        _difference.is_ = timedelta(0)
        return _difference.is_
    with database.cursor() as cursor:
        before, began = timezone.now(), time.monotonic()
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
        half_way = timedelta(seconds=(time.monotonic() - began) / 2)
    found = theirs - (before + half_way)
    known = _difference.is_
    _difference.is_ = found if abs(found) > NEGLIGIBLE + half_way else timedelta(0)
    _difference.measured_at = time.monotonic()
    if abs(found) > WORTH_A_WARNING and abs(found - known) > WORTH_A_WARNING:
        logger.warning(
            "This machine's clock is %.1f s off the database's, which counts", -found.total_seconds()
        )
    return _difference.is_


def keep(*, every: float = MEASURE_SECONDS) -> None:
    """Measure where that was last done so many seconds ago. A database that does not answer changes nothing."""
    last = _difference.measured_at
    if last is not None and time.monotonic() - last < every:
        return
    _difference.measured_at = time.monotonic()
    try:
        measure()
    except DatabaseError as error:
        logger.warning("The clocks could not be compared: %s", error)
