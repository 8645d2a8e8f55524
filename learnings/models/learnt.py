"""What was learnt: a customer's own words, what they mean, and who answers for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.models import HistoricalRecords

from learnings.models.places import Touchpoint
from people.models import Person


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


FEELING_POINTS: Mapping[str, int] = {
    Feeling.DELIGHTED: 2,
    Feeling.PLEASED: 1,
    Feeling.NEUTRAL: 0,
    Feeling.ANNOYED: -1,
    Feeling.FURIOUS: -2,
}
"""For means over months: from furious to delighted in equal steps."""


class Source(models.TextChoices):
    ESCALATION = "escalation", "Escalation"
    SESSION = "session", "Session"
    AUDIT = "audit", "Audit"
    IDEA = "idea", "Idea"


class LearningStatus(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"


class LearningQuerySet(models.QuerySet["Learning"]):
    def newest_first(self) -> Self:
        """In the order in which they were logged, the last first, with all that a row shows."""
        return self.select_related(
            "touchpoint", "touchpoint__owner", "author", "owner", "account", "theme"
        ).order_by("-id")

    def open(self) -> Self:
        return self.filter(status=LearningStatus.OPEN)

    def of_everybody(self) -> Self:
        """Those that the whole organisation reads."""
        return self.filter(sensitive=False)

    def visible_to(self, person: Person) -> Self:
        """A sensitive one is read by its author, its owner and the people it names, and by nobody else."""
        named = Exists(Learning.readers.through.objects.filter(learning=OuterRef("pk"), person=person.pk))
        return self.filter(Q(sensitive=False) | Q(author=person) | Q(owner=person) | named)

    def between(self, start: datetime, end: datetime) -> Self:
        """Logged from `start` on and before `end`."""
        return self.filter(created_at__gte=start, created_at__lt=end)


class Learning(models.Model):
    """One thing learnt. `quote` holds the customer's own words and is never changed after it is logged.

    What is understood of it may be: `history` keeps how it read before, who changed it and when. `cause_words` says
    which cause where it is another than those that have a name. Effort is what it had cost the customer before:
    `contacts_before` and `transfers_before`, None where nobody knows. `agent` is who was on the call.

    `source_reference` is the human name of where it came from ("case 1042"); `source_path` is the page of it,
    for those who may see it. `repeats` is the last learning of the same cause at the same account.
    """

    quote = models.TextField(max_length=2000)
    meaning = models.TextField(max_length=2000, blank=True)
    suggestion = models.TextField(max_length=2000, blank=True)
    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.PROTECT, related_name="learnings")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    cause_words = models.CharField(max_length=120, blank=True)
    feeling = models.CharField(max_length=12, choices=Feeling.choices, default=Feeling.NEUTRAL)
    contacts_before = models.PositiveSmallIntegerField(null=True, blank=True)
    transfers_before = models.PositiveSmallIntegerField(null=True, blank=True)
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
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="learnings_from_calls",
    )
    theme = models.ForeignKey(
        "learnings.Theme", on_delete=models.PROTECT, null=True, blank=True, related_name="learnings"
    )
    repeats = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="repeated_by"
    )
    sensitive = models.BooleanField(default=False)
    readers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="readable_learnings")

    status = models.CharField(max_length=12, choices=LearningStatus.choices, default=LearningStatus.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_words = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = LearningQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["quote"])

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", settled_at__isnull=True)
                | ~Q(status="open") & Q(settled_at__isnull=False) & ~Q(settled_words=""),
                name="learning_settled_says_how",
            ),
        ]
        indexes = [
            # read by months, themes and what is new since a mail; who logged how many in a month, out of it alone
            models.Index(fields=["-created_at", "-id", "author"], name="learning_newest"),
            # read by the feed, filtered
            models.Index(fields=["touchpoint", "-id"], name="learning_of_touchpoint"),
            models.Index(fields=["cause", "-id"], name="learning_of_cause"),
            # read by themes: how often, lately
            models.Index(fields=["theme", "created_at"], name="learning_of_theme"),
            # read when one is logged: the same cause at the same account
            models.Index(fields=["account", "cause", "-id"], name="learning_repeats"),
            # read by their owners and by leaving
            models.Index(fields=["owner"], condition=Q(status="open"), name="learning_open"),
            # read by leaving, and by the sweep of those not grouped yet
            models.Index(fields=["id"], condition=Q(theme__isnull=True), name="learning_ungrouped"),
        ]

    def __str__(self) -> str:
        return self.quote[:60]

    @property
    def cause_name(self) -> str:
        """ "Process"; for another cause its own words."""
        return self.cause_words or self.get_cause_display()
