"""What was learnt, and the named places where customers meet the organisation."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Touchpoint(models.Model):
    """A named place where customers meet the organisation, with one named owner."""

    name = models.CharField(max_length=80, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="touchpoints")
    active = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Cause(models.TextChoices):
    """Why it happened: the first question of every outcome."""

    PROCESS = "process", "Process"
    PRODUCT = "product", "Product"
    POLICY = "policy", "Policy"
    TRAINING = "training", "Training"
    TOOL = "tool", "Tool"
    LOAD = "load", "People's load"
    COMMUNICATION = "communication", "Communication"
    OTHER = "other", "Other"


class Feeling(models.TextChoices):
    DELIGHTED = "delighted", "Delighted"
    PLEASED = "pleased", "Pleased"
    NEUTRAL = "neutral", "Neutral"
    ANNOYED = "annoyed", "Annoyed"
    FURIOUS = "furious", "Furious"


class Source(models.TextChoices):
    ESCALATION = "escalation", "Escalation"
    SESSION = "session", "Session"
    AUDIT = "audit", "Audit"
    IDEA = "idea", "Idea"


class LearningQuerySet(models.QuerySet["Learning"]):
    def newest_first(self) -> Self:
        return self.select_related("touchpoint", "touchpoint__owner", "author", "owner", "account").order_by(
            "-created_at", "-id"
        )


class Learning(models.Model):
    """One thing learnt. `quote` holds the customer's own words and is never changed after it is logged.

    `source_reference` is the human name of where it came from ("case 1042"); `source_path` is the page of it,
    for those who may see it.
    """

    quote = models.TextField(max_length=2000)
    meaning = models.TextField(max_length=2000, blank=True)
    suggestion = models.TextField(max_length=2000, blank=True)
    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.PROTECT, related_name="learnings")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    feeling = models.CharField(max_length=12, choices=Feeling.choices, default=Feeling.NEUTRAL)
    source = models.CharField(max_length=12, choices=Source.choices)
    source_reference = models.CharField(max_length=80, blank=True)
    source_path = models.CharField(max_length=200, blank=True)
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="learnings"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="learnings")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_learnings"
    )
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Self]] = LearningQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # read by the feed, newest first
            models.Index(fields=["-created_at", "-id"], name="learning_newest"),
        ]

    def __str__(self) -> str:
        return self.quote[:60]
