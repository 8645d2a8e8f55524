"""The named places where customers meet the organisation."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from people.models import Person


class TouchpointQuerySet(models.QuerySet["Touchpoint"]):
    def in_use(self) -> Self:
        return self.filter(active=True)

    def vacant(self) -> Self:
        """Those whose owner left: somebody stands in until an administrator names an owner."""
        return self.filter(vacant_since__isnull=False)


class Touchpoint(models.Model):
    """A named place where customers meet the organisation, with one named owner and, where there is one, a deputy.

    `vacant_since` is when its owner left. Since then its `owner` only stands in (the deputy, or an administrator),
    and administrators are told each week until they name one.
    """

    name = models.CharField(max_length=80, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="touchpoints")
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deputy_touchpoints",
    )
    active = models.BooleanField(default=True)
    vacant_since = models.DateTimeField(null=True, blank=True)

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = TouchpointQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=models.F("owner")),
                name="touchpoint_deputy_is_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name
