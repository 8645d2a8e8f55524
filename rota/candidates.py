"""Who could take a duty over, the fairest choice first, and why they stand where they stand.

A constant number of queries, whatever the number of members.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from people.models import Person
from rota.conflicts import conflicts_of
from rota.favours import burdens_of, owed_to
from rota.hours import duty_days
from rota.membership import members_on
from rota.models import Duty, Membership, Programme
from rota.planning.instance import POINTS, round_half_away
from rota.preferences import likings
from rota.quotas import month_days

_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a duty over.

    `points` were served beyond a fair share (an ordinary duty is 4; negative is owed to the programme), `liking` is
    their wish about the day (-3 please not to 3 gladly), `owes` are points of favours that they had from whoever
    gives the duty away and did not give back. Each of `warnings` is one more thing to weigh.
    """

    person: Person
    points: int
    liking: int
    owes: int
    warnings: tuple[str, ...]

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


def candidates(*, duty: Duty) -> list[Candidate]:
    """Everybody whom nothing forbids to take the duty over, who is free before who is not.

    Then whoever has served least of their share; a wish about the day weighs as a quarter of a duty for each of its
    three degrees, and a favour that is owed decides between equals.
    """
    programme = duty.programme
    people = list(members_on(programme, duty.day).exclude(pk=duty.person_id))
    conflicts = conflicts_of(duty=duty, people=people)
    able = [person for person in people if not conflicts[person.pk].forbidding]
    points = beyond_share(programme=programme, day=duty.day, people=people)
    wishes = likings(
        programme=programme,
        people=[person.pk for person in able],
        days=duty_days(programme.rules, *month_days(duty.day)),
    )
    owed = owed_to(duty.person, able)
    found = [
        Candidate(
            person=person,
            points=points[person.pk],
            liking=wishes.get(person.pk, {}).get(duty.day, 0),
            owes=owed[person.pk],
            warnings=conflicts[person.pk].warning,
        )
        for person in able
    ]
    return sorted(
        found,
        key=lambda one: (not one.is_free, one.points - one.liking, -one.owes, one.person.name, one.person.pk),
    )


def beyond_share(*, programme: Programme, day: date, people: Sequence[Person]) -> dict[int, int]:
    """Points that each has served, or will serve as published, beyond a fair share of what all of these served.

    From so many months before the day as the programme's balance counts on; who is a member for a part of them, or
    with a smaller share, owes as much less. Two queries.
    """
    first = day - programme.balance_months * _MONTH
    burdens = burdens_of(programme)
    served: defaultdict[int, int] = defaultdict(int)
    rows = Duty.objects.published().filter(programme=programme, day__gte=first)
    for person, when, seat in rows.values_list("person", "day", "seat"):
        served[person] += burdens.get(when, POINTS) if seat == 0 else POINTS
    memberships = {row.person_id: row for row in Membership.objects.filter(programme=programme)}
    parts = {person.pk: _part(memberships.get(person.pk), first, day) for person in people}
    total, whole = sum(served[person.pk] for person in people), sum(parts.values()) or 1
    return {pk: served[pk] - round_half_away(total * part, whole) for pk, part in parts.items()}


def _part(membership: Membership | None, first: date, day: date) -> int:
    """Days of membership from `first` to `day` times the share in percent."""
    if membership is None:
        return 100 * (day - first).days
    begin, end = max(first, membership.joined_on or first), min(day, membership.left_on or day)
    return membership.share * max((end - begin).days, 1)
