"""The year's duties: published, swapped, exchanged, given on, each change on record as the product leaves it."""

from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from people.models import Person
from reports.invented.cast import Cast
from reports.invented.loading import Keys, load
from rota.hours import duty_days, duty_period
from rota.models import Duty, Favour, Rota, RotaStatus
from rota.quotas import month_days

_SWAPPED, _GIVEN_ON = 0.06, 0.2


def play_duties(random: Random, cast: Cast, keys: Keys, months: list[date]) -> list[Duty]:
    """All duties of these months as they ended, by day and seat."""
    queue = deque(random.sample(cast.executives, len(cast.executives)))
    duties: list[Duty] = []
    records: list[Any] = []
    favours: list[Favour] = []
    for month in months:
        first, last = month_days(month)
        published = datetime(first.year, first.month, 1, 9, tzinfo=cast.programme.zone) - timedelta(days=20)
        rota = Rota.objects.create(
            programme=cast.programme,
            first_day=first,
            last_day=last,
            status=RotaStatus.PUBLISHED,
            published_at=published,
        )
        for day in duty_days(cast.programme.rules, first, last):
            seated = _seat(cast, keys, rota, day, queue)
            taken = {duty.person_id for duty in seated}
            for duty in seated:
                records.append(_record(duty, published, "+"))
                for at, before in _hand_on(random, cast, duty, published, taken):
                    records.append(_record(duty, at, "~"))
                    favours.append(Favour(duty=duty, helper=duty.person, helped=before, at=at))
            duties += seated
    load(Duty, duties)
    load(Duty.history.model, records)  # type: ignore[attr-defined]  # django-simple-history's manager
    load(Favour, favours)
    return duties


def _seat(cast: Cast, keys: Keys, rota: Rota, day: date, queue: deque[Person]) -> list[Duty]:
    """The day's officers, each in turn who is there."""
    period = duty_period(cast.programme.rules, day)
    away: list[Person] = []
    seated: list[Person] = []
    for _ in range(len(queue)):
        if len(seated) > cast.programme.seats_backup:
            break
        person = queue.popleft()
        (seated if cast.is_there(person, day) else away).append(person)
    queue.extendleft(reversed(away))
    queue.extend(seated)
    return [
        Duty(
            pk=keys.next(Duty),
            rota=rota,
            programme=cast.programme,
            person=person,
            day=day,
            seat=seat,
            starts_at=period.start,
            ends_at=period.end,
            published=True,
        )
        for seat, person in enumerate(seated)
    ]


def _hand_on(
    random: Random, cast: Cast, duty: Duty, published: datetime, taken: set[int]
) -> Iterator[tuple[datetime, Person]]:
    """When the duty changed hands, and from whom; `duty.person` is who has it then."""
    at = published
    chance = _SWAPPED
    while random.random() < chance:
        to = random.choice(cast.executives)
        at += timedelta(seconds=random.randrange(3600, 20 * 86400))
        if to.pk in taken or not cast.is_there(to, duty.day) or at >= duty.ends_at:
            return
        taken.add(to.pk)
        before, duty.person = duty.person, to
        yield at, before
        chance = _GIVEN_ON


def _record(duty: Duty, at: datetime, kind: str) -> Any:
    """The row of the history that saving the duty would have left."""
    history = Duty.history.model  # type: ignore[attr-defined]  # likewise
    columns = Duty._meta.concrete_fields  # noqa: SLF001 - Django's public name
    fields = {column.attname: getattr(duty, column.attname) for column in columns}
    return history(history_date=at, history_type=kind, **fields)
