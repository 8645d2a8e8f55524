"""How the whole organisation hears of it: routine mail, and the monthly "You said, we did"."""

from django.conf import settings
from django.db import models

from learnings.models.learnt import Learning, LearningStatus


class HowOften(models.TextChoices):
    DAILY = "daily", "Each day on which there is something"
    WEEKLY = "weekly", "Once a week, on Monday"
    NONE = "none", "Never"


class MailWish(models.Model):
    """How often one person wants routine mail, and up to when all that is new was told in one.

    `last_on` is the person's own date of the last mail: at most one a day. `feed_generation` is in the secret address
    of the person's Atom feed: a higher one makes the addresses of before useless.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="mail_wish"
    )
    how_often = models.CharField(max_length=8, choices=HowOften.choices, default=HowOften.DAILY)
    gathered_until = models.DateTimeField()
    gathered_from = models.DateTimeField()
    """Since when the last mail told; where that mail never left, the next one tells it again."""
    last_on = models.DateField(null=True, blank=True)
    feed_generation = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.person}: {self.how_often}"


class SaidDone(models.Model):
    """One month's "You said, we did", as it was published: in the sponsor's name, and not changed afterwards."""

    month = models.DateField(unique=True)
    """Its first day."""
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"You said, we did: {self.month:%B %Y}"


class SaidDoneEntry(models.Model):
    """A learning of the month and what had become of it then."""

    said_done = models.ForeignKey(SaidDone, on_delete=models.CASCADE, related_name="entries")
    learning = models.ForeignKey(Learning, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=LearningStatus.choices)
    words = models.TextField(blank=True)
    """What was done, why not, or who has it."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["said_done", "learning"], name="said_done_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.learning}: {self.status}"
