"""From draft to published: all the seats of a rota or none, and never over seats that are published.

The times to listen that the draft proposes are published with it, but none on a day of duty or of an absence.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q
from simple_history.utils import bulk_update_with_history

from people.models import Person
from rota.changing_hands import lock_programmes
from rota.errors import CannotPublish
from rota.hours import duty_period, is_duty_day
from rota.models import (
    Absence,
    AbsenceStatus,
    Duty,
    ListeningHold,
    ListeningWindow,
    Programme,
    Rota,
    RotaStatus,
)
from rota.signals import rota_published
from rota.times_given_back import give_back

AT_ONCE = 500
"""Rows in one statement."""


def publish(*, rota: Rota, by: Person | None = None) -> Rota:
    """Publishes every duty of a draft, with the times of the programme's present rules, and its times to listen.

    Raises CannotPublish, and publishes nothing, where a seat has a published duty already, its day is no duty day any
    more, or somebody would sit twice on a day (in another programme, too) or has left. What is merely missing is
    for `rota.draft_changes.readiness` to say. Times to listen that officers had on these days already are given back.
    `rota.signals.rota_published` is sent after the commit.
    """
    now = datetime.now(UTC)
    try:
        with transaction.atomic():
            lock_programmes()
            published = (
                Rota.objects.select_for_update(of=("self",)).select_related("programme").get(pk=rota.pk)
            )
            if published.status == RotaStatus.PUBLISHED:
                raise CannotPublish("This rota is published already.", code="published")
            duties = list(published.duties.select_related("person").order_by("day", "seat"))
            _check(published.programme, duties)
            _time(published.programme, duties)
            bulk_update_with_history(
                duties,
                Duty,
                ["starts_at", "ends_at", "published"],
                batch_size=AT_ONCE,
                default_user=by,
                default_change_reason="published",
            )
            give_back(programme=published.programme, duties=duties, by=by, now=now)
            holds = _publish_holds(published, now, by)
            published.status, published.published_at = RotaStatus.PUBLISHED, now
            published.save()
            transaction.on_commit(
                lambda: rota_published.send_robust(
                    sender=Rota, rota=published, duties=duties, holds=holds, by=by
                )
            )
    except IntegrityError as error:
        raise CannotPublish(
            "Some of these days were published by somebody else just now. Look at the rota again.",
            code="taken",
        ) from error
    rota.refresh_from_db()
    return rota


def _check(programme: Programme, duties: list[Duty]) -> None:
    if not duties:
        raise CannotPublish("This rota has no duties. Draft it again.", code="empty")
    days = sorted({duty.day for duty in duties})
    published = list(
        Duty.objects.published()
        .filter(Q(programme=programme) | Q(person__in={duty.person_id for duty in duties}), day__in=days)
        .select_related("programme")
    )
    mine = {(duty.day, duty.seat) for duty in duties}
    taken = {
        other.day
        for other in published
        if other.programme_id == programme.pk and (other.day, other.seat) in mine
    }
    if dates := sorted(taken):
        raise CannotPublish(
            f"{_listed(dates)} published already, and published days stay put.", field="day", code="taken"
        )
    if dates := [day for day in days if not is_duty_day(programme.rules, day)]:
        raise CannotPublish(
            f"{_listed(dates)} no duty day of the programme. Draft the rota again.",
            field="day",
            code="no_day",
        )
    seated = {(other.day, other.person_id): other.programme for other in published}
    for duty in duties:
        if not duty.person.is_active:
            raise CannotPublish(
                f"{duty.person.name}, on {duty.day}, has left. Draft the rota again.", field="person"
            )
        elsewhere = seated.get((duty.day, duty.person_id))
        if elsewhere is not None:
            where = "" if elsewhere.pk == programme.pk else f", once in {elsewhere.name}"
            raise CannotPublish(
                f"{duty.person.name} would sit twice on {duty.day}{where}.", field="person", code="twice"
            )
        seated[duty.day, duty.person_id] = programme


def _time(programme: Programme, duties: list[Duty]) -> None:
    periods = {day: duty_period(programme.rules, day) for day in {duty.day for duty in duties}}
    for duty in duties:
        duty.published = True
        duty.starts_at, duty.ends_at = periods[duty.day].start, periods[duty.day].end


def _publish_holds(rota: Rota, now: datetime, by: Person | None) -> list[ListeningHold]:
    """The times to listen that still fit; what is over, on a day of duty or of an absence, or went to somebody else
    is dropped."""
    mine = ListeningHold.objects.filter(rota=rota, published=False, cancelled_at=None)
    proposed = list(mine.order_by("starts_at", "pk"))
    if not proposed:
        return []
    # Hundreds of times lie in a handful of windows and belong to a few people: not one row of theirs for each.
    windows = ListeningWindow.objects.in_bulk({hold.window_id for hold in proposed if hold.window_id})
    people = Person.objects.in_bulk({hold.person_id for hold in proposed})
    taken = ListeningHold.objects.filter(
        published=True,
        cancelled_at=None,
        starts_at__range=(proposed[0].starts_at, proposed[-1].starts_at),
    )
    seats: Counter[tuple[int | None, datetime]] = Counter()
    busy: set[tuple[int, datetime]] = set()
    for window, person, starts_at in taken.values_list("window", "person", "starts_at"):
        seats[window, starts_at] += 1
        busy.add((person, starts_at))
    zone = rota.programme.zone
    days = _day(proposed[0], zone), _day(proposed[-1], zone)
    serve, away = _serving(people, *days), _away(people, *days)
    kept: list[ListeningHold] = []
    for hold in proposed:
        place = (hold.window_id, hold.starts_at)
        hold.person = people[hold.person_id]
        hold.window = windows[hold.window_id] if hold.window_id is not None else None
        full = hold.window is not None and seats[place] >= hold.window.seats
        own_day = _day(hold, hold.person.zone)
        off = (hold.person_id, _day(hold, zone)) in serve or any(
            one.first_day <= own_day <= one.last_day for one in away[hold.person_id]
        )
        if hold.starts_at > now and not full and not off and (hold.person_id, hold.starts_at) not in busy:
            seats[place] += 1
            hold.published = True
            kept.append(hold)
    dropped = [hold.pk for hold in proposed if not hold.published]
    for first in range(0, len(dropped), AT_ONCE):
        ListeningHold.objects.filter(pk__in=dropped[first : first + AT_ONCE]).delete()
    # What is left is what is kept, and all of it changes alike.
    mine.update(published=True)
    history: Any = ListeningHold.history
    history.bulk_history_create(
        kept, batch_size=AT_ONCE, update=True, default_user=by, default_change_reason="published"
    )
    return kept


def _day(hold: ListeningHold, zone: ZoneInfo) -> date:
    return hold.starts_at.astimezone(zone).date()


def _serving(people: Collection[int], first: date, last: date) -> set[tuple[int, date]]:
    duties = Duty.objects.published().filter(person__in=people, day__range=(first, last))
    return set(duties.values_list("person", "day"))


def _away(people: Collection[int], first: date, last: date) -> defaultdict[int, list[Absence]]:
    """Their absences by person; elsewhere it may be the day before or after."""
    absences = Absence.objects.filter(
        person__in=people,
        status=AbsenceStatus.APPROVED,
        first_day__lte=last + timedelta(days=1),
        last_day__gte=first - timedelta(days=1),
    )
    found: defaultdict[int, list[Absence]] = defaultdict(list)
    for absence in absences:
        found[absence.person_id].append(absence)
    return found


def _listed(dates: Sequence[date]) -> str:
    """ "2026-11-23 is", "2026-11-23 and 4 more are"."""
    if len(dates) == 1:
        return f"{dates[0]} is"
    return f"{dates[0]} and {len(dates) - 1} more are"
