"""Programmes with their rules, and who belongs to them."""

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
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
    `days_off` are dates ("2026-12-24") without duty beside the holidays; `special_days` are duty days beside the
    weekdays: `{"date", "name", "burden"}`, where an ordinary duty's burden is 4 points. The primary of each day holds
    all tags of `primary_requires`, and each tag of `cover_any` is held by the primary or a backup: "country:US",
    "language:es". `balance_months` is how far back served duties count; `draft_on_day` (1 to 28) is the day of the
    month on which the next month is drafted by itself, and `drafted_until` the last day that was so drafted.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64)
    countries = models.JSONField(default=list, blank=True)
    everybody = models.BooleanField(default=False)

    duty_days = models.JSONField(default=list)
    holidays = models.CharField(max_length=16, blank=True)
    days_off = models.JSONField(default=list, blank=True)
    special_days = models.JSONField(default=list, blank=True)
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
    listening_session_minutes = models.PositiveSmallIntegerField(default=30)

    primary_requires = models.JSONField(default=list, blank=True)
    cover_any = models.JSONField(default=list, blank=True)
    wishes_per_month = models.PositiveSmallIntegerField(default=4)
    balance_months = models.PositiveSmallIntegerField(default=12)
    approve_absences = models.BooleanField(default=False)
    draft_on_day = models.PositiveSmallIntegerField(null=True, blank=True)
    drafted_until = models.DateField(null=True, blank=True)

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
            days_off=frozenset(map(date.fromisoformat, self.days_off)),
            special_days=frozenset(date.fromisoformat(special["date"]) for special in self.special_days),
        )


class Membership(models.Model):
    """An executive's part in a programme, by the programme's dates; `left_on` is the first day out."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    joined_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    share = models.PositiveSmallIntegerField(default=100)  # percent of a full part

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "person"], name="membership_once"),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="membership_share"),
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


class Exemption(models.Model):
    """Somebody owes a programme no duty, no listening, or neither, in one month (its first day), for a reason."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="exemptions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exemptions")
    month = models.DateField()
    duty = models.BooleanField(default=True)
    listening = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        ordering = ["month", "id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "person", "month"], name="exemption_once"),
            models.CheckConstraint(condition=Q(duty=True) | Q(listening=True), name="exemption_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.person} is exempt in {self.month:%Y-%m}"
