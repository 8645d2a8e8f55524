"""Who belongs to a programme: on a date, from when to when, and with what share."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from people.errors import Refused
from people.models import Person
from rota.models import Duty, Membership, Programme

_LONG_AGO, _FAR = timedelta(days=3660), timedelta(days=731)


def members_on(programme: Programme, day: date) -> QuerySet[Person]:
    """The active executives who are members on this date of the programme's calendar, by name.

    A programme for everybody has every executive, those who come later too, but for the days on which a
    membership says that somebody has not joined yet or has left.
    """
    if programme.everybody:
        out = Membership.objects.filter(Q(joined_on__gt=day) | Q(left_on__lte=day), programme=programme)
        return Person.objects.executives().exclude(pk__in=out.values("person"))
    there = Membership.objects.filter(
        Q(joined_on__isnull=True) | Q(joined_on__lte=day),
        Q(left_on__isnull=True) | Q(left_on__gt=day),
        programme=programme,
    )
    return Person.objects.executives().filter(pk__in=there.values("person"))


def is_member(programme: Programme, person: Person, day: date) -> bool:
    """Whether the person is among `members_on(programme, day)`."""
    return members_on(programme, day).filter(pk=person.pk).exists()


def programmes_of(person: Person, first: date, last: date) -> list[Programme]:
    """The programmes of which the person is a member on some day of the period, by name. Two queries."""
    if not (person.is_active and person.is_executive):
        return []
    rows = {row.programme_id: row for row in person.memberships.all()}
    return [
        programme
        for programme in Programme.objects.order_by("name", "pk")
        if _touches(rows.get(programme.pk), everybody=programme.everybody, first=first, last=last)
    ]


def set_membership(
    *,
    programme: Programme,
    person: Person,
    by: Person,
    joined_on: date | None = None,
    left_on: date | None = None,
    share: int = 100,
) -> Membership:
    """Makes somebody a member from `joined_on` up to, not including, `left_on`, with a share in percent.

    None is "always" and "for good". Duties that are published stay where they are: `duties_outside` finds those that
    somebody else should have. Who did it is on record. Raises Refused with the field.
    """
    if not by.is_admin:
        raise Refused("Only administrators decide who is a member.", code="not_allowed")
    if not person.is_executive:
        raise Refused(
            f"{person.name} is no executive. Give them the role first.", field="person", code="role"
        )
    if not 1 <= share <= 100:
        raise Refused("A share is 1 to 100 percent of a full part.", field="share", code="invalid")
    today = timezone.now().astimezone(programme.zone).date()
    for field, day in (("joined_on", joined_on), ("left_on", left_on)):
        if day is not None and not today - _LONG_AGO <= day <= today + _FAR:
            raise Refused("Give a date of the last ten or the next two years.", field=field, code="invalid")
    if joined_on is not None and left_on is not None and left_on < joined_on:
        raise Refused("The first day out is after the first day in.", field="left_on", code="invalid")
    with transaction.atomic():
        Programme.objects.select_for_update().get(pk=programme.pk)
        row = Membership.objects.filter(programme=programme, person=person).first()
        before = (row.joined_on, row.left_on, row.share) if row else None
        row = row or Membership(programme=programme, person=person)
        row.joined_on, row.left_on, row.share = joined_on, left_on, share
        if before != (joined_on, left_on, share):
            row._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
            row.save()
    return row


def duties_outside(membership: Membership) -> list[Duty]:
    """Published duties to come on days on which the person is no member; somebody else should have them."""
    outside = Q(pk__in=[])
    if membership.joined_on is not None:
        outside |= Q(day__lt=membership.joined_on)
    if membership.left_on is not None:
        outside |= Q(day__gte=membership.left_on)
    duties = Duty.objects.published().filter(
        outside, programme=membership.programme_id, person=membership.person_id, ends_at__gt=timezone.now()
    )
    return list(duties.order_by("day"))


def _touches(row: Membership | None, *, everybody: bool, first: date, last: date) -> bool:
    if row is None:
        return everybody
    return (row.joined_on is None or row.joined_on <= last) and (row.left_on is None or row.left_on > first)
