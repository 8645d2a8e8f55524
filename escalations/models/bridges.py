"""Officer, agent and customer in one conference: a bridge and its legs."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from escalations.models.cases import Escalation
from escalations.models.outgoing import Outgoing, OutgoingQuerySet


def conference_name() -> str:
    """A name that says nothing: anybody with the Twilio account can read conference names."""
    return f"od-{secrets.token_hex(12)}"


class Bridge(models.Model):
    """One conference of officer, customer and perhaps agent. A case may have several, one after another."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="bridges")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bridges")
    name = models.CharField(max_length=40, unique=True, default=conference_name)
    conference_sid = models.CharField(max_length=34, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation"], condition=Q(ended_at__isnull=True), name="bridge_one_open_a_case"
            ),
        ]
        indexes = [
            # read by roster.engaged: who talks to a customer now
            models.Index(
                fields=["officer"], condition=Q(ended_at__isnull=True), name="bridge_open_of_officer"
            ),
        ]

    def __str__(self) -> str:
        return f"bridge of case {1000 + self.escalation_id}"


class LegRole(models.TextChoices):
    OFFICER = "officer", "Officer"
    AGENT = "agent", "Agent"
    CUSTOMER = "customer", "Customer"


class LegStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    RINGING = "ringing", "Ringing"
    JOINED = "joined", "Joined"
    VOICEMAIL = "voicemail", "Voicemail"
    UNANSWERED = "unanswered", "Unanswered"
    BUSY = "busy", "Busy"
    FAILED = "failed", "Failed"
    LEFT = "left", "Left"
    CANCELLED = "cancelled", "Cancelled"


LIVE_LEG = (LegStatus.QUEUED, LegStatus.SENDING, LegStatus.RINGING, LegStatus.JOINED)


# As for pages: what is live has not ended (`leg_live_or_ended`).
_NOT_ENDED = Q(ended_at__isnull=True)


class LegQuerySet(OutgoingQuerySet["Leg"]):
    def live(self) -> Self:
        return self.filter(_NOT_ENDED, status__in=LIVE_LEG)


class Leg(Outgoing):
    """One phone's part in a bridge. `escalations.bridging` is the only writer of `status`."""

    bridge = models.ForeignKey(Bridge, on_delete=models.CASCADE, related_name="legs")
    role = models.CharField(max_length=10, choices=LegRole.choices)
    status = models.CharField(max_length=12, choices=LegStatus.choices, default=LegStatus.QUEUED)
    hang_up_wanted = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True, blank=True)

    objects = LegQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bridge", "role"],
                condition=Q(status__in=LIVE_LEG),
                name="leg_one_live_a_role",
            ),
            models.CheckConstraint(
                condition=_NOT_ENDED & Q(status__in=LIVE_LEG) | ~_NOT_ENDED & ~Q(status__in=LIVE_LEG),
                name="leg_live_or_ended",
            ),
            models.UniqueConstraint(fields=["bridge", "sid"], condition=~Q(sid=""), name="leg_sid_once"),
        ]
        indexes = [
            # read by claims.claim_calls
            models.Index(fields=["due_at"], condition=Q(status="queued"), name="leg_queued"),
            models.Index(fields=["sid"], condition=~Q(sid=""), name="leg_by_sid"),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="leg_sending"),
            models.Index(fields=["id"], condition=Q(hang_up_wanted=True), name="leg_hang_up"),
            # read by the watchdog: what has been under way for long
            models.Index(fields=["created_at"], condition=_NOT_ENDED, name="leg_live"),
            # read by the page of deliveries: what failed lately
            models.Index(fields=["-created_at"], condition=Q(status="failed"), name="leg_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.bridge}"
