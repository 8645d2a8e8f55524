"""What an executive writes after a session, and the sessions without a telephone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from listening.models.sessions import Session, Visit


class Mark(models.Model):
    """A moment that the executive marked by a key, for the debrief."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="marks")
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="marks")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"mark at {self.at:%H:%M:%S}"


class Debrief(models.Model):
    """Three answers after a session; without it, and in time, the session is not credited.

    `heard`, `surprised` and `would_change` are the three questions. `thanks` is what the agent `thanked` receives;
    `learning` is what went to the whole organisation. `names_gone_at` is when the agents' names left these notes.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="debrief")
    heard = models.TextField(max_length=2000)
    surprised = models.TextField(max_length=2000, blank=True)
    would_change = models.TextField(max_length=2000, blank=True)
    thanks = models.TextField(max_length=1000, blank=True)
    thanked = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    learning = models.ForeignKey(
        "learnings.Learning", on_delete=models.SET_NULL, null=True, blank=True, related_name="debriefs"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="debriefs")
    created_at = models.DateTimeField()
    names_gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # read by the task that takes agents' names out of old notes
            models.Index(
                fields=["created_at"], condition=Q(names_gone_at__isnull=True), name="debrief_with_names"
            ),
        ]

    def __str__(self) -> str:
        return f"debrief of {self.session}"


class RideAlong(models.Model):
    """A visit to a customer with a colleague of sales, who confirms it.

    `minutes` is the executive's word, `confirmed_minutes` the colleague's: no more than that is credited.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="ride_along")
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ride_alongs"
    )
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="ride_alongs"
    )
    minutes = models.PositiveSmallIntegerField()
    confirmed_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(refused_at__isnull=True),
                name="ride_along_one_answer",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_minutes__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_minutes__isnull=False),
                name="ride_along_confirmed_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"ride-along of {self.session}"


class Recording(models.Model):
    """A recorded call that may be reviewed: a file in our storage, or an address in our own store of recordings.

    `seconds` is how long it plays. `announced_by` is how the customer and the agent knew that it was recorded, in
    words: without it nobody plays it. Administrators add recordings and take them away.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="recordings")
    title = models.CharField(max_length=120)
    file = models.FileField(upload_to="recordings/%Y/%m/", blank=True)
    address = models.URLField(max_length=500, blank=True)
    content_type = models.CharField(max_length=40)
    seconds = models.PositiveIntegerField()
    language = models.CharField(max_length=12, blank=True)
    announced_by = models.CharField(max_length=200)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recorded_on = models.DateField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recordings_added"
    )
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-recorded_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(file="") & Q(address="") | Q(file="") & ~Q(address=""),
                name="recording_in_one_place",
            ),
            models.CheckConstraint(condition=Q(seconds__gte=1), name="recording_plays"),
        ]

    def __str__(self) -> str:
        return self.title


class Review(models.Model):
    """A session in which a recorded call is heard again. What was really played is in the session's evidence."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="review")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="reviews")

    def __str__(self) -> str:
        return f"review of {self.recording}"


class Verdict(models.TextChoices):
    GOOD = "good", "Good"
    POOR = "poor", "Poor"
    BROKEN = "broken", "Broken"


class AuditItem(models.Model):
    """One thing found when our own product was opened. An audit cannot close while one lacks an owner.

    `photo` lies in the storage of uploads and is shown to people who are signed in; it tells no place and no device.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="items")
    what = models.CharField(max_length=200)
    photo = models.FileField(upload_to="audits/%Y/%m/", null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_items"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.what
