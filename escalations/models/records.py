"""What the machinery itself must remember: texts heard, the account's pace, heartbeats."""

from django.db import models


class HeardText(models.Model):
    """An inbound text that was dealt with: Twilio may send the same one twice."""

    sid = models.CharField(max_length=34, unique=True)
    sender = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # read by texting, to notice two machines that answer one another
            models.Index(fields=["sender", "at"], name="heard_text_of_sender"),
        ]

    def __str__(self) -> str:
        return self.sid


class Pace(models.Model):
    """When the account may place its next call: one row for every pager on every machine."""

    name = models.CharField(max_length=16, unique=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} free at {self.free_at}"


class Heartbeat(models.Model):
    """When a process last did its work. Silence is what the watchdog of another process looks for."""

    name = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
