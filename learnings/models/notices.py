"""Warnings to staff of calls that are about to come."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.models import HistoricalRecords

from learnings.models.places import Touchpoint
from people.models import Person


class Audience(models.TextChoices):
    EVERYBODY = "everybody", "Everybody"
    SUPPORT = "support", "Support"
    EXECUTIVES = "executives", "Executives"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)

    def current(self, today: date) -> Self:
        """Not withdrawn, and not over."""
        return self.standing().filter(ends_on__gte=today)

    def awaiting(self, person: Person) -> Self:
        """Those that this person is to acknowledge and has not."""
        done = Acknowledgement.objects.filter(notice=OuterRef("pk"), person=person)
        return self.standing().filter(_for(person)).exclude(created_by=person).filter(~Exists(done))


class Notice(models.Model):
    """Calls are about to come: on which days, why, whom it concerns, and what to answer.

    What comes in on these days (and `DAYS_AFTER` them) and speaks of it, by `keywords` or at its touchpoint, is linked
    to it by itself.
    """

    title = models.CharField(max_length=160)
    words = models.TextField(max_length=2000, blank=True)
    touchpoint = models.ForeignKey(
        Touchpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="notices"
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.SUPPORT)
    keywords = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    """When those who had not acknowledged were nudged outside their routine mail: the day before it begins."""

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = NoticeQuerySet.as_manager()
    history = HistoricalRecords()

    DAYS_AFTER = 3

    class Meta:
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="notice_ends_after_it_starts"
            ),
        ]
        indexes = [
            # read when something comes in: which notices may it belong to
            models.Index(fields=["ends_on"], condition=Q(withdrawn_at__isnull=True), name="notice_standing"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def listed_keywords(self) -> list[str]:
        return [word.strip() for word in self.keywords.split(",") if word.strip()]

    def is_for(self, person: Person) -> bool:
        """Whether this person is among its readers."""
        return (
            self.audience == Audience.EVERYBODY
            or (self.audience == Audience.SUPPORT and person.is_support)
            or (self.audience == Audience.EXECUTIVES and person.is_executive)
        )


class NoticeQuestion(models.Model):
    """A question to expect, and what to answer."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=300)
    answer = models.TextField(max_length=2000)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.question


class Acknowledgement(models.Model):
    """Somebody has read a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="acknowledgements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "person"], name="notice_acknowledged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.notice}"


class Arrival(models.Model):
    """Something that came in and belongs to a notice: a learning, or another room's case by name and page."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="arrivals")
    learning = models.ForeignKey(
        "learnings.Learning", on_delete=models.CASCADE, null=True, blank=True, related_name="arrivals"
    )
    reference = models.CharField(max_length=80)
    path = models.CharField(max_length=200, blank=True)
    words = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "reference"], name="arrival_linked_once"),
        ]

    def __str__(self) -> str:
        return self.reference


def _for(person: Person) -> Q:
    wanted = Q(audience=Audience.EVERYBODY)
    if person.is_support:
        wanted |= Q(audience=Audience.SUPPORT)
    if person.is_executive:
        wanted |= Q(audience=Audience.EXECUTIVES)
    return wanted
