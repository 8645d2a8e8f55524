"""A time to listen gives way to a duty, for one phone cannot do both, and to an absence.

The planner keeps them apart. Whoever comes to have a published duty in any way, or comes to be away, gives back the
times to listen that were kept for them on these days: the seats are free again, and they are told and offered other
times. The minutes are owed as before, but for what an absence takes off (`rota.quotas`). What somebody books on a day
on which they have a duty already, or are away, is their own choice, and stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from calendars.days import midnight
from people.models import Person
from rota.models import Absence, Duty, ListeningHold, Programme
from rota.signals import times_given_back

ON_DUTY, AWAY = "On duty that day", "Away that day"
"""Why a time was given back, as it is kept with it."""

_AT_ONCE = 500


def kept_times(
    *, programme: Programme, people: Collection[int], days: Collection[date], after: datetime
) -> dict[tuple[int, date], list[ListeningHold]]:
    """The published times to listen, in whatever programme, that begin after an instant on one of these days of the
    programme: by person and day, in order. One query."""
    if not days:
        return {}
    holds = ListeningHold.objects.filter(
        published=True,
        cancelled_at=None,
        person__in=people,
        starts_at__gt=after,
        starts_at__gte=midnight(min(days), programme.zone),
        starts_at__lt=midnight(max(days) + timedelta(days=1), programme.zone),
    )
    found: defaultdict[tuple[int, date], list[ListeningHold]] = defaultdict(list)
    for hold in holds.order_by("starts_at", "pk"):
        if (day := hold.starts_at.astimezone(programme.zone).date()) in days:
            found[hold.person_id, day].append(hold)
    return dict(found)


def in_words(person: Person, holds: Sequence[ListeningHold]) -> str:
    """ "Ana listens at 10:00 EST that day: the time is given back." On the person's own clock."""
    starts = [hold.starts_at.astimezone(person.zone) for hold in holds]
    times = " and ".join(f"{start:%H:%M}" for start in starts)
    what = "the time is" if len(starts) == 1 else "the times are"
    return f"{person.name} listens at {times} {starts[-1]:%Z} that day: {what} given back."


def give_back(*, programme: Programme, duties: Iterable[Duty], by: Person | None, now: datetime) -> None:
    """Takes back the times to listen of whoever has these duties of the programme, those to come, on record.

    The caller holds the locks of every programme.
    """
    seated = {(duty.person_id, duty.day) for duty in duties}
    kept = kept_times(
        programme=programme,
        people={person for person, _ in seated},
        days={day for _, day in seated},
        after=now,
    )
    _take([hold for place, some in kept.items() if place in seated for hold in some], ON_DUTY, by, now)


def give_back_while_away(*, absence: Absence, by: Person, now: datetime) -> None:
    """Takes back the person's times to listen to come that begin on a day of the absence, by their own clock, in
    whatever programme, on record. The caller holds the locks of every programme."""
    zone = absence.person.zone
    holds = ListeningHold.objects.filter(
        published=True,
        cancelled_at=None,
        person=absence.person_id,
        starts_at__gt=now,
        starts_at__gte=midnight(absence.first_day, zone),
        starts_at__lt=midnight(absence.last_day + timedelta(days=1), zone),
    )
    _take(list(holds.order_by("starts_at", "pk")), AWAY, by, now)


def _take(holds: list[ListeningHold], why: str, by: Person | None, now: datetime) -> None:
    if not holds:
        return
    for hold in holds:
        hold.cancelled_at, hold.cancelled_why = now, why
    bulk_update_with_history(
        holds,
        ListeningHold,
        ["cancelled_at", "cancelled_why"],
        batch_size=_AT_ONCE,
        default_user=by,
        default_change_reason=why,
    )
    transaction.on_commit(lambda: times_given_back.send_robust(sender=ListeningHold, holds=holds))
