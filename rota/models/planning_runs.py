"""One solving of a rota: asked for, running in a process of its own, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rota.models.duties import Rota
from rota.models.programmes import Programme


class PlanningStatus(models.TextChoices):
    """OPTIMAL is proven; FEASIBLE is the best found when the time ended or somebody stopped it."""

    WAITING = "waiting", "Waiting to start"
    RUNNING = "running", "Running"
    OPTIMAL = "optimal", "Proven best"
    FEASIBLE = "feasible", "Best found in the time"
    INFEASIBLE = "infeasible", "No rota meets the rules"
    NOTHING = "nothing", "Nothing found in the time"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Stopped before anything was found"


class PlanningRun(models.Model):
    """Plans the unpublished duty days from `first_day` to `last_day`, inclusive, of the programme's calendar.

    `objective`, `bound` and `gap` (a share of the objective) are the solver's; `seconds` is wall time. `clash` says
    in words why there is no rota, and `relaxation` what the least to give up would be. `report` keeps what the page
    shows: coverage, fairness, what could not be met. `monthly` was asked for by the programme's day of the month, and
    by nobody; `by` is None for what a command planned, too.
    """

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="planning_runs")
    rota = models.ForeignKey(Rota, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=12, choices=PlanningStatus.choices, default=PlanningStatus.WAITING)
    seed = models.PositiveIntegerField(default=0)
    time_limit = models.PositiveIntegerField(default=60)
    relax = models.JSONField(default=list, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    monthly = models.BooleanField(default=False)
    objective = models.FloatField(null=True, blank=True)
    bound = models.FloatField(null=True, blank=True)
    gap = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    report = models.JSONField(default=dict, blank=True)
    clash = models.JSONField(default=dict, blank=True)
    relaxation = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    stop_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="planning_days_in_order"),
            # Two solvers on one programme would throw away one another's drafts.
            models.UniqueConstraint(
                fields=["programme"],
                condition=Q(status__in=["waiting", "running"]),
                name="planning_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme}, {self.first_day} to {self.last_day}: {self.status}"
