"""The ledger of credited seconds, and a programme's rules for it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from listening.models.sessions import Session


class CreditKind(models.TextChoices):
    """What was credited; each has a line of its own and is never mixed with live listening."""

    LISTENING = "listening", "Live listening"
    MONITOR = "monitor", "Live listening through a monitor extension"
    RIDE_ALONG = "ride_along", "Ride-along"
    AUDIT = "audit", "Out-of-box audit"
    REVIEW = "review", "Review of a recorded call"
    CARRIED = "carried", "Carried over from the month before"


class Credit(models.Model):
    """One entry of the ledger: append-only: a row is never changed or taken out.

    `seconds` may be negative: a correction takes back. `month` is the first day of the quota's month in the
    programme's zone. `evidence` are the keys of the `Evidence` rows it was reckoned from. A correction has a
    `reason` and an `approver`; an entry that the machine made has neither. `key` names what it credits, so that
    the same thing is never credited twice ("session:12:2026-03").
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credits")
    programme = models.ForeignKey("rota.Programme", on_delete=models.PROTECT, related_name="credits")
    month = models.DateField()
    kind = models.CharField(max_length=12, choices=CreditKind.choices)
    seconds = models.IntegerField()
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="credits"
    )
    evidence = models.JSONField(default=list, blank=True)
    key = models.CharField(max_length=80, unique=True)
    reason = models.CharField(max_length=300, blank=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(reason=""), name="credit_correction_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["month", "person"], name="credit_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.seconds} s of {self.kind} for {self.person}"


class Reconciliation(models.Model):
    """What Twilio had on record of a finished session, held against our evidence. `listening.reconciling` writes it.

    `asked` is how many calls and conferences were asked about, `seconds` what counted by our evidence then, and
    `differences` what does not agree: `{"what", "seconds"}`.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="reconciliation")
    at = models.DateTimeField()
    asked = models.PositiveSmallIntegerField()
    seconds = models.PositiveIntegerField()
    differences = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"reconciliation of {self.session}"


def _counted() -> list[str]:
    return [CreditKind.LISTENING.value]


class ListeningRules(models.Model):
    """A programme's rules for listening beside the quota itself, which is on the programme.

    `debrief_days`: without a debrief within so many days after a session there is no credit. `carry_over_minutes`:
    at most so many minutes above the quota count in the next month (0: none). `presence_minutes`: how often somebody
    on the line proves that they listen. `counts` are the kinds of credit that count toward the listening quota.
    `agent_name_days`: agents' names leave notes and sessions after so many days. `answer_seconds`: how long an agent
    may think about an offer. `monitor_number` and `monitor_keys`: another exchange's supervisor extension, and the
    keys it wants ("ww123#", w is half a second). `monitor_attested`: an administrator's word, on record, that on that
    exchange customers hear that somebody may listen in and agents know when; `monitor_country` is the customers'.
    """

    programme = models.OneToOneField(
        "rota.Programme", on_delete=models.CASCADE, related_name="listening_rules"
    )
    debrief_days = models.PositiveSmallIntegerField(default=3)
    carry_over_minutes = models.PositiveSmallIntegerField(default=0)
    presence_minutes = models.PositiveSmallIntegerField(default=20)
    counts = models.JSONField(default=_counted)
    agent_name_days = models.PositiveSmallIntegerField(default=90)
    answer_seconds = models.PositiveSmallIntegerField(default=20)
    monitor_number = models.CharField(max_length=16, blank=True)
    monitor_keys = models.CharField(max_length=40, blank=True)
    monitor_country = models.CharField(max_length=2, blank=True)
    monitor_attested = models.BooleanField(default=False)

    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"listening rules of {self.programme}"
