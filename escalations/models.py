"""A customer's issue from raised to closed, and every call, text and mail that goes out for it."""

import secrets
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, OuterRef, Q, Subquery, Value, When

from learnings.models import Cause


class Severity(models.TextChoices):
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class Connect(models.TextChoices):
    """Who is put through to the officer once the case is accepted."""

    CUSTOMER = "customer", "The customer"
    AGENT = "agent", "The agent first, who introduces the customer"
    NONE = "none", "Nobody"


class Status(models.TextChoices):
    QUEUED = "queued", "Queued"
    PAGING = "paging", "Paging"
    ACCEPTED = "accepted", "Accepted"
    CONNECTED = "connected", "Connected"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    UNCONFIRMED = "unconfirmed", "Unconfirmed"
    UNREACHED = "unreached", "Unreached"
    CANCELLED = "cancelled", "Cancelled"


ENDED = (Status.CLOSED, Status.UNCONFIRMED, Status.CANCELLED)
WAITING_FOR_AN_OFFICER = (Status.QUEUED, Status.PAGING, Status.UNREACHED)
IN_HAND = (Status.ACCEPTED, Status.CONNECTED)


class NextAction(models.TextChoices):
    """What is to be done at `next_action_at`. The empty value belongs to ended escalations only."""

    OPEN = "open", "Start to ring when the duty hours open"
    REMIND = "remind", "Remind the owner of a case in the inbox"
    CLIMB = "climb", "Go on up the ladder"
    ASK_IDLE = "ask_idle", "Ask the officer: are you on it?"
    HAND_ON = "hand_on", "Hand an idle case on"
    ASK_OUTCOME = "ask_outcome", "Ask the officer for the outcome"
    GIVE_UP = "give_up", "Stop waiting for the customer's answer"


_GRAVITY = Case(
    When(public_risk=True, then=Value(3)),
    When(severity=Severity.CRITICAL, then=Value(2)),
    When(severity=Severity.HIGH, then=Value(1)),
    default=Value(0),
    output_field=IntegerField(),
)


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> Self:
        return self.exclude(status__in=ENDED)

    def due(self, now: datetime) -> Self:
        """What should move by now, the most overdue first."""
        return self.filter(next_action_at__lte=now).order_by("next_action_at")

    def gravest_first(self) -> Self:
        return self.order_by(_GRAVITY.desc(), "created_at")

    def for_lists(self) -> Self:
        """With what a row of a list shows, and the number of its last event, by which live pages see it move."""
        newest = Event.objects.filter(escalation=OuterRef("pk")).order_by("-pk").values("pk")[:1]
        rows = self.select_related("account", "owner", "raised_by", "programme")
        return rows.annotate(last_event=Subquery(newest))


