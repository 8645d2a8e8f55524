"""Test cases through the whole chain, and when the next one comes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class DrillPlan(models.Model):
    """Whether a programme is drilled each month, and whether the officers are told beforehand.

    `next_at` is when the next one comes: an instant of duty hours, drawn at random, that the page does not tell.
    """

    programme = models.OneToOneField("rota.Programme", on_delete=models.CASCADE, related_name="drill_plan")
    monthly = models.BooleanField(default=False)
    announced = models.BooleanField(default=False)
    next_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["next_at"])

    def __str__(self) -> str:
        return f"drills of {self.programme}"


class Drill(models.Model):
    """One test case. It rings the real phones, is about no customer, and counts in no figure but its own.

    `passed` is None while it runs; then whether an officer took it in time, and `detail` says who and how soon.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="drills")
    escalation = models.OneToOneField(
        "escalations.Escalation", on_delete=models.PROTECT, related_name="drill"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    announced = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    passed = models.BooleanField(null=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(passed__isnull=True, ended_at__isnull=True)
                | Q(passed__isnull=False, ended_at__isnull=False),
                name="drill_ended_with_a_result",
            ),
            models.UniqueConstraint(
                fields=["programme"], condition=Q(ended_at__isnull=True), name="drill_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"drill of {self.programme}, {self.started_at:%Y-%m-%d}"
