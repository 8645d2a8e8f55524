"""Wishes: dates and weekdays on which somebody would rather not serve, or would gladly.

How many days of a month a programme heeds is its rule (`wishes_per_month`), so that many dislikes buy no light rota.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from people.errors import Refused
from people.models import Person
from people.suggestions import one_of
from rota.calendar_keeping import check_keeps_calendar
from rota.hours import WEEKDAYS
from rota.models import Preference, Programme

WEAKEST, STRONGEST = 1, 3
MOST_DATES = 200
FARTHEST = timedelta(days=731)


@dataclass(frozen=True)
class Wish:
    """A wish about a date or a weekday, one of the two: `liking` -3 (please not) to 3 (gladly), never 0."""

    liking: int
    day: date | None = None
    weekday: str = ""


def set_preference(
    *, person: Person, by: Person, liking: int, day: date | None = None, weekday: str = ""
) -> Preference:
    """Keeps the wish in the place of an earlier one about the same date or weekday ("mon" … "sun").

    By the person, their assistant or an administrator, on record. Raises Refused with the field.
    """
    check_keeps_calendar(by, person)
    _check(person, liking, day, weekday)
    about = {"day": day} if day is not None else {"weekday": weekday}
    with transaction.atomic():
        # The person's row is the lock: two wishes about one day come one after the other.
        Person.objects.select_for_update().get(pk=person.pk)
        row = Preference.objects.filter(person=person, **about).first()
        if row is None:
            if day is not None and person.preferences.filter(day__gte=_today(person)).count() >= MOST_DATES:
                raise Refused(f"At most {MOST_DATES} dates to come are kept.", field="day", code="too_many")
            row = Preference(person=person, created_at=timezone.now(), **about)
        elif row.liking == liking:
            return row
        row.liking = liking
        row._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
        row.save()
    return row


def clear_preference(*, preference: Preference, by: Person) -> None:
    """The wish is no more; that it was stays on record. Raises Refused."""
    check_keeps_calendar(by, preference.person)
    preference._history_user = by  # noqa: SLF001 - likewise
    preference.delete()


def wishes_of(people: Collection[int]) -> dict[int, list[Wish]]:
    """Every wish of these people, by their key. One query."""
    found: dict[int, list[Wish]] = {}
    for row in Preference.objects.filter(person__in=people).order_by("person_id", "pk"):
        found.setdefault(row.person_id, []).append(Wish(row.liking, row.day, row.weekday))
    return found


def likings(
    *, programme: Programme, people: Collection[int], days: Sequence[date]
) -> dict[int, dict[date, int]]:
    """What counts of people's wishes about these duty days of the programme, by their key. One query.

    `days` are whole months, or as much of them as is planned: in each month the same number counts.
    """
    return {
        person: counted
        for person, wishes in wishes_of(people).items()
        if (counted := counting(wishes, days, per_month=programme.wishes_per_month))
    }


def counting(wishes: Iterable[Wish], days: Iterable[date], *, per_month: int) -> dict[date, int]:
    """The liking of each day whose wish counts. Pure.

    Of each month `per_month` days count: dates that were named before those of a weekday, strong wishes before weak
    ones, and early days before late ones. A named date is never judged by its weekday, even where it does not count.
    """
    named: dict[date, int] = {}
    weekly: dict[str, int] = {}
    for wish in wishes:
        if wish.day is not None:
            named[wish.day] = wish.liking
        else:
            weekly[wish.weekday] = wish.liking
    ranked: dict[str, list[tuple[bool, int, date]]] = {}
    for day in days:
        liking = named.get(day) or weekly.get(WEEKDAYS[day.weekday()])
        if liking:
            ranked.setdefault(f"{day:%Y-%m}", []).append((day not in named, -abs(liking), day))
    return {
        day: named.get(day) or weekly[WEEKDAYS[day.weekday()]]
        for month in ranked.values()
        for _, _, day in sorted(month)[:per_month]
    }


def _check(person: Person, liking: int, day: date | None, weekday: str) -> None:
    if not WEAKEST <= abs(liking) <= STRONGEST:
        raise Refused(
            "Say how much: from -3 (please not) to 3 (gladly), and not 0.", field="liking", code="invalid"
        )
    if (day is None) == (not weekday):
        raise Refused("Name a date or a weekday, one of the two.", field="day", code="required")
    if weekday and weekday not in WEEKDAYS:
        raise Refused(f"A weekday is {one_of(WEEKDAYS)}.", field="weekday", code="unknown")
    if day is not None and not _today(person) <= day <= _today(person) + FARTHEST:
        raise Refused("Name a date of the next two years.", field="day", code="invalid")


def _today(person: Person) -> date:
    return timezone.now().astimezone(person.zone).date()
