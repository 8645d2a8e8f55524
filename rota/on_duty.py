"""Who is on duty at an instant, as published."""

from dataclasses import dataclass, field
from datetime import datetime

from rota.models import Duty, Programme


@dataclass(frozen=True)
class OnDuty:
    """The officers of one instant. A seat is empty where nobody was published or who was has left.

    `backups` are in the order in which they ring; `next` is the first primary whose duty starts later.
    """

    primary: Duty | None = None
    backups: list[Duty] = field(default_factory=list)
    next: Duty | None = None


def seated(*, programme: Programme, at: datetime) -> dict[int, Duty]:
    """The published duties of this instant by seat, their people with them. One query."""
    duties = Duty.objects.at(at).filter(programme=programme, person__is_active=True)
    # After a change of hours two duties of one seat could touch; the later day's is the one that counts.
    by_seat: dict[int, Duty] = {}
    for duty in duties.select_related("person").order_by("-day", "seat"):
        by_seat.setdefault(duty.seat, duty)
    return by_seat


def who_is_on_duty(*, programme: Programme, at: datetime) -> OnDuty:
    """The published officers at this instant and the primary after them. Two queries, whatever the rota."""
    by_seat = seated(programme=programme, at=at)
    later = Duty.objects.published().filter(programme=programme, person__is_active=True, seat=0)
    upcoming = later.filter(starts_at__gt=at).select_related("person").order_by("starts_at").first()
    return OnDuty(
        primary=by_seat.get(0),
        backups=[by_seat[seat] for seat in sorted(by_seat) if seat > 0],
        next=upcoming,
    )
