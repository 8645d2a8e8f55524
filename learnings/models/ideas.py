"""Suggestions of members of staff, each with an answer clock."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from learnings.models.places import Touchpoint
from people.models import Person


class IdeaStatus(models.TextChoices):
    WAITING = "waiting", "Waiting for an answer"
    YES = "yes", "Yes"
    NO = "no", "No"
    WHEN = "when", "Later"


class IdeaQuerySet(models.QuerySet["Idea"]):
    def waiting(self) -> Self:
        """The clock runs: nobody has said yes, no or when."""
        return self.filter(status=IdeaStatus.WAITING)

    def overdue(self, now: datetime) -> Self:
        """Waiting, and the clock has run out."""
        return self.waiting().filter(answer_due_at__lt=now)


class Idea(models.Model):
    """One suggestion. Its owner owes yes, no or when, with a reason, until `answer_due_at`.

    "When" stops the clock until its date; then it runs again.
    """

    words = models.TextField(max_length=2000)
    touchpoint = models.ForeignKey(
        Touchpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="ideas"
    )
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ideas")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_ideas")
    status = models.CharField(max_length=8, choices=IdeaStatus.choices, default=IdeaStatus.WAITING)
    created_at = models.DateTimeField()
    clock_from = models.DateTimeField()
    """When the clock began to run: when it was sent, or the date of a "when"."""
    answer_due_at = models.DateTimeField()
    reason = models.TextField(max_length=2000, blank=True)
    when_on = models.DateField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = IdeaQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="waiting", answered_at__isnull=True)
                | ~Q(status="waiting") & Q(answered_at__isnull=False) & ~Q(reason=""),
                name="idea_answer_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="when") | Q(when_on__isnull=False), name="idea_when_has_date"
            ),
        ]
        indexes = [
            # read by what is overdue, by their owners and by leaving
            models.Index(
                fields=["answer_due_at", "owner"], condition=Q(status="waiting"), name="idea_waiting"
            ),
            # read by the sweep that starts clocks again
            models.Index(fields=["when_on"], condition=Q(status="when"), name="idea_when"),
        ]

    def __str__(self) -> str:
        return self.words[:60]

    def is_overdue(self, now: datetime) -> bool:
        return self.status == IdeaStatus.WAITING and self.answer_due_at < now


class IdeaRemark(models.Model):
    """Words about an idea that are no answer: the clock runs on."""

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="remarks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(max_length=2000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.words[:60]


class IdeaSupport(models.Model):
    """Somebody would like it too: a count, never a contest."""

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="support")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="idea_supported_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.idea}"
