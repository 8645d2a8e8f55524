"""The instants at which duties begin and end, when the rules of their programme change under them."""

from datetime import datetime

from simple_history.utils import bulk_update_with_history

from rota.hours import duty_period
from rota.models import Duty, Programme


def retime_duties(*, programme: Programme, now: datetime) -> int:
    """Gives every duty that has not ended the times of the programme's present rules; returns how many moved.

    Whoever is on duty at this moment stays so: only the end of their duty moves, and not into the past.
    """
    moved: list[Duty] = []
    for duty in Duty.objects.filter(programme=programme, ends_at__gt=now).order_by("day", "seat"):
        period = duty_period(programme.rules, duty.day)
        starts_at = duty.starts_at if duty.starts_at <= now else period.start
        ends_at = max(period.end, now) if duty.starts_at <= now else period.end
        if (starts_at, ends_at) != (duty.starts_at, duty.ends_at) and ends_at > starts_at:
            duty.starts_at, duty.ends_at = starts_at, ends_at
            moved.append(duty)
    bulk_update_with_history(
        moved,
        Duty,
        ["starts_at", "ends_at"],
        batch_size=500,
        default_change_reason="the programme's days or hours changed",
    )
    return len(moved)
