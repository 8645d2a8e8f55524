"""What an executive writes after a session, and the sessions without a telephone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from listening.models.sessions import Session, Visit


class Mark(models.Model):
    """A moment that the executive marked by a key, for the debrief."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="marks")
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="marks")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"mark at {self.at:%H:%M:%S}"


class Debrief(models.Model):
    """Three answers after a session; without it, and in time, the session is not credited.

    `heard`, `surprised` and `would_change` are the three questions. `thanks` is what the agent receives; `learning`
    is what went to the whole organisation.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="debrief")
    heard = models.TextField(max_length=2000)
    surprised = models.TextField(max_length=2000, blank=True)
    would_change = models.TextField(max_length=2000, blank=True)
    thanks = models.TextField(max_length=1000, blank=True)
    learning = models.ForeignKey(
        "learnings.Learning", on_delete=models.SET_NULL, null=True, blank=True, related_name="debriefs"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="debriefs")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"debrief of {self.session}"


class RideAlong(models.Model):
    """A visit to a customer with a colleague of sales, who confirms it."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="ride_along")
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ride_alongs"
    )
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="ride_alongs"
    )
    minutes = models.PositiveSmallIntegerField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(refused_at__isnull=True),
                name="ride_along_one_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"ride-along of {self.session}"


class Verdict(models.TextChoices):
    GOOD = "good", "Good"
    POOR = "poor", "Poor"
    BROKEN = "broken", "Broken"


class AuditItem(models.Model):
    """One thing found when our own product was opened. An audit cannot close while one lacks an owner."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="items")
    what = models.CharField(max_length=200)
    photo = models.FileField(upload_to="audits/%Y/%m/", null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_items"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.what
