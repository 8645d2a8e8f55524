"""The numbers by which learnings are followed up: one row, changed by administrators."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from people.models import Person


class Rules(models.Model):
    """One row. `sponsor` is in whose name "You said, we did" goes out; `ideas_owner` answers ideas of no touchpoint.

    `time_zone` is where months and due dates are counted.
    """

    hotspot_count = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(2), MaxValueValidator(100)]
    )
    hotspot_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    answer_days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    remeasure_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(7), MaxValueValidator(180)]
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ideas_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "rules"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="rules_one_row")]

    def __str__(self) -> str:
        return f"{self.hotspot_count} in {self.hotspot_days} days"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def current(cls) -> "Rules":
        """The row, or the defaults where nobody changed them."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
