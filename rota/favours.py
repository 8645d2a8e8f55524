"""The ledger of who helped whom. A duty that is taken over by consent is a favour; an exchange is one each way."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, Sum

from people.models import Person
from rota.balance import Weights
from rota.models import Duty, Favour
from rota.planning.instance import POINTS


def points_of(duty: Duty) -> int:
    """What the duty weighs, as the planner counts: an ordinary one 4 points, the primary of a special day its own."""
    return Weights.of(duty.programme).burden(duty.day) if duty.seat == 0 else POINTS


def record_favour(*, duty: Duty, helper: Person, helped: Person, at: datetime) -> Favour:
    """Puts one favour on record, in the transaction in which the duty changes hands."""
    return Favour.objects.create(duty=duty, helper=helper, helped=helped, points=points_of(duty), at=at)


def favours_balance(people: Collection[Person]) -> dict[int, int]:
    """Points that each of these people gave less those that they had, by their key: who is above 0 is owed something.

    Two queries, whatever the number of people.
    """
    balance = dict.fromkeys((person.pk for person in people), 0)
    for side, sign in (("helper", 1), ("helped", -1)):
        rows = Favour.objects.filter(**{f"{side}__in": list(balance)}).order_by()
        for row in rows.values(side).annotate(total=Sum("points")):
            balance[row[side]] += sign * row["total"]
    return balance


def owed_to(person: Person, people: Collection[Person]) -> dict[int, int]:
    """Points that each of these people had from `person` less those that they gave back. Two queries."""
    owed = dict.fromkeys((one.pk for one in people), 0)
    for side, other, sign in (("helper", "helped", 1), ("helped", "helper", -1)):
        rows = Favour.objects.filter(**{side: person, f"{other}__in": list(owed)}).order_by()
        for row in rows.values(other).annotate(total=Sum("points")):
            owed[row[other]] += sign * row["total"]
    return owed


def ledger_of(people: Collection[Person], *, most: int = 20) -> list[Favour]:
    """The latest favours that any of these people gave or had, newest first. One query."""
    rows = Favour.objects.filter(Q(helper__in=people) | Q(helped__in=people))
    return list(rows.select_related("duty__programme", "helper", "helped")[:most])
