"""Days to come on which a seat is empty, or its officer cannot serve or be rung: loud long before the day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import F, Q

from people.models import Person
from rota.hours import duty_day_of, duty_days
from rota.models import (
    RING_IN_VAIN,
    Absence,
    AbsenceStatus,
    AnswerStatus,
    Duty,
    Invitation,
    Membership,
    MorningRing,
    Programme,
    Swap,
    SwapStatus,
)

MOST_DAYS_SINGLY = 4


@dataclass(frozen=True)
class Gap:
    """One seat of one duty day that would not answer, or might not; without a duty nobody is published.

    `sought` tells that others are asked whether they take it over.
    """

    day: date
    seat: int
    why: str
    duty: Duty | None = None
    sought: bool = False

    @property
    def person(self) -> Person | None:
        return self.duty.person if self.duty else None

    @property
    def role(self) -> str:
        """ "primary", "backup" (the first), "backup 2", …"""
        return "primary" if self.seat == 0 else "backup" if self.seat == 1 else f"backup {self.seat}"


def gaps(*, programme: Programme, now: datetime, days: int = 28) -> list[Gap]:
    """The gaps from the duty day that runs now to `days` days from now, in order.

    A constant number of queries, whatever the number of days.
    """
    first = duty_day_of(programme.rules, now)
    last = now.astimezone(programme.zone).date() + timedelta(days=days)
    published = Duty.objects.published().filter(programme=programme, day__range=(first, last))
    seated = {(duty.day, duty.seat): duty for duty in published.select_related("person")}
    reasons = _Reasons(programme, seated.values())
    found: list[Gap] = []
    for day in duty_days(programme.rules, first, last):
        for seat in range(1 + programme.seats_backup):
            duty = seated.get((day, seat))
            if duty is None:
                found.append(Gap(day, seat, "nobody is published"))
            elif why := reasons.of(duty):
                found.append(Gap(day, seat, "; ".join(why), duty, sought=duty.pk in reasons.sought))
    return found


@dataclass(frozen=True)
class Stretch:
    """Gaps as they are told: one seat, or many duty days in a row on which nobody at all is published."""

    gaps: tuple[Gap, ...]
    days: int

    @property
    def first(self) -> Gap:
        return self.gaps[0]

    @property
    def last(self) -> Gap:
        return self.gaps[-1]

    @property
    def is_long(self) -> bool:
        return len(self.gaps) > 1


def stretches(found: Iterable[Gap]) -> list[Stretch]:
    """The same gaps in order, with a row of many days without anybody made one. Pure."""
    told: list[Stretch] = []
    for empty, run in groupby(found, key=lambda gap: gap.duty is None):
        some = tuple(run)
        days = len({gap.day for gap in some})
        if empty and days > MOST_DAYS_SINGLY:
            told.append(Stretch(some, days))
        else:
            told += [Stretch((gap,), 1) for gap in some]
    return told


def reasons_against(duty: Duty) -> list[str]:
    """Why this officer would not answer, or might not; empty where all is well. A constant number of queries."""
    return _Reasons(duty.programme, [duty]).of(duty)


class _Reasons:
    """What is known against the officers of many duties, asked for once."""

    def __init__(self, programme: Programme, duties: Collection[Duty]) -> None:
        mine = [duty.pk for duty in duties]
        people = {duty.person_id for duty in duties}
        days = [duty.day for duty in duties]
        away = Absence.objects.filter(person__in=people, status=AbsenceStatus.APPROVED)
        if days:
            away = away.filter(first_day__lte=max(days), last_day__gte=min(days))
        self.absences = list(away.order_by("first_day"))
        members = Membership.objects.filter(programme=programme, person__in=people)
        self.memberships = {
            row.person_id: row
            for row in members.filter(Q(joined_on__isnull=False) | Q(left_on__isnull=False))
        }
        declined = Invitation.objects.filter(
            duty__in=mine, person=F("duty__person"), cancelled=False, answer=AnswerStatus.DECLINED
        )
        self.declined = _keys(declined.values_list("duty", flat=True))
        rings = MorningRing.objects.filter(duty__in=mine, person=F("duty__person"), status__in=RING_IN_VAIN)
        self.rings = _keys(rings.values_list("duty", flat=True))
        wishes = Swap.objects.filter(duty__in=mine, status=SwapStatus.OPEN)
        self.sought = _keys(wishes.values_list("duty", flat=True))

    def of(self, duty: Duty) -> list[str]:
        person = duty.person
        if not person.is_active:
            return [f"{person.name} has left"]
        found = []
        membership = self.memberships.get(person.pk)
        if membership is not None and _is_out(membership, duty.day):
            found.append(f"{person.name} is no member then")
        if any(
            one.person_id == person.pk and one.first_day <= duty.day <= one.last_day for one in self.absences
        ):
            found.append(f"{person.name} is away")
        if duty.pk in self.declined:
            found.append(f"{person.name} declined the invitation")
        if not person.can_be_rung:
            found.append(f"{person.name} has no verified number")
        elif duty.pk in self.rings:
            found.append(f"{person.name} did not answer the test ring")
        return found


def _is_out(membership: Membership, day: date) -> bool:
    joined, left = membership.joined_on, membership.left_on
    return (joined is not None and day < joined) or (left is not None and left <= day)


def _keys(rows: Iterable[int | None]) -> frozenset[int]:
    return frozenset(key for key in rows if key is not None)
