"""What will be done about what was learnt: by whom, until when, who was told, and whether it worked."""

from datetime import date, datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from people.models import Person


class ActionStatus(models.TextChoices):
    OPEN = "open", "Open"
    DOING = "doing", "Doing"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"


LIVE_ACTION = (ActionStatus.OPEN, ActionStatus.DOING)


class Verdict(models.TextChoices):
    WORKED = "worked", "Worked"
    DID_NOT = "did_not", "Did not work"
    TOO_EARLY = "too_early", "Too early to tell"


class ActionQuerySet(models.QuerySet["Action"]):
    def live(self) -> Self:
        """Open or being done."""
        return self.filter(status__in=LIVE_ACTION)

    def done(self) -> Self:
        return self.filter(status=ActionStatus.DONE)

    def declined(self) -> Self:
        return self.filter(status=ActionStatus.DECLINED)

    def overdue(self, today: date) -> Self:
        """Not ended, and its date is over."""
        return self.live().filter(due_on__lt=today)

    def done_between(self, start: datetime, end: datetime) -> Self:
        """Done from `start` on and before `end`."""
        return self.done().filter(done_at__gte=start, done_at__lt=end)

    def to_measure(self, now: datetime) -> Self:
        """Done so long ago that its theme is measured again."""
        return self.done().filter(measure_at__lte=now)


class Action(models.Model):
    """What will be done, by its one owner, until a date. `cost` and `value` are words.

    It answers `learnings` (of a `theme`, mostly) or an `idea`. Each time it was done and did not work it is opened
    anew, and `round` counts up: those from whom it came are told again.
    """

    what = models.CharField(max_length=300)
    theme = models.ForeignKey(
        "learnings.Theme", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    idea = models.ForeignKey(
        "learnings.Idea", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    learnings = models.ManyToManyField("learnings.Learning", blank=True, related_name="actions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="actions")
    due_on = models.DateField()
    cost = models.CharField(max_length=300, blank=True)
    value = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=12, choices=ActionStatus.choices, default=ActionStatus.OPEN)
    round = models.PositiveSmallIntegerField(default=1)
    done_words = models.TextField(max_length=2000, blank=True)
    reason = models.TextField(max_length=2000, blank=True)
    """Why it was declined."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    """When this round began."""
    done_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    measure_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True)

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: Person | None

    objects: ClassVar[models.Manager[Self]] = ActionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False)
                | ~Q(status="done") & Q(done_at__isnull=True),
                name="action_done_has_instant",
            ),
            models.CheckConstraint(
                condition=Q(status="declined", declined_at__isnull=False) & ~Q(reason="")
                | ~Q(status="declined") & Q(declined_at__isnull=True),
                name="action_declined_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(measure_at__isnull=True) | Q(status="done"), name="action_measured_when_done"
            ),
        ]
        indexes = [
            # read by their owners, by leaving and by what is overdue
            models.Index(
                fields=["owner", "due_on"], condition=Q(status__in=["open", "doing"]), name="action_live"
            ),
            # read by the sweep that measures
            models.Index(fields=["measure_at"], condition=Q(measure_at__isnull=False), name="action_measure"),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_ACTION


class Told(models.Model):
    """One of those from whom it came was told what was done, in these words: a person of ours, or an account.

    `how` is "mail" where the product sent the words, else how they were told.
    """

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="told")
    round = models.PositiveSmallIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="told"
    )
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="told"
    )
    name = models.CharField(max_length=200)
    text = models.TextField(max_length=2000)
    how = models.CharField(max_length=40)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField()

    class Meta:
        ordering = ["told_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "round", "person"],
                condition=Q(person__isnull=False),
                name="told_person_once",
            ),
            models.UniqueConstraint(
                fields=["action", "round", "account"],
                condition=Q(account__isnull=False),
                name="told_account_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} was told"


class Measurement(models.Model):
    """How often the theme came in the `days` before the action's round began, and in as many since it was done."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="measurements")
    round = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    before = models.PositiveIntegerField()
    after = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.before} before, {self.after} after"
