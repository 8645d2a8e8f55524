"""What a member owes a programme in one month: duty days and minutes of listening, with the reasons in words.

A full quota is owed by whoever is a member with a full share on every day of the month and is not away. Less is owed

1. by share: a share of 50 percent owes a duty every other month, not half of one in each. Shares add up over the
   months and a duty falls due when the sum passes a whole number, at different months for different people;
2. by days: what the share leaves is owed in proportion to the days of the month on which one was a member and on no
   approved absence;
3. by exemption: nothing at all.

Both results are rounded to the nearest whole duty and the nearest whole minute, a half upwards: of one duty a month
16 of 31 days owe one, 15 owe none. Months and days are of the programme's calendar.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q

from people.models import Person, PersonQuerySet
from rota.models import Absence, AbsenceStatus, Exemption, Membership, Programme


@dataclass(frozen=True)
class Owed:
    """What is owed in a month. `reasons` say in words why it is less than the full quota."""

    duty_days: int
    listening_minutes: int
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What decides how much somebody owes in a month. `absences` are approved, first and last day inclusive.

    `left_on` is the first day out; `phase` is any whole number that tells people of one share apart.
    """

    joined_on: date | None = None
    left_on: date | None = None
    member: bool = True
    share: int = 100
    absences: tuple[tuple[date, date], ...] = ()
    exempt_duty: bool = False
    exempt_listening: bool = False
    exempt_reason: str = ""
    phase: int = 0


def reckon(*, duty_days: int, listening_minutes: int, month: date, part: Part) -> Owed:
    """Of these full quotas of a month (any day of it), what this part owes. Pure."""
    first, last = month_days(month)
    days = (last - first).days + 1
    if not part.member:
        return Owed(0, 0, ["no member"])
    begins = max(first, part.joined_on or first)
    ends = min(last, part.left_on - timedelta(days=1) if part.left_on else last)
    present = max((ends - begins).days + 1, 0)
    reasons: list[str] = []
    if present < days:
        reasons.append(f"{_membership(part, first, last)}: {present} of {days} days")
    away = _days_away(part.absences, begins, ends)
    if away:
        present -= away
        reasons.append(f"away on {away} day{'' if away == 1 else 's'}: {present} of {days} days")
    duties = _of_share(duty_days, part.share, first, part.phase)
    if part.share < 100:
        reasons.append(f"a share of {part.share} %: {duties} of {duty_days} this month")
    owed_duties = _nearest(duties * present, days)
    owed_minutes = _nearest(listening_minutes * present * part.share, days * 100)
    if part.exempt_duty or part.exempt_listening:
        reasons.append(_exemption(part))
    return Owed(
        duty_days=0 if part.exempt_duty else owed_duties,
        listening_minutes=0 if part.exempt_listening else owed_minutes,
        reasons=reasons,
    )


def owed(programme: Programme, person: Person, month: date) -> Owed:
    """What one person owes the programme in the month of this date. Three queries."""
    return owed_by(programme, [person], month)[person.pk]


def owed_by(programme: Programme, people: Collection[Person], month: date) -> dict[int, Owed]:
    """What each of these people owes in the month of this date, by their key. Three queries, whatever their number."""
    first, last = month_days(month)
    keys = [person.pk for person in people]
    # Of the programme's own rows almost all are of members: a list of hundreds costs more than reading the few others.
    whose = Q(person__in=keys) if len(keys) == 1 else Q()
    rows = {row.person_id: row for row in programme.memberships.filter(whose)}
    exemptions = {row.person_id: row for row in programme.exemptions.filter(whose, month=first)}
    away: dict[int, list[tuple[date, date]]] = {}
    for person, start, end in Absence.objects.filter(
        person__in=keys, status=AbsenceStatus.APPROVED, first_day__lte=last, last_day__gte=first
    ).values_list("person", "first_day", "last_day"):
        away.setdefault(person, []).append((start, end))
    return {
        person.pk: reckon(
            duty_days=programme.duty_days_per_month,
            listening_minutes=programme.listening_minutes_per_month,
            month=first,
            part=_part(
                programme, person, rows.get(person.pk), away.get(person.pk), exemptions.get(person.pk)
            ),
        )
        for person in people
    }


def members_during(programme: Programme, month: date) -> list[Person]:
    """The active executives who are members on at least one day of the month of this date, by name. One query."""
    return list(members_of(programme, month))


def members_of(programme: Programme, month: date) -> PersonQuerySet:
    """Likewise, to choose among them or to read less of them."""
    first, last = month_days(month)
    if programme.everybody:
        out = Membership.objects.filter(Q(joined_on__gt=last) | Q(left_on__lte=first), programme=programme)
        return Person.objects.executives().exclude(pk__in=out.values("person"))
    there = Membership.objects.filter(
        Q(joined_on__isnull=True) | Q(joined_on__lte=last),
        Q(left_on__isnull=True) | Q(left_on__gt=first),
        programme=programme,
    )
    return Person.objects.executives().filter(pk__in=there.values("person"))


def month_days(month: date) -> tuple[date, date]:
    """The first and the last day of the month of this date."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _part(
    programme: Programme,
    person: Person,
    row: Membership | None,
    away: Iterable[tuple[date, date]] | None,
    exemption: Exemption | None,
) -> Part:
    joined_on = row.joined_on if row else None
    if row is None and person.created_at > programme.created_at:
        # A programme for everybody has whoever comes later from the day on which they came.
        joined_on = person.created_at.astimezone(programme.zone).date()
    return Part(
        joined_on=joined_on,
        left_on=row.left_on if row else None,
        member=row is not None or programme.everybody,
        share=row.share if row else 100,
        absences=tuple(away or ()),
        exempt_duty=bool(exemption and exemption.duty),
        exempt_listening=bool(exemption and exemption.listening),
        exempt_reason=exemption.reason if exemption else "",
        phase=person.pk,
    )


def _nearest(amount: int, parts: int) -> int:
    """One of so many equal parts of an amount, rounded to the nearest whole, a half upwards. Exact."""
    return (2 * amount + parts) // (2 * parts)


def _of_share(quota: int, share: int, month: date, phase: int) -> int:
    """The whole duties that a share owes in this month: what falls due between its beginning and its end."""
    months = month.year * 12 + month.month + phase
    return (months + 1) * quota * share // 100 - months * quota * share // 100


def _days_away(absences: Iterable[tuple[date, date]], begins: date, ends: date) -> int:
    """How many of the days from `begins` to `ends`, inclusive, lie in an absence; a day in two counts once."""
    away = {
        max(start, begins) + timedelta(days=step)
        for start, end in absences
        for step in range((min(end, ends) - max(start, begins)).days + 1)
    }
    return len(away)


def _membership(part: Part, first: date, last: date) -> str:
    """ "joined on 12 March", "until 19 March", or both."""
    words = []
    if part.joined_on is not None and part.joined_on > first:
        words.append(f"joined on {_day(part.joined_on)}")
    if part.left_on is not None and part.left_on <= last:
        words.append(f"until {_day(part.left_on - timedelta(days=1))}")
    return ", ".join(words)


def _exemption(part: Part) -> str:
    both = part.exempt_duty and part.exempt_listening
    what = "duty and listening" if both else "duty" if part.exempt_duty else "listening"
    return f"exempt from {what}: {part.exempt_reason}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"
