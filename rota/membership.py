"""Who belongs to a programme on a date."""

from datetime import date

from django.db.models import Q, QuerySet

from people.models import Person
from rota.models import Membership, Programme


def members_on(programme: Programme, day: date) -> QuerySet[Person]:
    """The active executives who are members on this date of the programme's calendar, by name.

    A programme for everybody has every executive, those who come later too, whatever its memberships say.
    """
    if programme.everybody:
        return Person.objects.executives()
    there = Membership.objects.filter(
        Q(joined_on__isnull=True) | Q(joined_on__lte=day),
        Q(left_on__isnull=True) | Q(left_on__gt=day),
        programme=programme,
    )
    return Person.objects.executives().filter(pk__in=there.values("person"))


def is_member(programme: Programme, person: Person, day: date) -> bool:
    """Whether the person is among `members_on(programme, day)`."""
    return members_on(programme, day).filter(pk=person.pk).exists()
