"""Programmes with their rules, their members, and the duties of each rota."""

from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from people.models import Person
from rota.hours import DutyRules


class AfterHours(models.TextChoices):
    """What rings outside the duty hours; what may not ring waits for the opening."""

    ALL = "all", "Everything"
    CRITICAL = "critical", "Critical cases and public risk"
    NONE = "none", "Nothing"


class Programme(models.Model):
    """One rota with its rules. Days and hours are of `time_zone`, an IANA name.

    `duty_days` are weekday names ("mon" … "sun"); `hours_from` and `hours_to` are wall-clock times, equal
    (00:00) for always. `weights` sum to 100. `rungs` is the ladder as validated by
    `escalations.ladder.read_rungs`: a list of `{"who", "by", "at_once"?, "ring_seconds"?}`.
    `countries` are the ISO 3166 codes whose accounts come here unless an escalation names a programme.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    countries = models.JSONField(default=list, blank=True)
    everybody = models.BooleanField(default=False)

    duty_days = models.JSONField(default=list)
    holidays = models.CharField(max_length=16, blank=True)
    hours_from = models.TimeField()
    hours_to = models.TimeField()
    after_hours = models.CharField(max_length=12, choices=AfterHours.choices, default=AfterHours.CRITICAL)
    seats_backup = models.PositiveSmallIntegerField(default=1)
    min_gap_days = models.PositiveSmallIntegerField(default=2)
    busy_from = models.TimeField(null=True, blank=True)
    busy_to = models.TimeField(null=True, blank=True)
    busy_minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    duty_days_per_month = models.PositiveSmallIntegerField(default=1)
    listening_minutes_per_month = models.PositiveSmallIntegerField(default=120)

    threshold_score = models.PositiveSmallIntegerField(default=60)
    weights = models.JSONField(default=dict)
    full_marks_amount = models.DecimalField(max_digits=16, decimal_places=2, default=500_000)
    full_marks_currency = models.CharField(max_length=3, default="USD")

    ring_seconds = models.PositiveSmallIntegerField(default=20)
    rungs = models.JSONField(default=list)
    accepted_but_idle_minutes = models.PositiveSmallIntegerField(default=10)
    promise_minutes = models.PositiveSmallIntegerField(default=60)
    unconfirmed_after_days = models.PositiveSmallIntegerField(default=3)
    ask_pin = models.BooleanField(default=False)
    text_detail = models.BooleanField(default=False)
    detect_voicemail = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(threshold_score__lte=100), name="programme_threshold_percent"),
            # Twilio accepts 5 to 600 seconds.
            models.CheckConstraint(
                condition=Q(ring_seconds__gte=5, ring_seconds__lte=600), name="programme_ring_seconds"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def rules(self) -> DutyRules:
        """The days and hours as the pure `rota.hours` reads them."""
        return DutyRules(
            zone=self.zone,
            days=frozenset(self.duty_days),
            holidays=self.holidays,
            opens=self.hours_from,
            closes=self.hours_to,
            after_hours=self.after_hours,
        )


class Membership(models.Model):
    """An executive's part in a programme, by the programme's dates; `left_on` is the first day out."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    joined_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "person"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.programme}"


class FallbackPlace(models.Model):
    """One place in a programme's fallback list, rung in order of `position`."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="fallback_places")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="fallback_places"
    )
    position = models.PositiveSmallIntegerField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "position"], name="fallback_position_once"),
            models.UniqueConstraint(fields=["programme", "person"], name="fallback_person_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.person}"


class RotaStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"


class Rota(models.Model):
    """The duties of one period, first to last day inclusive, in the programme's calendar."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="rotas")
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=12, choices=RotaStatus.choices, default=RotaStatus.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-first_day", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="rota_days_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.programme}, {self.first_day} to {self.last_day}"


class DutyQuerySet(models.QuerySet["Duty"]):
    def published(self) -> Self:
        return self.filter(published=True)

    def at(self, instant: datetime) -> Self:
        """The published duties that run at this instant."""
        return self.published().filter(starts_at__lte=instant, ends_at__gt=instant)


class Duty(models.Model):
    """One officer in one seat on one duty day. Seat 0 is the primary; 1, 2, … are the backups in order.

    It lasts from the opening of its day's hours to the opening of the next duty day's (`ends_at` is the first
    instant that is no longer this duty), both in UTC.
    """

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="duties")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="duties")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duties")
    day = models.DateField()
    seat = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    published = models.BooleanField(default=False)

    # Who changes the row and why: django-simple-history looks for them when saving.
    _history_user: Person
    _change_reason: str

    objects: ClassVar[models.Manager[Self]] = DutyQuerySet.as_manager()
    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        ordering = ["day", "seat"]
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "day", "seat"], condition=Q(published=True), name="duty_seat_once"
            ),
            models.UniqueConstraint(
                fields=["programme", "day", "person"], condition=Q(published=True), name="duty_person_once"
            ),
            models.UniqueConstraint(fields=["rota", "day", "seat"], name="duty_seat_once_in_rota"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_times_in_order"),
        ]
        indexes = [
            # read by rota.on_duty for every escalation and every "who is on duty now"
            models.Index(
                fields=["programme", "ends_at", "starts_at"], condition=Q(published=True), name="duty_now"
            ),
            # read by a person's own list and calendar
            models.Index(fields=["person", "ends_at"], name="duty_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.role} on {self.day}"

    @property
    def role(self) -> str:
        """ "primary", "backup" (the first), "backup 2", …"""
        if self.seat == 0:
            return "primary"
        return "backup" if self.seat == 1 else f"backup {self.seat}"
