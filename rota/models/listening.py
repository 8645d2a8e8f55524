"""When executives may listen in, and the times held for them: assigned with the rota, lived in `listening`."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from rota.models.duties import Rota
from rota.models.programmes import Programme


class ListeningWindow(models.Model):
    """An offer that comes back each week: a weekday ("mon" … "sun") and wall-clock hours of the programme's zone.

    So many `seats` may listen at once; `peak` 1 to 3 tells how busy the lines are (3 the busiest). `language` (BCP
    47) and `queue` narrow down which calls are heard; empty is any. It counts from `valid_from` to `valid_until`,
    both inclusive where given.
    """

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="listening_windows")
    weekday = models.CharField(max_length=3)
    opens = models.TimeField()
    closes = models.TimeField()
    seats = models.PositiveSmallIntegerField(default=3)
    peak = models.PositiveSmallIntegerField(default=2)
    language = models.CharField(max_length=12, blank=True)
    queue = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["programme_id", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="window_hours_in_order"),
            models.CheckConstraint(condition=Q(peak__gte=1, peak__lte=3), name="window_peak"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="window_seats"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}-{self.closes:%H:%M}, {self.seats} seats"


class ListeningHold(models.Model):
    """A time kept for one executive to listen in, inside a window. Instants in UTC; `month` is the first day of the
    quota's month in the programme's zone. `by` is who booked it; None where the rota did. `cancelled_why` tells
    what took it back where nobody asked for that; empty where somebody gave it back."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="listening_holds")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="listening_holds"
    )
    window = models.ForeignKey(
        ListeningWindow, on_delete=models.SET_NULL, null=True, blank=True, related_name="holds"
    )
    rota = models.ForeignKey(Rota, on_delete=models.SET_NULL, null=True, blank=True, related_name="holds")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    month = models.DateField()
    published = models.BooleanField(default=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_why = models.CharField(max_length=100, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hold_times_in_order"),
            models.UniqueConstraint(
                fields=["person", "starts_at"],
                condition=Q(cancelled_at__isnull=True, published=True),
                name="hold_once_at_a_time",
            ),
        ]
        indexes = [
            # read by the seats left in a window, and by the sessions that are about to begin
            models.Index(fields=["starts_at"], condition=Q(cancelled_at__isnull=True), name="hold_to_come"),
            # read by bookings and pages, for a person; by the month's report, for everybody
            models.Index(fields=["month", "person"], name="hold_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.person} listens from {self.starts_at}"
