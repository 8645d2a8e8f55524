"""Who is there on which day, and with what share: members by date, away on approved absences, exempt for a month.

What a fair share is reckoned from, ahead (`rota.instances`) and back (`rota.balance`): whoever is not there on a day
has no share of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q

from people.models import Person
from rota.models import Absence, AbsenceStatus, Exemption, Membership, Programme
from rota.quotas import Part, month_days


@dataclass(frozen=True, kw_only=True)
class Away:
    """From one day to another, both included."""

    first: date
    last: date
    why: str


@dataclass(frozen=True, kw_only=True)
class Presence:
    """One person's part in a programme. `left_on` is the first day out; `exemptions` are by the first of a month."""

    person: Person
    share: int = 100
    joined_on: date | None = None
    left_on: date | None = None
    absences: tuple[Away, ...] = ()
    exemptions: dict[date, Exemption] = field(default_factory=dict)

    def is_member(self, day: date) -> bool:
        return (self.joined_on is None or self.joined_on <= day) and (
            self.left_on is None or day < self.left_on
        )

    def is_exempt(self, day: date) -> bool:
        """Whether they owe no duty in the month of this day."""
        exemption = self.exemptions.get(day.replace(day=1))
        return exemption is not None and exemption.duty

    def share_of(self, days: Iterable[date]) -> dict[date, int]:
        """Their share, in percent of a full part, of each of these days on which they have one."""
        away = {
            absence.first + timedelta(days=step)
            for absence in self.absences
            for step in range((absence.last - absence.first).days + 1)
        }
        joined, left = self.joined_on or date.min, self.left_on or date.max
        exempt = {month for month, exemption in self.exemptions.items() if exemption.duty}
        return {
            day: self.share
            for day in days
            if joined <= day < left and day not in away and not (exempt and day.replace(day=1) in exempt)
        }

    def part_of(self, month: date) -> Part:
        """What decides how much they owe in the month that begins on this day."""
        exemption = self.exemptions.get(month)
        first, last = month_days(month)
        return Part(
            joined_on=self.joined_on,
            left_on=self.left_on,
            share=self.share,
            absences=tuple(
                (absence.first, absence.last)
                for absence in self.absences
                if absence.first <= last and first <= absence.last
            ),
            exempt_duty=exemption is not None and exemption.duty,
            exempt_listening=exemption is not None and exemption.listening,
            exempt_reason=exemption.reason if exemption is not None else "",
            phase=self.person.pk,
        )


def presences(programme: Programme, first: date, last: date) -> list[Presence]:
    """Everybody who is a member on some day from `first` to `last`, both inclusive, by key. Four queries.

    Only active executives: whoever left the organisation has no part in anything to come, nor in what is shared out
    of the past.
    """
    rows = {row.person_id: row for row in Membership.objects.filter(programme=programme)}
    people = Person.objects.executives().order_by("pk")
    if not programme.everybody:
        people = people.filter(pk__in=list(rows))
    away = _absences(programme, first, last)
    exemptions: dict[int, dict[date, Exemption]] = {}
    for exemption in Exemption.objects.filter(programme=programme, month__range=(first.replace(day=1), last)):
        exemptions.setdefault(exemption.person_id, {})[exemption.month] = exemption
    found = [
        Presence(
            person=person,
            share=row.share if row is not None else 100,
            joined_on=_joined_on(programme, person, row),
            left_on=row.left_on if row is not None else None,
            absences=tuple(away.get(person.pk, ())),
            exemptions=exemptions.get(person.pk, {}),
        )
        for person, row in ((person, rows.get(person.pk)) for person in people)
    ]
    return [
        one
        for one in found
        if (one.joined_on is None or one.joined_on <= last) and (one.left_on is None or first < one.left_on)
    ]


def _absences(programme: Programme, first: date, last: date) -> dict[int, list[Away]]:
    rows = Absence.objects.filter(
        Q(first_day__lte=last) & Q(last_day__gte=first), status=AbsenceStatus.APPROVED
    )
    if not programme.everybody:
        rows = rows.filter(person__memberships__programme=programme)
    found: dict[int, list[Away]] = {}
    for person, start, end, why in rows.order_by("first_day", "pk").values_list(
        "person", "first_day", "last_day", "reason"
    ):
        found.setdefault(person, []).append(Away(first=start, last=end, why=why or "away"))
    return found


def _joined_on(programme: Programme, person: Person, row: Membership | None) -> date | None:
    """A programme for everybody has whoever comes later from the day on which they came (as `rota.quotas` has it)."""
    if row is None and person.created_at > programme.created_at:
        return person.created_at.astimezone(programme.zone).date()
    return row.joined_on if row is not None else None
