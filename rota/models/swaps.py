"""Duties that change hands with consent, and who helped whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from people.models import Person
from rota.models.duties import Duty


class SwapStatus(models.TextChoices):
    """OPEN until somebody says yes; then DONE at once, for the pager too."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DECLINED = "declined", "Everybody declined"
    LAPSED = "lapsed", "Lapsed"


class Swap(models.Model):
    """A wish to give `duty` away: whoever is asked and says yes first has it. `by` may be an assistant or an
    administrator. A `search` for cover asks more people by itself until somebody says yes (`rota.cover`)."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="swaps")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="swaps_wanted"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    search = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=SwapStatus.choices, default=SwapStatus.OPEN)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    # Who changes the row: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["duty"], condition=Q(status="open"), name="swap_one_open"),
        ]
        indexes = [
            # read by a person's own page of swaps
            models.Index(fields=["person", "-created_at"], name="swap_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} gives away {self.duty}"


class AskStatus(models.TextChoices):
    ASKED = "asked", "Asked"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    CLOSED = "closed", "No longer needed"


class Ask(models.Model):
    """One person asked to take the duty of a swap, in exchange for `in_return` (a duty of theirs) or for nothing."""

    swap = models.ForeignKey(Swap, on_delete=models.CASCADE, related_name="asks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="swap_asks")
    in_return = models.ForeignKey(Duty, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=12, choices=AskStatus.choices, default=AskStatus.ASKED)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["swap", "person"], name="ask_once"),
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(status="asked"), name="ask_open"),
        ]

    def __str__(self) -> str:
        return f"{self.person} asked: {self.status}"


class ProposalStatus(models.TextChoices):
    """WAITING is worked out by the queue; then it is OPEN, or NOTHING would do."""

    WAITING = "waiting", "Being worked out"
    OPEN = "open", "Awaits an administrator"
    NOTHING = "nothing", "Nothing would do"
    APPLIED = "applied", "Applied"
    DISMISSED = "dismissed", "Dismissed"
    OUTDATED = "outdated", "Outdated"


class CoverProposal(models.Model):
    """The least disruption that would free somebody from `duty`, where nobody alone can take it over.

    `moves` are the duties that would change hands: `{"duty", "from", "to", "why"}`, the first three primary keys.
    `why` says in words why nothing would do. Only an administrator's click applies it.
    """

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="cover_proposals")
    moves = models.JSONField(default=list)
    why = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=ProposalStatus.choices, default=ProposalStatus.WAITING)
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    # Who changes the row: django-simple-history looks for it when saving.
    _history_user: Person

    history = HistoricalRecords()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty"], condition=Q(status__in=["waiting", "open"]), name="cover_proposal_one_open"
            ),
        ]
        indexes = [
            # read by rota.cover_proposals: what the queue has to work out
            models.Index(fields=["created_at"], condition=Q(status="waiting"), name="cover_proposal_waiting"),
        ]

    def __str__(self) -> str:
        return f"cover for {self.duty}: {self.status}"


class Favour(models.Model):
    """The ledger of who helped whom: one row for each duty that somebody took over from somebody else.

    `points` as the planner counts them (an ordinary duty is 4); an exchange gives each a row.
    """

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="favours")
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favours_done"
    )
    helped = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favours_had")
    points = models.SmallIntegerField(default=4)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.helper} took {self.duty} over from {self.helped}"
