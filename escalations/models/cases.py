"""A customer's issue from raised to closed: the case, who joined it, its outcomes and its timeline."""

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


# The same as not being `ENDED` (`escalation_due_or_ended`). The indexes of open cases go by this and not by the
# statuses: SQLite does not see that a list of values in a question is the list of an index's condition.
_OPEN = Q(next_action_at__isnull=False)


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> Self:
        return self.filter(_OPEN)

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
    for another case: this one waits for it since `waiting_since`. A drill is about no customer: everything that is
    said of it says so, and it ends with the yes.
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
    is_drill = models.BooleanField(default=False, editable=False)
    connect = models.CharField(max_length=10, choices=Connect.choices, default=Connect.CUSTOMER)
    agent_phone = models.CharField(max_length=16, blank=True)
    raised_by = models.ForeignKey(  # an index below begins with it
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="raised", db_index=False
    )
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
            models.Index(fields=["next_action_at"], condition=_OPEN, name="escalation_due"),
            # read by the list of open cases, newest first
            models.Index(fields=["-created_at", "-id"], condition=_OPEN, name="escalation_open"),
            # read by raising: is there an open case of this account
            models.Index(fields=["account"], condition=_OPEN, name="escalation_open_account"),
            # read by the officer's page and the inbox
            models.Index(fields=["owner", "-created_at"], condition=_OPEN, name="escalation_open_owner"),
            # read by the support desk: my open cases, newest first
            models.Index(
                fields=["raised_by", "-created_at"], condition=_OPEN, name="escalation_open_raised_by"
            ),
            # read by paging.wake_next_in_line: who waits for this phone
            models.Index(
                fields=["waiting_for"], condition=Q(waiting_for__isnull=False), name="escalation_waiting_for"
            ),
            # read by the support desk: my ended cases, newest first
            models.Index(fields=["raised_by", "-created_at"], name="escalation_raised_by"),
            # read by inbound calls and texts: which customer is this
            models.Index(fields=["contact_phone", "-created_at"], name="escalation_of_contact"),
            # read by reports.health: what was raised in a month
            models.Index(fields=["programme", "created_at"], name="escalation_of_month"),
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
        indexes = [
            # read by inbound calls and texts: which customer is this
            models.Index(fields=["phone"], name="joined_contact_of_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.name} joined {self.escalation}"


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
        indexes = [
            # read by reports.cases: what was resolved in a month, and what customers said in it
            models.Index(fields=["recorded_at", "recorded_by", "escalation"], name="outcome_recorded"),
            models.Index(
                fields=["answered_at", "answer", "recorded_by", "escalation"],
                condition=Q(answered_at__isnull=False),
                name="outcome_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"outcome of case {1000 + self.escalation_id}"


class Event(models.Model):
    """One line of an escalation's timeline, append-only: who, what, when, by which phone."""

    # An index below begins with it.
    escalation = models.ForeignKey(
        Escalation, on_delete=models.CASCADE, related_name="events", db_index=False
    )
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
            # read by watch_reports: what was not mailed to administrators yet
            models.Index(fields=["id"], condition=Q(kind="watchdog"), name="event_of_watchdog"),
            # read by reports.material: who took which case in a month
            models.Index(fields=["at"], condition=Q(kind="accepted"), name="event_accepted"),
            models.Index(fields=["at"], condition=Q(kind="handed_over"), name="event_handed_over"),
        ]

    def __str__(self) -> str:
        return self.text