class Escalation(models.Model):
    """One customer's issue on its way to an officer. `escalations.paging` is the only writer of `status`.

    Exactly one person owns it at all times. While it is open it has a due time and what is due then; an ended
    one has neither. `round` counts how often the whole ladder was climbed. `factors`, `score_total` and
    `threshold` are the score as it was explained when the case was raised. `waiting_for` has a phone that rings
    for another case: this one waits for it since `waiting_since`.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.PROTECT, related_name="escalations")
    account = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="escalations")
    contact_name = models.CharField(max_length=120, blank=True)
    contact_phone = models.CharField(max_length=16, blank=True)
    contact_email = models.EmailField(max_length=254, blank=True)
    summary = models.TextField(max_length=2000)
    tried = models.TextField(max_length=2000, blank=True)
    wants = models.TextField(max_length=2000, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.NORMAL)
    public_risk = models.BooleanField(default=False)
    connect = models.CharField(max_length=10, choices=Connect.choices, default=Connect.CUSTOMER)
    agent_phone = models.CharField(max_length=16, blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="raised")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_escalations"
    )

    score_total = models.PositiveSmallIntegerField()
    threshold = models.PositiveSmallIntegerField()
    qualifies = models.BooleanField()
    factors = models.JSONField(default=list)

    status = models.CharField(max_length=12, choices=Status.choices)
    round = models.PositiveSmallIntegerField(default=0)
    waiting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    waiting_since = models.DateTimeField(null=True, blank=True)
    next_action = models.CharField(max_length=12, choices=NextAction.choices, blank=True)
    next_action_at = models.DateTimeField(null=True, blank=True)
    hand_over_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="offered"
    )
    hand_over_note = models.TextField(max_length=1000, blank=True)

    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="accepted"
    )
    connected_at = models.DateTimeField(null=True, blank=True)
    unreached_at = models.DateTimeField(null=True, blank=True)
    promised_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ENDED, next_action_at__isnull=True, next_action="")
                | (~Q(status__in=ENDED) & Q(next_action_at__isnull=False) & ~Q(next_action="")),
                name="escalation_due_or_ended",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.ACCEPTED, Status.CONNECTED, Status.RESOLVED])
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
                name="escalation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RESOLVED) | Q(resolved_at__isnull=False),
                name="escalation_resolved_when",
            ),
        ]
        indexes = [
            # read by the pager at every turn: what is due
            models.Index(
                fields=["next_action_at"], condition=Q(next_action_at__isnull=False), name="escalation_due"
            ),
            # read by raising: is there an open case of this account
            models.Index(fields=["account"], condition=~Q(status__in=ENDED), name="escalation_open_account"),
            # read by the officer's page and the inbox
            models.Index(
                fields=["owner", "-created_at"], condition=~Q(status__in=ENDED), name="escalation_open_owner"
            ),
            # read by paging.wake_next_in_line: who waits for this phone
            models.Index(
                fields=["waiting_for"], condition=Q(waiting_for__isnull=False), name="escalation_waiting_for"
            ),
            # read by the support desk: my cases, newest first
            models.Index(fields=["raised_by", "-created_at"], name="escalation_raised_by"),
            # read by inbound calls and texts: which customer is this
            models.Index(
                fields=["contact_phone"],
                condition=~Q(status__in=ENDED) & ~Q(contact_phone=""),
                name="escalation_open_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.number}"

    @property
    def number(self) -> int:
        """The case's short code, as it is spoken and texted. Never a single digit: 1, 2 and 3 are keys."""
        return 1000 + self.pk

    @property
    def gravity(self) -> int:
        """0 normal, 1 high, 2 critical, 3 public risk: what rings first when several wait."""
        if self.public_risk:
            return 3
        return {Severity.NORMAL: 0, Severity.HIGH: 1, Severity.CRITICAL: 2}[Severity(self.severity)]

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED


class JoinedContact(models.Model):
    """Another contact of the same account who came while its case was open."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="joined_contacts")
    name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    summary = models.TextField(max_length=2000)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.name} joined {self.escalation}"


class Channel(models.TextChoices):
    CALL = "call", "Call"
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"


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


class PageQuerySet(models.QuerySet["Page"]):
    def live(self) -> Self:
        return self.filter(status__in=LIVE_PAGE)

    def calls(self) -> Self:
        return self.filter(channel=Channel.CALL)


class Page(Outgoing):
    """One attempt to reach one person over one channel for one escalation.

    `escalations.paging` is the only writer of `status`. A text that is out is `ringing`: it awaits an answer.
    `hang_up_wanted` marks a call that rings on at Twilio although it is over for us.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="pages")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pages")
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.OFFER)
    round = models.PositiveSmallIntegerField(default=0)
    rung = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=12, choices=PageStatus.choices, default=PageStatus.QUEUED)
    gravity = models.PositiveSmallIntegerField(default=0)
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
                condition=Q(channel="call", status__in=LIVE_PAGE),
                name="page_one_live_call_a_phone",
            ),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="page_sid_once"),
        ]
        indexes = [
            # read by delivery.claim_page: what to send next, graver and older first
            models.Index(fields=["-gravity", "created_at"], condition=Q(status="queued"), name="page_queued"),
            # read by settling.settle_undecided: claimed by a process that did not come back
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="page_sending"),
            # read by delivery.hang_up_due
            models.Index(fields=["id"], condition=Q(hang_up_wanted=True), name="page_hang_up"),
            # read by texting and inbound: what is out to this person
            models.Index(fields=["person", "-created_at"], name="page_of_person"),
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


