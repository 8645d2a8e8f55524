"""Blocks of an executive's attention, and the calls they joined in them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from listening.models.calls import LiveCall


class SessionKind(models.TextChoices):
    LISTENING = "listening", "Live listening"
    RIDE_ALONG = "ride_along", "Ride-along"
    AUDIT = "audit", "Out-of-box audit"
    REVIEW = "review", "Review of a recorded call"


class SessionStatus(models.TextChoices):
    """BOOKED → (RINGING →) RUNNING → FINISHED, or MISSED, or CANCELLED.

    RINGING is of live listening only.
    """

    BOOKED = "booked", "Booked"
    RINGING = "ringing", "Ringing"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    MISSED = "missed", "Missed"
    CANCELLED = "cancelled", "Cancelled"


UNDER_WAY = (SessionStatus.RINGING, SessionStatus.RUNNING)


class Place(models.TextChoices):
    """Where an executive's call is, as our last answer put it.

    ROOM: in the conference. PAUSED: out of it for a payment. MENU: choosing after the star. PRESENCE: asked for a key.
    """

    WAITING = "waiting", "Waiting for a call"
    ROOM = "room", "In the call"
    PAUSED = "paused", "Out for a payment"
    MENU = "menu", "Choosing"
    PRESENCE = "presence", "Asked for a key"
    ENDING = "ending", "Saying goodbye"


class SessionQuerySet(models.QuerySet["Session"]):
    def to_come(self) -> Self:
        return self.filter(status=SessionStatus.BOOKED)


class Session(models.Model):
    """One block of an executive's attention. Instants in UTC; `month` is the first day of the quota's month in the
    programme's zone, of the planned start. `listening.sessions` is the only writer of `status`.

    `next_at` is when it next wants something: of live listening `listening.steps` says what, of the other kinds
    whether it was left open (`listening.left_open`).

    `planned_start` and `planned_end` are what the calendar holds. `hold` is the time that the rota or the executive
    booked, for live listening. Of live listening, `call_sid` is the executive's own call and `place` where it is,
    `present_until` the instant until which somebody is known to listen (the last key plus the programme's minutes),
    `heard_at` the last sign of the call, `waits_since` since when no call was there to hear, `cut_off_at` when the
    executive's call broke off (it may come back), `passed_over` the live calls that are not offered again in this
    session (declined or skipped; emptied when it ends), `asked_agent_at` when the executive asked for a word after.
    `call_claim` and `call_lease_until` are of a call that is being placed; `hang_up_sid` is a call to be ended.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.PROTECT, related_name="sessions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sessions")
    kind = models.CharField(max_length=12, choices=SessionKind.choices, default=SessionKind.LISTENING)
    status = models.CharField(max_length=12, choices=SessionStatus.choices, default=SessionStatus.BOOKED)
    hold = models.OneToOneField(
        "rota.ListeningHold", on_delete=models.SET_NULL, null=True, blank=True, related_name="session"
    )
    planned_start = models.DateTimeField()
    planned_end = models.DateTimeField()
    month = models.DateField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)
    debrief_due_at = models.DateTimeField(null=True, blank=True)

    call_sid = models.CharField(max_length=34, blank=True)
    call_claim = models.CharField(max_length=32, blank=True)
    call_lease_until = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    call_tries = models.PositiveSmallIntegerField(default=0)
    call_looks = models.PositiveSmallIntegerField(default=0)
    hang_up_sid = models.CharField(max_length=34, blank=True)
    place = models.CharField(max_length=10, choices=Place.choices, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    waits_since = models.DateTimeField(null=True, blank=True)
    cut_off_at = models.DateTimeField(null=True, blank=True)
    present_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    passed_over = models.JSONField(default=list, blank=True)
    asked_agent_at = models.DateTimeField(null=True, blank=True)

    extension_dialled = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = SessionQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=[
            "call_sid",
            "call_claim",
            "call_lease_until",
            "called_at",
            "call_tries",
            "call_looks",
            "hang_up_sid",
            "place",
            "heard_at",
            "waits_since",
            "cut_off_at",
            "present_until",
            "next_at",
            "passed_over",
        ]
    )

    class Meta:
        ordering = ["planned_start", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_end__gt=models.F("planned_start")), name="session_times_in_order"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status__in=UNDER_WAY, kind="listening"),
                name="session_one_on_the_phone",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("finished", "missed", "cancelled"), ended_at__isnull=False)
                | Q(status__in=("booked", "ringing", "running"), ended_at__isnull=True),
                name="session_ended_or_not",
            ),
        ]
        indexes = [
            # read by the loop that lives sessions: what wants something now
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="session_due"),
            # read by the month's report, for everybody; by pages, for a person
            models.Index(fields=["programme", "month", "person"], name="session_of_month"),
            models.Index(fields=["call_sid"], condition=~Q(call_sid=""), name="session_by_call"),
            models.Index(
                fields=["debrief_due_at"], condition=Q(debrief_due_at__isnull=False), name="session_debrief"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.person}, {self.planned_start:%Y-%m-%d %H:%M}"


class VisitStatus(models.TextChoices):
    """OFFERED: the agent is asked. COMING: the executive's call is told to join. IN, REMOVED (payment), LEFT."""

    OFFERED = "offered", "The agent is asked"
    COMING = "coming", "On the way in"
    IN = "in", "Listening"
    REMOVED = "removed", "Removed for a payment"
    LEFT = "left", "Left"


LIVE_VISIT = (VisitStatus.OFFERED, VisitStatus.COMING, VisitStatus.IN, VisitStatus.REMOVED)


class Visit(models.Model):
    """One listener in one live call. `listening.visits` is the only writer of `status`.

    `participant` is the label in the conference: unique, and it names nobody. An offer that the agent declined leaves
    no row. `told_at` is when the agent was told who would like to listen, `telling_at` when we began to.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="visits")
    live_call = models.ForeignKey(LiveCall, on_delete=models.PROTECT, related_name="visits")
    participant = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=10, choices=VisitStatus.choices, default=VisitStatus.OFFERED)
    offered_at = models.DateTimeField()
    telling_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_why = models.CharField(max_length=120, blank=True)
    may_coach = models.BooleanField(default=False)  # the agent asked for a whisper
    may_speak = models.BooleanField(default=False)  # the agent asked the executive to speak

    class Meta:
        ordering = ["offered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(status__in=("offered", "coming", "in", "removed")),
                name="visit_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status="left", left_at__isnull=False)
                | ~Q(status="left") & Q(left_at__isnull=True),
                name="visit_left_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["live_call"], condition=Q(left_at__isnull=True), name="visit_of_call"),
        ]

    def __str__(self) -> str:
        return f"visit {self.pk} ({self.status})"
