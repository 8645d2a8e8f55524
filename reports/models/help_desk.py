"""What a help desk tells: how many contacts a day had, and which tickets it opened; and what counts as healthy."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from escalations.models import Severity

REFERENCE = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}\Z",
    "Write the ticket's own number: letters, digits and . _ : / # - without blanks.",
)


class ContactCount(models.Model):
    """How many customers contacted the help desk on one day of the programme's time zone; the last word counts."""

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="contact_counts")
    day = models.DateField()
    contacts = models.PositiveIntegerField()
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "day"], name="contact_count_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.contacts} contacts on {self.day}"


class Ticket(models.Model):
    """One ticket of the help desk, by its own `reference`, and how the programme's rule judged it when it came.

    No word of the customer's is kept. Whether a case was raised for it is not written down: it is looked for
    (`reports.help_desk.never_raised`).
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="tickets")
    reference = models.CharField(max_length=64, validators=[REFERENCE])
    account = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="tickets")
    opened_at = models.DateTimeField()
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.NORMAL)
    public_risk = models.BooleanField(default=False)
    score_total = models.PositiveSmallIntegerField()
    threshold = models.PositiveSmallIntegerField()
    qualifies = models.BooleanField()
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "reference"], name="ticket_once"),
        ]
        indexes = [
            # read by reports.help_desk: the tickets of a month
            models.Index(fields=["programme", "opened_at"], name="ticket_opened"),
        ]

    def __str__(self) -> str:
        return f"ticket {self.reference}"


class HealthyBand(models.Model):
    """From how many to how many escalations per 1,000 contacts a programme calls healthy.

    Fewer: the desk holds cases back. More: the rule lets too much through, or much is wrong.
    """

    programme = models.OneToOneField("rota.Programme", on_delete=models.CASCADE, related_name="healthy_band")
    low = models.DecimalField(max_digits=5, decimal_places=1)
    high = models.DecimalField(max_digits=5, decimal_places=1)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(low__gte=0, high__gte=F("low")), name="healthy_band_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.low} to {self.high} escalations per 1,000 contacts"
