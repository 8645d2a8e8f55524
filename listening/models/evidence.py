"""What the telephone network said happened: append-only."""

from django.db import models
from django.db.models import Q

from listening.models.calls import LiveCall
from listening.models.sessions import Session


class EvidenceKind(models.TextChoices):
    """What happened, in our words. The first of each pair begins what the second ends."""

    JOIN = "join", "Joined the conference"
    LEAVE = "leave", "Left the conference"
    HOLD = "hold", "On hold"
    UNHOLD = "unhold", "Off hold"
    MUTE = "mute", "Muted"
    UNMUTE = "unmute", "Not muted"
    START = "start", "The conference started"
    END = "end", "The conference ended"
    PAYMENT = "payment", "Payment: nobody listens"
    LIVE = "live", "Listening may go on"
    SEEN = "seen", "Seen among the participants"
    GONE = "gone", "Not among the participants"
    PRESENT = "present", "A key proved that somebody listens"
    ABSENT = "absent", "No key when asked"
    LEG_UP = "leg_up", "The leg to the monitor extension is up"
    LEG_DOWN = "leg_down", "The leg to the monitor extension is down"
    KEY = "key", "A key was pressed"
    ANNOUNCED = "announced", "The announcement was heard"
    OPTED_IN = "opted_in", "The customer agreed by a key"
    CONFIRMED = "confirmed", "A colleague confirmed it"
    PLAYED = "played", "A recording was played"
    PAUSED = "paused", "A recording was paused"
    ITEM = "item", "An item was examined"
    OTHER = "other", "Something else in the conference"


class EvidenceStrength(models.TextChoices):
    """CALLBACK: Twilio told us as it happened. LOOK: we looked, some seconds apart. WEAK: legs and keys only.

    PLAYER: the page that plays a recording told us, as it played.
    """

    CALLBACK = "callback", "Twilio's event"
    LOOK = "look", "A look at the participants"
    WEAK = "weak", "Call legs and keys"
    PERSON = "person", "A person's word"
    PLAYER = "player", "The player's report"


class Evidence(models.Model):
    """One thing that happened, as it was told; never changed and never deleted but by retention.

    `source_sid` and `sequence` are Twilio's (conference or call SID and its SequenceNumber) and unique together, so
    that a report told twice is kept once. `at` is Twilio's instant where it gave one (whole seconds), else ours;
    `received_at` ours. `call_sid` is whose it is: agent, customer or listener. `detail` holds no personal data.
    """

    live_call = models.ForeignKey(
        LiveCall, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    kind = models.CharField(max_length=10, choices=EvidenceKind.choices)
    strength = models.CharField(
        max_length=8, choices=EvidenceStrength.choices, default=EvidenceStrength.CALLBACK
    )
    source_sid = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    call_sid = models.CharField(max_length=34, blank=True)
    participant = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "sequence", "id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["source_sid", "sequence"],
                condition=~Q(source_sid="") & Q(sequence__isnull=False),
                name="evidence_told_once",
            ),
        ]
        indexes = [
            models.Index(fields=["live_call", "at"], name="evidence_of_call"),
            models.Index(fields=["session", "at"], name="evidence_of_session"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"
