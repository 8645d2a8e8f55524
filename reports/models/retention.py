"""How long what is kept, and what was erased on request."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class RetentionRule(models.Model):
    """How many days a kind of personal data is kept (`reports.retention.KINDS`); None, or no row, is for good."""

    kind = models.CharField(max_length=24, unique=True)
    days = models.PositiveIntegerField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["applied_at"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days__isnull=True) | Q(days__gte=1), name="retention_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.days or 'for good'}"


class Erasure(models.Model):
    """The proof that one contact was erased on request, without what was erased.

    `proofs` are keyed hashes (HMAC by SECRET_KEY) of the name, number and address: whoever knows one of them can ask
    whether it was erased. `places` counts the rows by table, `files` the files that went.
    """

    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, related_name="erasures"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    proofs = models.JSONField(default=list)
    places = models.JSONField(default=dict)
    files = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
