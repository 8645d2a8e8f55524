"""What an officer wants around a duty day: a test ring in the morning, and what came of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from rota.models.duties import Duty


class RingWish(models.TextChoices):
    """When the phone rings for a test on a duty day; the empty value is not at all."""

    NEVER = "", "No test ring"
    BEFORE = "before", "Half an hour before my duty begins"
    OPENING = "opening", "When my duty begins"


class DutyWishes(models.Model):
    """One person's own wishes; without a row there are none."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duty_wishes"
    )
    test_ring = models.CharField(max_length=8, choices=RingWish.choices, default=RingWish.NEVER, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the wishes of {self.person}"


class RingStatus(models.TextChoices):
    """HEARD is a key that was pressed. SKIPPED is a ring that nobody needed, with the reason in `detail`."""

    DUE = "due", "Due"
    CALLING = "calling", "Calling"
    RINGING = "ringing", "Ringing"
    ANSWERED = "answered", "Answered, no key pressed yet"
    HEARD = "heard", "Heard: 1 was pressed"
    UNANSWERED = "unanswered", "Not answered"
    FAILED = "failed", "Could not be rung"
    SKIPPED = "skipped", "Not needed"


LIVE_RING = (RingStatus.CALLING, RingStatus.RINGING, RingStatus.ANSWERED)
RING_IN_VAIN = (RingStatus.UNANSWERED, RingStatus.FAILED)


class MorningRing(models.Model):
    """The test ring of one officer for one duty. `escalations.ring_status` is its only writer.

    It is no page: it offers nothing, and no case waits for it. DUE → CALLING by conditional update with a lease that
    is longer than any exchange; `sid` is Twilio's name of the call.
    """

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="rings")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="morning_rings"
    )
    address = models.CharField(max_length=16)
    status = models.CharField(max_length=12, choices=RingStatus.choices, default=RingStatus.DUE)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sid = models.CharField(max_length=34, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "person"], name="ring_once"),
            # One phone has one test at a time, whatever the number of programmes.
            models.UniqueConstraint(
                fields=["address"], condition=Q(status__in=LIVE_RING), name="ring_one_live_call_a_phone"
            ),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="ring_sid_once"),
        ]
        indexes = [
            # read by escalations.morning_rings at every turn
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["due", "calling", "ringing", "answered"]),
                name="ring_not_over",
            ),
        ]

    def __str__(self) -> str:
        return f"test ring for {self.person}: {self.status}"
