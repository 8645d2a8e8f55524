"""Our own number as a small centre's line: its hours and its voicemail."""

from datetime import time

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


def _weekdays() -> list[str]:
    return ["mon", "tue", "wed", "thu", "fri"]


class HuntGroup(models.Model):
    """Customers who call our number meet an agent of this programme, while it `is_on`.

    `days` ("mon" … "sun") and the hours `opens` to `closes` are of the programme's zone; outside of them, and where no
    agent answers within `patience_seconds`, the customer leaves a message. Each agent's phone rings `ring_seconds`.
    `name` is what the customer hears ("Acme support"); `queue` and `language` are those of the calls, and an
    agent's desk that names another queue or language is not rung.
    """

    programme = models.OneToOneField("rota.Programme", on_delete=models.CASCADE, related_name="hunt_group")
    is_on = models.BooleanField(default=False)
    name = models.CharField(max_length=60)
    days = models.JSONField(default=_weekdays)
    opens = models.TimeField(default=time(8))
    closes = models.TimeField(default=time(18))
    ring_seconds = models.PositiveSmallIntegerField(default=15)
    patience_seconds = models.PositiveSmallIntegerField(default=120)
    queue = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, default="en")

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="hunt_group_hours_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"hunt group of {self.programme}"


class Voicemail(models.Model):
    """A message that a customer left when nobody could answer. `url` is Twilio's recording and wants credentials."""

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="voicemails")
    live_call = models.OneToOneField(
        "listening.LiveCall", on_delete=models.SET_NULL, null=True, blank=True, related_name="voicemail"
    )
    account = models.ForeignKey(
        "customers.Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="voicemails"
    )
    customer_phone = models.CharField(max_length=16, blank=True)
    recording_sid = models.CharField(max_length=34, unique=True)
    url = models.CharField(max_length=500)
    seconds = models.PositiveIntegerField()
    left_at = models.DateTimeField()
    called_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    called_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-left_at", "-id"]

    def __str__(self) -> str:
        return f"message of {self.seconds} s at {self.left_at:%Y-%m-%d %H:%M}"
