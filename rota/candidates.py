"""Who could take a duty over, the fairest choice first, and why they stand where they stand.

A constant number of queries, whatever the number of members.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from people.models import Person
from rota.balance import balances
from rota.conflicts import conflicts_of
from rota.favours import owed_to
from rota.hours import duty_days
from rota.membership import members_on
from rota.models import Duty
from rota.planning.instance import POINTS, Points
from rota.preferences import likings
from rota.quotas import month_days
from rota.times_given_back import kept_times

AHEAD = timedelta(days=92)
"""What is published so far beyond the day counts as if it had been served: who has three duties to come owes none."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a duty over.

    `points` of such duties, as primary or as backup, are served or published beyond a fair share (an ordinary duty is
    4; negative is owed to the programme), `liking` is their wish about the day (-3 please not to 3 gladly), `owes` are
    points of favours that they had from whoever gives the duty away and did not give back. Each of `warnings` is one
    more thing to weigh; `given_back` are the times to listen that the duty would take from them.
    """

    person: Person
    points: int
    liking: int
    owes: int
    warnings: tuple[str, ...]
    given_back: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing speaks against asking them: neither a gap that is too short nor a full calendar."""
        return not self.warnings

    @property
    def sentence(self) -> str:
        """Why they stand where they stand."""
        duties = f"{abs(self.points) / POINTS:g} dut{'y' if abs(self.points) == POINTS else 'ies'}"
        parts = [
            "At a fair share"
            if self.points == 0
            else f"{duties} {'above' if self.points > 0 else 'below'} a fair share"
        ]
        if self.liking:
            parts.append(
                "would gladly serve that day" if self.liking > 0 else "would rather not serve that day"
            )
        if self.owes > 0:
            parts.append("was helped out before")
        return "; ".join(parts)


@dataclass(frozen=True)
class InReturn:
    """A duty for which one might exchange; whether the giver would give back a time to listen on its day for it."""

    duty: Duty
    listens: bool


def candidates(*, duty: Duty) -> list[Candidate]:
    """Everybody whom nothing forbids to take the duty over, who is free before who is not.

    Then whoever has served least of their share; a wish about the day weighs as a quarter of a duty for each of its
    three degrees, a time to listen that would be given back as another quarter, and a favour that is owed decides
    between equals.
    """
    programme = duty.programme
    people = list(members_on(programme, duty.day).exclude(pk=duty.person_id))
    conflicts = conflicts_of(duty=duty, people=people)
    able = [person for person in people if not conflicts[person.pk].forbidding]
    balance = balances(programme, duty.day + AHEAD)
    wishes = likings(
        programme=programme,
        people=[person.pk for person in able],
        days=duty_days(programme.rules, *month_days(duty.day)),
    )
    owed = owed_to(duty.person, able)
    found = [
        Candidate(
            person=person,
            points=_of_its_kind(balance.get(person.pk, Points()), duty),
            liking=wishes.get(person.pk, {}).get(duty.day, 0),
            owes=owed[person.pk],
            warnings=conflicts[person.pk].warning,
            given_back=conflicts[person.pk].given_back,
        )
        for person in able
    ]
    return sorted(
        found,
        key=lambda one: (
            not one.is_free,
            one.points - one.liking + bool(one.given_back),
            -one.owes,
            one.person.name,
            one.person.pk,
        ),
    )


def duties_in_return(*, duty: Duty, able: Collection[Candidate], now: datetime) -> dict[int, list[InReturn]]:
    """The duties for which each person might exchange, by their key: to come, and on days on which the giver has none.

    Whoever sits in another seat of the same day is there with that seat alone. Three queries.
    """
    theirs = Duty.objects.published().filter(
        Q(person__in=[one.person.pk for one in able]) | Q(day=duty.day),
        programme=duty.programme,
        ends_at__gt=now,
    )
    own = Duty.objects.published().filter(person=duty.person_id, ends_at__gt=now).exclude(pk=duty.pk)
    taken = set(own.values_list("day", flat=True))
    rows = theirs.exclude(pk=duty.pk).select_related("person").order_by("day", "seat")
    free = [one for one in rows if one.day not in taken]
    listens = kept_times(
        programme=duty.programme, people=[duty.person_id], days={one.day for one in free}, after=now
    )
    found: dict[int, list[InReturn]] = {}
    for one in free:
        found.setdefault(one.person_id, []).append(InReturn(one, (duty.person_id, one.day) in listens))
    return {
        person: [one for one in some if one.duty.day == duty.day] or some for person, some in found.items()
    }


def _of_its_kind(points: Points, duty: Duty) -> int:
    return points.backup if duty.seat else points.load
