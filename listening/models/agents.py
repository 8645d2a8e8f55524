"""Those who take the customers' calls, and where listening is lawful."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class AgentDesk(models.Model):
    """What an agent has agreed to, and how they take calls. Nothing here, or anywhere, counts or ranks them.

    `policy_version` is what was signed, at `policy_signed_at`: without it nobody listens to this agent's calls.
    `told_by` is how they hear who would like to listen. `takes_calls`: our own number's hunt group rings
    them, on the person's verified phone; whose `last_call_at` is longest ago rings first.
    """

    class ToldBy(models.TextChoices):
        TEXT = "text", "By text"
        PAGE = "page", "On the page"
        WHISPER = "whisper", "By a voice before the call"

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="desk")
    policy_version = models.CharField(max_length=20, blank=True)
    policy_signed_at = models.DateTimeField(null=True, blank=True)
    told_by = models.CharField(max_length=8, choices=ToldBy.choices, default=ToldBy.TEXT)
    takes_calls = models.BooleanField(default=False)
    queue = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, blank=True)
    last_call_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["last_call_at"])

    class Meta:
        indexes = [
            # read by the hunt group: who has waited longest
            models.Index(fields=["last_call_at"], condition=Q(takes_calls=True), name="desk_hunted"),
        ]

    def __str__(self) -> str:
        return f"desk of {self.person}"


class ListeningMode(models.TextChoices):
    """What must have happened before anybody may listen, the strictest first."""

    OFF = "off", "Nobody listens"
    OPT_IN = "opt_in", "The customer agrees by a key"
    ANNOUNCE = "announce", "The announcement is heard"


class CountryRule(models.Model):
    """What administrators put in the place of the shipped rule of a country: see `listening.country_rules`.

    `country` is ISO 3166 alpha-2; `source` is the law or counsel it goes by.
    """

    country = models.CharField(max_length=2, unique=True, blank=True)
    mode = models.CharField(max_length=10, choices=ListeningMode.choices, default=ListeningMode.OFF)
    source = models.CharField(max_length=400)
    changed_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["country"]

    def __str__(self) -> str:
        return f"{self.country or 'elsewhere'}: {self.get_mode_display()}"


class DeclinedOffers(models.Model):
    """How many offers to be listened to were declined in a programme's month, by all agents together.

    Who declined is kept nowhere: the offer's own row goes when it is declined.
    """

    programme = models.ForeignKey("rota.Programme", on_delete=models.CASCADE, related_name="declined_offers")
    month = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "month"], name="declined_once_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.count} declined in {self.month:%Y-%m}"
