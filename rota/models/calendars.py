"""What people's own calendars were told: secret feeds, and invitations with their answers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rota.models.duties import Duty
from rota.models.listening import ListeningHold


class CalendarFeed(models.Model):
    """The secret address of one person's feed. Only the hash of its token is kept.

    `rota.feeds` derives the token from SECRET_KEY and this row, so that whoever may see it can be shown it again
    and a copy of the database alone opens nobody's calendar.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at__isnull=True), name="calendar_feed_one_alive"
            ),
        ]

    def __str__(self) -> str:
        return f"the feed of {self.person}"


class AnswerStatus(models.TextChoices):
    """RFC 5545 PARTSTAT, in our words."""

    NONE = "needs-action", "Not answered"
    ACCEPTED = "accepted", "Accepted"
    TENTATIVE = "tentative", "Tentative"
    DECLINED = "declined", "Declined"


class Invitation(models.Model):
    """One entry in one person's calendar, and what was mailed about it.

    It belongs to a person and not to a seat: a duty that moves to another day is an update of the same entry (same
    UID, higher `sequence`); one that goes to somebody else is a cancelled entry here and a new one there.
    `changed_at` is LAST-MODIFIED and DTSTAMP; `mailed_sequence` is the last revision that was mailed (-1: none).
    The answer is the attendee's latest: `answer_sequence` and `answer_stamp` tell whether another is older.
    """

    uid = models.CharField(max_length=120, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations")
    duty = models.ForeignKey(
        Duty, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    hold = models.ForeignKey(
        ListeningHold, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    sequence = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    summary = models.CharField(max_length=200)
    cancelled = models.BooleanField(default=False)
    mailed_sequence = models.IntegerField(default=-1)
    answer = models.CharField(max_length=12, choices=AnswerStatus.choices, default=AnswerStatus.NONE)
    answer_sequence = models.IntegerField(default=-1)
    answer_stamp = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "person"],
                condition=Q(duty__isnull=False, cancelled=False),
                name="invitation_duty_once",
            ),
            models.UniqueConstraint(
                fields=["hold"], condition=Q(hold__isnull=False, cancelled=False), name="invitation_hold_once"
            ),
        ]
        indexes = [
            # read by the feed
            models.Index(fields=["person", "ends_at"], name="invitation_of_person"),
            # read by rota.invitation_letters each minute: what to mail
            models.Index(
                fields=["id"], condition=Q(mailed_sequence__lt=F("sequence")), name="invitation_to_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.summary} for {self.person}"
