"""What goes out for a case: pages to people who answer, and messages that only tell."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from escalations.models.cases import Escalation


class Channel(models.TextChoices):
    CALL = "call", "Call"
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"


_Row = TypeVar("_Row", bound=models.Model)


class OutgoingQuerySet(models.QuerySet[_Row]):
    def with_sid(self, sid: str) -> Self:
        """The row that Twilio knows under this name; none for ""."""
        # Said so that SQLite sees that the index of the SIDs that are known has it.
        return self.filter(sid=sid).exclude(sid="")


class Outgoing(models.Model):
    """What a call, text or mail on its way out has in common: it is claimed by one process at a time.

    QUEUED → SENDING by conditional update with a lease; the lease is longer than any HTTP time-out, so that a
    row still SENDING after it belongs to a process that died, and only Twilio can tell what became of it;
    `looks` counts how often Twilio was asked about it and knew nothing.
    """

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=32, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    sid = models.CharField(max_length=34, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_sequence = models.SmallIntegerField(default=-1)
    error_code = models.PositiveIntegerField(null=True, blank=True)
    error_detail = models.CharField(max_length=400, blank=True)

    class Meta:
        abstract = True


class PageStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    RINGING = "ringing", "Ringing"
    ANSWERED = "answered", "Answered"
    ACCEPTED = "accepted", "Accepted"
    PASSED = "passed", "Passed"
    UNANSWERED = "unanswered", "Unanswered"
    VOICEMAIL = "voicemail", "Voicemail"
    BUSY = "busy", "Busy"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


LIVE_PAGE = (PageStatus.QUEUED, PageStatus.SENDING, PageStatus.RINGING, PageStatus.ANSWERED)


class Purpose(models.TextChoices):
    """Why an officer is paged."""

    OFFER = "offer", "To take the case"
    ASK = "ask", "To say whether they are on it"
    HAND_OVER = "hand_over", "To take it over from a colleague"
    REOPENED = "reopened", "Because the customer says it is not fixed"
    CALLED_BACK = "called_back", "They called us themselves"


# What is live has not ended (`page_live_or_ended`). The indexes of live rows go by this and not by the statuses:
# SQLite does not see that a list of values in a question is the list of an index's condition.
_NOT_ENDED = Q(ended_at__isnull=True)


class PageQuerySet(OutgoingQuerySet["Page"]):
    def live(self) -> Self:
        return self.filter(_NOT_ENDED, status__in=LIVE_PAGE)

    def calls(self) -> Self:
        return self.filter(channel=Channel.CALL)

    def with_case(self) -> Self:
        """With as much of the person and the case as the verbs of `escalations.paging` read under the lock."""
        own = (field.name for field in self.model._meta.concrete_fields)  # noqa: SLF001 - Django's own name for it
        case = ("status", "next_action", "next_action_at")
        rows = self.select_related("person", "escalation")
        return rows.only(*own, "person__name", *(f"escalation__{name}" for name in case))


class Page(Outgoing):
    """One attempt to reach one person over one channel for one escalation.

    `escalations.paging` is the only writer of `status`. A text that is out is `ringing`: it awaits an answer.
    `hang_up_wanted` marks a call that rings on at Twilio although it is over for us; without a SID it may ring, and
    `settling` finds out. `turn_at` is its place in the line (`escalations.turns`).
    """

    # Both have indexes below that begin with them.
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="pages", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pages", db_index=False
    )
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.OFFER)
    round = models.PositiveSmallIntegerField(default=0)
    rung = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=12, choices=PageStatus.choices, default=PageStatus.QUEUED)
    gravity = models.PositiveSmallIntegerField(default=0)
    turn_at = models.DateTimeField(default=timezone.now)
    ring_seconds = models.PositiveSmallIntegerField(default=20)
    answered_at = models.DateTimeField(null=True, blank=True)
    hang_up_wanted = models.BooleanField(default=False)

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "purpose", "round", "rung", "person", "channel"], name="page_once"
            ),
            # One phone has one call of ours at a time, whatever the number of cases, pagers and machines.
            models.UniqueConstraint(
                fields=["address"],
                condition=_NOT_ENDED & Q(channel="call"),
                name="page_one_live_call_a_phone",
            ),
            models.CheckConstraint(
                condition=_NOT_ENDED & Q(status__in=LIVE_PAGE) | ~_NOT_ENDED & ~Q(status__in=LIVE_PAGE),
                name="page_live_or_ended",
            ),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="page_sid_once"),
        ]
        indexes = [
            # read by claims.claim_calls and by turns: what to send next, graver and older first
            models.Index(fields=["turn_at", "id"], condition=Q(status="queued"), name="page_queued"),
            # read by settling.settle_undecided: claimed by a process that did not come back
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="page_sending"),
            # read by delivery.hang_up_due
            models.Index(fields=["id"], condition=Q(hang_up_wanted=True), name="page_hang_up"),
            # read by the case's page, and by every verb: was this person paged for this case
            models.Index(fields=["escalation", "person", "created_at"], name="page_of_case"),
            # read by texting: what was out to this person within a day
            models.Index(fields=["person", "-created_at"], name="page_of_person"),
            # read by roster.engaged and the officer's page: what is out to this person now
            models.Index(fields=["person"], condition=_NOT_ENDED, name="page_live_of_person"),
            # read by the watchdog: what has been under way for long
            models.Index(fields=["sent_at"], condition=_NOT_ENDED, name="page_live"),
            # read by the page of deliveries: what failed lately
            models.Index(fields=["-created_at"], condition=Q(status="failed"), name="page_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.person} for case {1000 + self.escalation_id}"


class MessageStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class MessageQuerySet(OutgoingQuerySet["Message"]):
    """Words that go one way."""


class Message(Outgoing):
    """Words that go one way: a text or mail to a customer, an officer or an administrator about a case.

    `key` names what it says to whom, once per case: the same words are never sent twice. It has ended when nothing
    more is to be heard of it: it arrived or did not, was cancelled, or Twilio could not tell within a day.
    """

    escalation = models.ForeignKey(  # a constraint below begins with it
        Escalation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    status = models.CharField(max_length=12, choices=MessageStatus.choices, default=MessageStatus.QUEUED)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["escalation", "key"], name="message_once"),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="message_sid_once"),
        ]
        indexes = [
            # read by claims.claim_texts and mailing.send_due
            models.Index(fields=["channel", "due_at"], condition=Q(status="queued"), name="message_queued"),
            # read by settling.settle_undecided
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="message_sending"),
            # read by the watchdog: texts of which nobody has told whether they arrived
            models.Index(
                fields=["sent_at"],
                condition=Q(status="sent", channel="text", ended_at__isnull=True),
                name="message_unreported",
            ),
            # read by the page of deliveries: what failed lately
            models.Index(fields=["-created_at"], condition=Q(status="failed"), name="message_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.key} for case {1000 + self.escalation_id}"
