"""What speaks against somebody's serving a duty: what forbids it, and what they should know before they say yes.

A constant number of queries, whatever the number of people.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from people.models import Person
from rota.busy_calendars import taken_days
from rota.hours import duty_hours
from rota.membership import members_on
from rota.models import Absence, AbsenceStatus, Duty
from rota.times_given_back import in_words, kept_times

# How far apart in dates two duties of different programmes may lie and still have hours in common: a day that runs
# past midnight, in zones on either side of the date line.
_NEAR = 2


@dataclass(frozen=True)
class Conflicts:
    """Sentences. Of what is `forbidding` one is enough; a `warning` is for the person to weigh; `given_back` are the
    times to listen that the duty takes from them, as they should read before they say yes."""

    forbidding: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()
    given_back: tuple[str, ...] = ()


def conflicts_of(
    *, duty: Duty, people: Sequence[Person], without: Collection[Duty] = ()
) -> dict[int, Conflicts]:
    """The conflicts of each of these people, by their key, if they had `duty` and no more those of `without`."""
    keys = [person.pk for person in people]
    members = set(members_on(duty.programme, duty.day).filter(pk__in=keys).values_list("pk", flat=True))
    duties = _duties_near(duty, keys, without)
    absences = _absences(duty, keys)
    taken = taken_days(programme=duty.programme, people=keys, first=duty.day, last=duty.day)
    listens = kept_times(programme=duty.programme, people=keys, days={duty.day}, after=datetime.now(UTC))
    return {
        person.pk: Conflicts(
            forbidding=tuple(
                _forbidding(duty, person, person.pk in members, duties[person.pk], absences.get(person.pk))
            ),
            warning=tuple(
                _warnings(duty, person, duties[person.pk], taken.get(person.pk, {}).get(duty.day, ""))
            ),
            given_back=(in_words(person, times),) if (times := listens.get((person.pk, duty.day))) else (),
        )
        for person in people
    }


def serves_meanwhile(*, duty: Duty, person: Person, without: Collection[Duty] = ()) -> str:
    """The sentence that somebody is on duty elsewhere that day or in the same hours; "" where they are not."""
    return _meanwhile(duty, person, _duties_near(duty, [person.pk], without)[person.pk])


def _forbidding(
    duty: Duty, person: Person, is_member: bool, others: list[Duty], absence: Absence | None
) -> list[str]:
    if not person.is_active:
        return [f"{person.name} has left."]
    found = []
    if not is_member:
        found.append(f"{person.name} is no member of {duty.programme.name} on {duty.day}.")
    if meanwhile := _meanwhile(duty, person, others):
        found.append(meanwhile)
    if absence is not None:
        found.append(f"{person.name} is away on {duty.day} (until {absence.last_day}).")
    if not person.can_be_rung:
        found.append(f"{person.name} has no verified number: it is verified on their profile.")
    return found


def _meanwhile(duty: Duty, person: Person, others: list[Duty]) -> str:
    for other in others:
        if other.day == duty.day:
            where = "" if other.programme_id == duty.programme_id else f" in {other.programme.name}"
            return f"{person.name} has another seat on {duty.day} already{where}."
        if other.programme_id != duty.programme_id and _same_hours(duty, other):
            return f"{person.name} is on duty in {other.programme.name} in the same hours ({other.day})."
    return ""


def _same_hours(one: Duty, other: Duty) -> bool:
    """Whether both phones would ring at once: days of two programmes may bear different dates and yet coincide."""
    first, second = duty_hours(one.programme.rules, one.day), duty_hours(other.programme.rules, other.day)
    return first.start < second.end and second.start < first.end


def _warnings(duty: Duty, person: Person, others: list[Duty], busy: str) -> list[str]:
    gap = duty.programme.min_gap_days
    close = [other for other in others if 0 < abs((other.day - duty.day).days) < gap]
    found = [
        f"{person.name} is {other.role} on {other.day} too: less than {gap} days between."
        for other in close[:2]
    ]
    return [*found, f"{person.name}: {busy}."] if busy else found


def _duties_near(duty: Duty, people: Sequence[int], without: Collection[Duty]) -> dict[int, list[Duty]]:
    days = timedelta(days=max(duty.programme.min_gap_days, _NEAR))
    near = Duty.objects.published().filter(person__in=people, day__range=(duty.day - days, duty.day + days))
    by_person: defaultdict[int, list[Duty]] = defaultdict(list)
    for one in near.exclude(pk__in=[duty.pk, *(other.pk for other in without)]).select_related("programme"):
        by_person[one.person_id].append(one)
    return by_person


def _absences(duty: Duty, people: Sequence[int]) -> dict[int, Absence]:
    away = Absence.objects.filter(
        person__in=people,
        status=AbsenceStatus.APPROVED,
        first_day__lte=duty.day,
        last_day__gte=duty.day,
    )
    return {absence.person_id: absence for absence in away.order_by("last_day")}
