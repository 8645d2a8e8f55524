"""Words of thanks to somebody who spoke with a customer."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models


class ThanksQuerySet(models.QuerySet["Thanks"]):
    def shared(self) -> Self:
        """Those whose receiver chose to show them to everybody."""
        return self.filter(shared_at__isnull=False)

    def newest_first(self) -> Self:
        return self.select_related("to", "by").order_by("-at", "-id")


class Thanks(models.Model):
    """Words to one person, read by that person (and by who wrote them); only the receiver may share them."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="thanks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="thanks_written")
    words = models.TextField(max_length=2000)
    source_reference = models.CharField(max_length=80, blank=True)
    source_path = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    shared_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Self]] = ThanksQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "thanks"
        indexes = [
            # read by the receiver's page
            models.Index(fields=["to", "-at"], name="thanks_of_person"),
            # read by the page of shared ones
            models.Index(fields=["-at"], condition=models.Q(shared_at__isnull=False), name="thanks_shared"),
        ]

    def __str__(self) -> str:
        return self.words[:60]
