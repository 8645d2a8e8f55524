"""Who wants no texts. Calls go on: they are what the officer has signed up for."""

from django.db import models


class TextOptOutQuerySet(models.QuerySet["TextOptOut"]):
    """Speaks of stops and restarts."""

    def stopped(self) -> "TextOptOutQuerySet":
        """Those who want no texts now."""
        return self.filter(restarted_at__isnull=True)


class TextOptOut(models.Model):
    """One number that once texted STOP; `restarted_at` says that it has texted START since."""

    number = models.CharField(max_length=32, unique=True)
    stopped_at = models.DateTimeField()
    restarted_at = models.DateTimeField(null=True, blank=True)
    # What was texted, as far as it is known: "" when Twilio told us only by refusing a text (21610).
    word = models.CharField(max_length=64, blank=True)

    objects = TextOptOutQuerySet.as_manager()

    class Meta:
        ordering = ["-stopped_at"]
        constraints = [
            models.CheckConstraint(
                name="telephony_restart_after_stop",
                condition=models.Q(restarted_at__isnull=True)
                | models.Q(restarted_at__gte=models.F("stopped_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"no texts since {self.stopped_at:%Y-%m-%d}" if self.is_stopped else "texts again"

    @property
    def is_stopped(self) -> bool:
        """Whether this number gets no texts now."""
        return self.restarted_at is None