class Message(Outgoing):
    """Words that go one way: a text or mail to a customer, an officer or an administrator about a case.

    `key` names what it says to whom, once per case: the same words are never sent twice.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="messages")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    status = models.CharField(max_length=12, choices=MessageStatus.choices, default=MessageStatus.QUEUED)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["escalation", "key"], name="message_once"),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="message_sid_once"),
        ]
        indexes = [
            # read by delivery.claim_message and mailing.send_due
            models.Index(fields=["channel", "due_at"], condition=Q(status="queued"), name="message_queued"),
            # read by settling.settle_undecided
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="message_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.key} for case {1000 + self.escalation_id}"


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


class Leg(Outgoing):
    """One phone's part in a bridge. `escalations.bridging` is the only writer of `status`."""

    bridge = models.ForeignKey(Bridge, on_delete=models.CASCADE, related_name="legs")
    role = models.CharField(max_length=10, choices=LegRole.choices)
    status = models.CharField(max_length=12, choices=LegStatus.choices, default=LegStatus.QUEUED)
    hang_up_wanted = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bridge", "role"],
                condition=Q(status__in=LIVE_LEG),
                name="leg_one_live_a_role",
            ),
            models.UniqueConstraint(fields=["bridge", "sid"], condition=~Q(sid=""), name="leg_sid_once"),
        ]
        indexes = [
            # read by delivery.claim_leg
            models.Index(fields=["due_at"], condition=Q(status="queued"), name="leg_queued"),
            models.Index(fields=["sid"], condition=~Q(sid=""), name="leg_by_sid"),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="leg_sending"),
            models.Index(fields=["id"], condition=Q(hang_up_wanted=True), name="leg_hang_up"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.bridge}"


class Answer(models.TextChoices):
    """The customer's word on an outcome."""

    AWAITED = "awaited", "Awaited"
    FIXED = "fixed", "Fixed"
    NOT_FIXED = "not_fixed", "Not fixed"
    SILENT = "silent", "No answer"


class Outcome(models.Model):
    """The officer's word on a case: what was wrong, done and promised; and the customer's answer to it."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="outcomes")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    cause = models.CharField(max_length=16, choices=Cause.choices)
    touchpoint = models.ForeignKey("learnings.Touchpoint", on_delete=models.PROTECT, related_name="+")
    done = models.TextField(max_length=2000)
    promised = models.TextField(max_length=1000, blank=True)
    promised_until = models.DateField(null=True, blank=True)
    learning = models.OneToOneField("learnings.Learning", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.AWAITED)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_how = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation"], condition=Q(answer="awaited"), name="outcome_one_awaited"
            ),
        ]

    def __str__(self) -> str:
        return f"outcome of case {1000 + self.escalation_id}"


class Event(models.Model):
    """One line of an escalation's timeline, append-only: who, what, when, by which phone."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=120)
    text = models.TextField()
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            # read by the case page, its live update, and the API's timeline
            models.Index(fields=["escalation", "id"], name="event_of_escalation"),
        ]

    def __str__(self) -> str:
        return self.text


class HeardText(models.Model):
    """An inbound text that was dealt with: Twilio may send the same one twice."""

    sid = models.CharField(max_length=34, unique=True)
    sender = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # read by texting, to notice two machines that answer one another
            models.Index(fields=["sender", "at"], name="heard_text_of_sender"),
        ]

    def __str__(self) -> str:
        return self.sid


class Pace(models.Model):
    """When the account may place its next call: one row for every pager on every machine."""

    name = models.CharField(max_length=16, unique=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} free at {self.free_at}"


class Heartbeat(models.Model):
    """When a process last did its work. Silence is what the watchdog of another process looks for."""

    name = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
