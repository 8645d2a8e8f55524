"""Why an executive cannot, or would rather not, or would gladly serve on a date."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from people.models import Person


class AbsenceStatus(models.TextChoices):
    """Only an approved absence keeps its days free; one that waits is shown to whoever plans."""

    WAITING = "waiting", "Waits for approval"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Absence(models.Model):
    """Days on which somebody serves in no programme, first to last inclusive, as calendar dates wherever they are."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=AbsenceStatus.choices, default=AbsenceStatus.APPROVED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_days_in_order"),
        ]
        indexes = [
            # read by the planner, by cover and by a person's own page
            models.Index(fields=["person", "last_day"], name="absence_of_person"),
            # read by administrators: what waits for their word
            models.Index(fields=["first_day"], condition=Q(status="waiting"), name="absence_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.first_day} to {self.last_day}"


class Preference(models.Model):
    """One wish: a date or a weekday that somebody would rather not (-3 to -1) or would gladly (1 to 3) serve on.

    `weekday` is "mon" … "sun". A date's own wish counts before that of its weekday. How many count in a month is
    the programme's rule, so that many dislikes buy no light rota.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    day = models.DateField(null=True, blank=True)
    weekday = models.CharField(max_length=3, blank=True)
    liking = models.SmallIntegerField()
    created_at = models.DateTimeField()

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(day__isnull=False) & Q(weekday="")) | (Q(day__isnull=True) & ~Q(weekday="")),
                name="preference_day_or_weekday",
            ),
            models.CheckConstraint(
                condition=Q(liking__gte=-3, liking__lte=3) & ~Q(liking=0), name="preference_liking"
            ),
            models.UniqueConstraint(
                fields=["person", "day"], condition=Q(day__isnull=False), name="preference_day_once"
            ),
            models.UniqueConstraint(
                fields=["person", "weekday"], condition=~Q(weekday=""), name="preference_weekday_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.day or self.weekday} {self.liking:+d}"


class BusyCalendar(models.Model):
    """The ICS address of somebody's calendar. Only busy or free is kept of it; the address is a secret of its owner.

    `good_at` is when it was last read rightly: what was read then counts until the next good reading, and its age
    is told. It was read from `good_from` to `good_until`, both inclusive, by the owner's clock of then (`good_zone`);
    `doubts` are sentences about what could not be understood. `next_fetch_at` is when it is due again.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="busy_calendars"
    )
    address = models.CharField(max_length=2000)
    etag = models.CharField(max_length=400, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    good_at = models.DateTimeField(null=True, blank=True)
    good_from = models.DateField(null=True, blank=True)
    good_until = models.DateField(null=True, blank=True)
    good_zone = models.CharField(max_length=64, blank=True)
    doubts = models.JSONField(default=list, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    told_stale_at = models.DateTimeField(null=True, blank=True)
    next_fetch_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["person_id", "id"]
        indexes = [
            # read by the sweep that fetches what is due
            models.Index(fields=["next_fetch_at"], name="busy_calendar_due"),
        ]

    def __str__(self) -> str:
        return f"a calendar of {self.person}"


class BusyBlock(models.Model):
    """A time at which a calendar's owner is busy, in UTC, or whole `day`s that are taken; nothing more is known.

    For a whole day `day` is its date and the two instants are empty; it may be doubtful: an event of that day
    could not be read, and is never taken for free time.
    """

    calendar = models.ForeignKey(BusyCalendar, on_delete=models.CASCADE, related_name="blocks")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    doubtful = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(day__isnull=True, starts_at__isnull=False, ends_at__gt=F("starts_at"))
                    | Q(day__isnull=False, starts_at__isnull=True, ends_at__isnull=True)
                ),
                name="busy_block_time_or_day",
            ),
        ]
        indexes = [
            models.Index(fields=["calendar", "ends_at"], name="busy_block_times"),
            models.Index(fields=["calendar", "day"], name="busy_block_days"),
        ]

    def __str__(self) -> str:
        return f"busy on {self.day}" if self.day else f"busy from {self.starts_at} to {self.ends_at}"
