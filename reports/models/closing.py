"""Closed months: frozen, sealed, chained to the month before; and what was corrected afterwards."""

from django.conf import settings
from django.db import models


class ClosedMonth(models.Model):
    """The month of a programme as it was closed; never changed. `reports.closing` is the only writer.

    `header` is canonical JSON: who closed it and when, the digest of each row in order, and the content hash of the
    month before. `content_hash` is the SHA-256 of `header`, `signature` an HMAC of that by SECRET_KEY, so that who can
    write the database alone cannot seal anew what they changed.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.PROTECT, related_name="closed_months")
    month = models.DateField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="following"
    )
    header = models.TextField()
    content_hash = models.CharField(max_length=64, unique=True)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ["programme_id", "month"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "month"], name="closed_month_once"),
        ]

    def __str__(self) -> str:
        return f"{self.programme}, {self.month:%Y-%m}"


class ClosedRow(models.Model):
    """One member's frozen line: canonical JSON and its SHA-256, which the month's header names at this position."""

    closed = models.ForeignKey(ClosedMonth, on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["closed_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["closed", "position"], name="closed_row_place_once"),
            models.UniqueConstraint(fields=["closed", "person"], name="closed_row_person_once"),
        ]

    def __str__(self) -> str:
        return f"row {self.position} of {self.closed}"


class Correction(models.Model):
    """An entry against a closed month: one figure of one member, before and after, why and by whom; append-only.

    `text` is canonical JSON of all that and of the hash of the entry before (the month's own for the first).
    """

    closed = models.ForeignKey(ClosedMonth, on_delete=models.PROTECT, related_name="corrections")
    position = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    figure = models.CharField(max_length=40)
    before = models.IntegerField(null=True)
    after = models.IntegerField(null=True)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ["closed_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["closed", "position"], name="correction_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.figure} of {self.person}: {self.before} → {self.after}"
