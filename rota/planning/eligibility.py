"""Who may listen in which slot: hours of the executive's own day, absences, busy times. Pure."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from rota.planning.instance import Executive, SessionRules, Slot
from rota.planning.parts import Rule


def session_obstacles(rules: SessionRules, executive: Executive, slot: Slot) -> Iterator[Rule]:
    """The rules that keep this executive out of this slot, whatever else is decided.

    A slot of another length than the programme's sessions is nobody's: see `right_length`.
    """
    local_day, begins = _local(slot.start, executive.zone)
    away = slot.date in executive.off or local_day in executive.off
    if away or slot.date in executive.barred:
        yield Rule.SESSION_UNAVAILABLE
    if not slot.requires <= executive.tags:
        yield Rule.SESSION_REQUIRES
    if begins < 60 * rules.opens or begins + slot.minutes > 60 * rules.closes:
        yield Rule.SESSION_HOURS
    if executive.is_busy(slot.start, slot.end):
        yield Rule.SESSION_BUSY


def right_length(rules: SessionRules, slot: Slot) -> bool:
    """Whether the slot lasts as long as the programme's sessions do."""
    return slot.minutes == rules.minutes


@lru_cache(maxsize=200_000)
def _local(instant: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """The date and the minute of the day of an instant, on the clocks of a zone."""
    local = instant.astimezone(zone)
    return local.date(), local.hour * 60 + local.minute
