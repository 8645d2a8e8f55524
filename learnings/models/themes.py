"""Learnings that belong together, and those that keep coming back."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from learnings.models.learnt import Cause
from learnings.models.places import Touchpoint
from people.models import Person


class ThemeQuerySet(models.QuerySet["Theme"]):
    def live(self) -> Self:
        """Those that were not merged into another."""
        return self.filter(merged_into__isnull=True)

    def hot(self) -> Self:
        return self.filter(hotspots__status=HotspotStatus.OPEN)


class Theme(models.Model):
    """Learnings of the same cause at the same touchpoint, or those that a person gathered under a name.

    Each pair of touchpoint and cause has one theme that is not `gathered`: what is learnt falls into it by itself.
    One that was merged stays, and hands on what would fall into it.
    """

    title = models.CharField(max_length=120)
    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.PROTECT, related_name="themes")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    gathered = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField()

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = ThemeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["touchpoint", "cause"], condition=Q(gathered=False), name="theme_once_by_itself"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="theme_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class HotspotStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class HotspotQuerySet(models.QuerySet["Hotspot"]):
    def open(self) -> Self:
        return self.filter(status=HotspotStatus.OPEN)


class Hotspot(models.Model):
    """A theme that came back too often: open until its owner says what became of it."""

    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="hotspots")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="hotspots")
    status = models.CharField(max_length=8, choices=HotspotStatus.choices, default=HotspotStatus.OPEN)
    opened_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    """How many learnings opened it."""
    days = models.PositiveSmallIntegerField()
    """Within so many days."""
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_words = models.CharField(max_length=500, blank=True)

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = HotspotQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["theme"], condition=Q(status="open"), name="hotspot_open_once"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status="closed", closed_at__isnull=False) & ~Q(closed_words=""),
                name="hotspot_closed_says_why",
            ),
        ]
        indexes = [
            # read by their owners and by leaving
            models.Index(fields=["owner"], condition=Q(status="open"), name="hotspot_open"),
        ]

    def __str__(self) -> str:
        return f"Hotspot: {self.theme}"


class ProposalKind(models.TextChoices):
    MERGE = "merge", "Merge two themes"
    GATHER = "gather", "Gather learnings"


class Decision(models.TextChoices):
    OPEN = "open", "Open"
    TAKEN = "taken", "Taken"
    DISMISSED = "dismissed", "Dismissed"


class Proposal(models.Model):
    """Learnings whose words are alike: what a person may make one theme of, or not.

    `fingerprint` names what is proposed: what was dismissed is not proposed again.
    """

    kind = models.CharField(max_length=8, choices=ProposalKind.choices)
    title = models.CharField(max_length=120)
    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, null=True, blank=True, related_name="proposals"
    )
    other = models.ForeignKey(Theme, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    learnings = models.ManyToManyField("learnings.Learning", related_name="proposals")
    likeness = models.PositiveSmallIntegerField()
    """0 to 100: how alike, on the mean."""
    fingerprint = models.CharField(max_length=64, unique=True)
    decision = models.CharField(max_length=12, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-likeness", "id"]

    def __str__(self) -> str:
        return self.title
