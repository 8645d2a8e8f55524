"""When entries and their answers are looked at: after a change of duties, each minute, and everybody's each hour.

A signal only looks sooner. Whatever it misses (a process that died, a verb that tells nobody, rows changed by hand)
the look of each minute finds in the rows themselves.
"""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django_q.tasks import async_task

from people.models import Person
from rota.declined import LATELY, look_after_declined
from rota.invitation_letters import mail_due
from rota.invitations import KEPT, Followed, follow
from rota.models import Duty, Invitation, ListeningHold, Programme
from rota.signals import duty_changed_hands, rota_published, times_given_back


def keep_up() -> int:
    """Each minute: whoever's entries differ visibly from what is published, declined duties that nobody looks after,
    and letters not written yet. Returns how many letters were written. Five queries when nothing is to be done.
    """
    follow(people=_behind())
    look_after_declined(since=timezone.now() - LATELY)
    return mail_due()


def keep_up_with_everybody() -> int:
    """Each hour: every entry is compared, for what only shows in the hours and names that rules make."""
    follow(people=_anybody())
    look_after_declined()
    return mail_due()


def keep_up_with_programme(programme: int) -> int:
    """After a programme's rules or name changed."""
    published = Duty.objects.published().filter(programme=programme, ends_at__gt=timezone.now())
    follow(people=set(published.order_by().values_list("person", flat=True)))
    return mail_due()


def keep_up_with(people: set[int]) -> Followed:
    """At once, for a few people (ids); their letters are written too."""
    followed = follow(people=people)
    mail_due(people=people)
    return followed


@receiver(rota_published, dispatch_uid="rota.invitations_due.published")
@receiver(times_given_back, dispatch_uid="rota.invitations_due.given_back")
def _several_changed(**kwargs: object) -> None:
    _wake()


@receiver(duty_changed_hands, dispatch_uid="rota.invitations_due.hands")
def _hands(duty: Duty, before: Person, **kwargs: object) -> None:
    keep_up_with({before.pk, duty.person_id})


@receiver(post_save, sender=Programme, dispatch_uid="rota.invitations_due.programme")
def _rules(instance: Programme, created: bool, **kwargs: object) -> None:
    if not created:
        transaction.on_commit(lambda: _wake_for(instance.pk), robust=True)


def _wake() -> None:
    async_task("rota.invitations_due.keep_up", group="calendars", save=False)


def _wake_for(programme: int) -> None:
    async_task("rota.invitations_due.keep_up_with_programme", programme, group="calendars", save=False)


def _behind() -> set[int]:
    horizon = timezone.now() - KEPT
    standing = Invitation.objects.filter(person=OuterRef("person"), cancelled=False)
    recent = Q(published=True, person__is_active=True, ends_at__gt=horizon)
    duties = Duty.objects.filter(recent, ~Exists(standing.filter(duty=OuterRef("pk")))).order_by()
    holds = ListeningHold.objects.filter(
        recent, ~Exists(standing.filter(hold=OuterRef("pk"))), cancelled_at=None
    ).order_by()
    alone = Q(duty=None, hold=None)
    duty_differs = Q(duty__isnull=False) & (
        ~Q(duty__person=F("person")) | Q(duty__published=False) | ~Q(duty__starts_at=F("starts_at"))
    )
    hold_differs = Q(hold__isnull=False) & (
        ~Q(hold__person=F("person"))
        | Q(hold__published=False)
        | Q(hold__cancelled_at__isnull=False)
        | ~Q(hold__starts_at=F("starts_at"))
    )
    entries = Invitation.objects.filter(
        alone | duty_differs | hold_differs | Q(person__is_active=False), ends_at__gt=horizon, cancelled=False
    ).order_by()
    behind: set[int] = set()
    for rows in (duties, holds, entries):
        behind.update(rows.values_list("person", flat=True))
    return behind


def _anybody() -> set[int]:
    now = timezone.now()
    people: set[int] = set()
    for rows in (
        Duty.objects.published().filter(ends_at__gt=now),
        ListeningHold.objects.filter(published=True, cancelled_at=None, ends_at__gt=now),
        Invitation.objects.filter(cancelled=False, ends_at__gt=now),
    ):
        people.update(rows.order_by().values_list("person", flat=True).distinct())
    return people
