"""Days that people type: within the two centuries that every calendar of ours can count in, and to come where said."""

from datetime import date

from people.errors import Refused

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def check_day(day: date, *, field: str) -> None:
    """Raises Refused for a day that nobody means: day and month reckoning ends soon beyond it."""
    if not EARLIEST <= day <= LATEST:
        raise Refused(f"Name a day from {EARLIEST} to {LATEST}.", field=field, code="out_of_range")


def check_day_to_come(day: date, *, field: str, today: date) -> None:
    """Raises Refused for a day before `today`, the present one where it counts, and for one that nobody means."""
    check_day(day, field=field)
    if day < today:
        raise Refused("This day is over.", field=field, code="past")
