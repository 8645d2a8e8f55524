"""Live customer calls that may be listened to."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


def conference_name() -> str:
    """A name that says nothing: anybody with the Twilio account can read conference names."""
    return f"lc-{secrets.token_hex(12)}"


class CallSource(models.TextChoices):
    """How a call came to us."""

    OWN = "own", "To our own number"
    REGISTERED = "registered", "Registered by a contact centre"
    EXTENSION = "extension", "Through an exchange's monitor extension"


class LiveCallState(models.TextChoices):
    """WAITING: the customer is not with an agent yet. PAYMENT: nobody may listen for now."""

    WAITING = "waiting", "Waiting for an agent"
    LIVE = "live", "Live"
    PAYMENT = "payment", "Payment"
    ENDED = "ended", "Ended"


class CallAction(models.TextChoices):
    """HUNT, RUNG: ring the next agent, this one long enough. DIAL, DROP: the extension. LOOK: who is in it?"""

    HUNT = "hunt", "Ring the next agent"
    RUNG = "rung", "The ringing is over"
    DIAL = "dial", "Dial the extension"
    DROP = "drop", "Hang up the extension"
    LOOK = "look", "Look who is in it"


OPEN_STATES = (LiveCallState.WAITING, LiveCallState.LIVE, LiveCallState.PAYMENT)


class LiveCallQuerySet(models.QuerySet["LiveCall"]):
    def running(self) -> Self:
        """Not over yet."""
        return self.filter(ended_at__isnull=True)


class LiveCall(models.Model):
    """One customer call while it runs, and for a while after it. `listening.live_calls` is the only writer of `state`.

    `conference_name` is ours for a call to our own number and found at Twilio for a registered one. `announced`:
    the customer heard that somebody may listen in; `opted_in`: they agreed by a key. `customer_call_sid` is blank
    where a centre did not say it: then whoever is in the conference beside the agent and our listeners is the
    customer. `callbacks_ours` says whether Twilio tells us of this conference's joins, leaves and holds; where the
    first to join named another address we look at its participants instead (see `Evidence`).

    `next_action` at `next_at` is what the call wants next: `listening.hunting` rings the next agent, `looks` looks.
    While it waits, `rung` is the agent whose phone rings (`rung_sid` the call, at `rung_at`, of turn `turn`) and
    `hunted` are the keys of those who were rung for it; both are emptied when it is over, for nobody counts them.
    """

    source = models.CharField(max_length=12, choices=CallSource.choices)
    conference_sid = models.CharField(max_length=34, blank=True)
    conference_name = models.CharField(max_length=128, blank=True, default=conference_name)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="live_calls"
    )
    agent_call_sid = models.CharField(max_length=34, blank=True)
    customer_call_sid = models.CharField(max_length=34, blank=True)
    customer_phone = models.CharField(max_length=16, blank=True)
    customer_country = models.CharField(max_length=2, blank=True)
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="live_calls"
    )
    programme = models.ForeignKey(
        "rota.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="live_calls"
    )
    queue = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, blank=True)
    announced = models.BooleanField(default=False)
    opted_in = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=LiveCallState.choices, default=LiveCallState.WAITING)
    callbacks_ours = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    state_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=120, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    next_action = models.CharField(max_length=8, choices=CallAction.choices, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    turn = models.PositiveSmallIntegerField(default=0)
    rung = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    rung_sid = models.CharField(max_length=34, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    hunted = models.JSONField(default=list, blank=True)

    objects = LiveCallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conference_sid"],
                condition=~Q(conference_sid="") & Q(ended_at__isnull=True),
                name="live_call_conference_once",
            ),
            # an agent's phone rings for one call at a time
            models.UniqueConstraint(
                fields=["rung"],
                condition=Q(rung__isnull=False, ended_at__isnull=True),
                name="live_call_one_ring_an_agent",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False)
                | ~Q(state="ended") & Q(ended_at__isnull=True),
                name="live_call_ended_or_not",
            ),
        ]
        indexes = [
            # read by the draw of calls, by the looks at their participants and by the wall of live calls
            models.Index(fields=["state"], condition=Q(ended_at__isnull=True), name="live_call_running"),
            models.Index(fields=["conference_sid"], name="live_call_by_sid"),
            # read by the webhooks of a conference that is not known by its SID yet
            models.Index(fields=["conference_name"], name="live_call_by_name"),
            # read by the loop: which call wants something now
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="live_call_due"),
            # read by the door of our own number
            models.Index(
                fields=["customer_call_sid"], condition=~Q(customer_call_sid=""), name="live_call_by_caller"
            ),
        ]

    def __str__(self) -> str:
        return f"live call {self.pk} ({self.state})"
