"""What other programs hear: chat channels and webhooks, and each delivery to them as a row."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class News(models.TextChoices):
    """What may be announced. Nothing sensitive ever is."""

    LEARNING = "learning.logged", "Something was learnt"
    HOTSPOT = "hotspot.opened", "A hotspot opened"
    ACTION = "action.done", "An action is done"
    IDEA = "idea.answered", "An idea was answered"
    NOTICE = "notice.published", "Calls are about to come"
    SAID_DONE = "said_done.published", "“You said, we did” is out"


class ChatChannel(models.Model):
    """A chat room that hears of some kinds of news. `address` is apprise's, with its secrets in it."""

    name = models.CharField(max_length=80, unique=True)
    address = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WebhookEndpoint(models.Model):
    """An address that gets news as Standard Webhooks: signed with `secret` ("whsec_" and base64)."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=120)
    kinds = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Announcement(models.Model):
    """One piece of news, as it was when it happened. `uid` is the webhook-id: the same however often it is sent."""

    uid = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=24, choices=News.choices)
    title = models.CharField(max_length=200)
    text = models.TextField()
    path = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.title


class DispatchStatus(models.TextChoices):
    QUEUED = "queued", "Waiting"
    SENT = "sent", "Delivered"
    FAILED = "failed", "Failed"


class Dispatch(models.Model):
    """One announcement on its way to one channel or endpoint: retried ever more slowly, then failed; replayable."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="dispatches")
    channel = models.ForeignKey(
        ChatChannel, on_delete=models.CASCADE, null=True, blank=True, related_name="dispatches"
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, null=True, blank=True, related_name="dispatches"
    )
    status = models.CharField(max_length=8, choices=DispatchStatus.choices, default=DispatchStatus.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=32, blank=True)
    answer = models.PositiveSmallIntegerField(null=True, blank=True)
    """The HTTP status of the last answer."""
    detail = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    replayed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__isnull=False, endpoint__isnull=True)
                | Q(channel__isnull=True, endpoint__isnull=False),
                name="dispatch_to_one",
            ),
        ]
        indexes = [
            # read by the sender
            models.Index(fields=["due_at"], condition=Q(status="queued"), name="dispatch_queued"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} to {self.channel or self.endpoint}"
