"""The duties of each rota, draft and published."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from people.models import Person
from rota.models.programmes import Programme


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
    instant that is no longer this duty), both in UTC. A `locked` duty of a draft stays when it is solved again;
    `why` is the plan's sentence on why this person.
    """

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="duties")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="duties")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duties")
    day = models.DateField()
    seat = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    published = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    why = models.CharField(max_length=400, blank=True)

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
