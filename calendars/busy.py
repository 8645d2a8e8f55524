"""What a busy calendar says of its owner's time: the one door for whoever has its bytes, whatever is in them.

    reading = busy_times(content, first=first, last=last, zone=ZoneInfo("Europe/Berlin"))
    days_taken(reading, first=first, last=last, zone=zone, rules=rules)

Never longer than `seconds`, never much memory here. A refusal (CalendarRefused) says nothing about anybody's time:
keep the last good reading and show its age.
"""

from datetime import date
from zoneinfo import ZoneInfo

from calendars.confined import TOO_SLOW, read_confined
from calendars.days import BusyReading, BusyRules, BusyTime, Doubt, days_taken
from calendars.refused import CalendarRefused

__all__ = [
    "BusyReading", "BusyRules", "BusyTime", "CalendarRefused", "Doubt", "busy_days", "busy_times", "days_taken",
]  # fmt: skip

MOST_BYTES = 8 * 2**20
MOST_DAYS = 800
SECONDS = 5.0
USUAL_RULES = BusyRules()
EARLIEST, LATEST = date(1971, 1, 1), date(2199, 12, 31)


def busy_times(
    content: bytes,
    *,
    first: date,
    last: date,
    zone: ZoneInfo,
    owner_email: str = "",
    seconds: float = SECONDS,
) -> BusyReading:
    """When the owner of the calendar is busy from `first` to `last`, both included, by the owner's `zone`.

    Floating times and the edges of days are the owner's. With `owner_email`, invitations that the owner declined do
    not count. Raises CalendarRefused, and ValueError for days that nobody could mean.
    """
    if not EARLIEST <= first <= last <= LATEST or (last - first).days >= MOST_DAYS:
        raise ValueError(f"From {first} to {last} is no span of 1 to {MOST_DAYS} days.")
    check_size(content)
    if seconds <= 0:
        raise CalendarRefused("too_slow", TOO_SLOW)
    question = {"first": f"{first}", "last": f"{last}", "zone": zone.key, "owner_email": owner_email}
    return BusyReading.from_json(read_confined(question, content, seconds=seconds))


def busy_days(
    content: bytes,
    *,
    first: date,
    last: date,
    zone: ZoneInfo,
    rules: BusyRules = USUAL_RULES,
    owner_email: str = "",
) -> list[date]:
    """The dates on which the owner of the calendar cannot serve; otherwise as `busy_times`."""
    reading = busy_times(content, first=first, last=last, zone=zone, owner_email=owner_email)
    return days_taken(reading, first=first, last=last, zone=zone, rules=rules)


def check_size(content: bytes) -> None:
    """Raises CalendarRefused for more bytes than are read."""
    if len(content) > MOST_BYTES:
        raise CalendarRefused(
            "too_big",
            f"The calendar is larger than {MOST_BYTES // 2**20} MB: publish it without details, "
            "or only a year of it.",
        )
