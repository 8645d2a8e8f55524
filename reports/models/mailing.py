"""To whom a programme sends its month, and when."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class ReportMailing(models.Model):
    """The sponsor's page of the month before goes to these addresses on this day (1 to 28) of the programme's month.

    `sent_for` is the first day of the latest month that was sent.
    """

    programme = models.OneToOneField(
        "rota.Programme", on_delete=models.CASCADE, related_name="report_mailing"
    )
    recipients = models.JSONField(default=list, blank=True)
    day = models.PositiveSmallIntegerField(default=5)
    sent_for = models.DateField(null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["sent_for"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(day__gte=1, day__lte=28), name="report_mailing_day"),
        ]

    def __str__(self) -> str:
        return f"report of {self.programme}"
