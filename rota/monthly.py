"""The following month is drafted by itself on the day that the programme says; administrators are asked to publish.

"Due and not done yet": `Programme.drafted_until` says what was drafted so, and a letter's key names the run, so that
a run of the schedule that was missed is made up for by the next one.
"""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from people import letters
from rota.errors import CannotPlan
from rota.hours import duty_days
from rota.models import Duty, PlanningRun, PlanningStatus, Programme
from rota.planning_runs import ask_for_plan

logger = logging.getLogger(__name__)

TOLD_WITHIN = timedelta(days=7)
_ENDED = (
    PlanningStatus.OPTIMAL,
    PlanningStatus.FEASIBLE,
    PlanningStatus.INFEASIBLE,
    PlanningStatus.NOTHING,
    PlanningStatus.FAILED,
)


def draft_due() -> int:
    """Asks for the drafts that are due, and tells administrators of those that are done. Returns how many of both.

    Every ten minutes, by a schedule.
    """
    now = datetime.now(UTC)
    due = Programme.objects.filter(draft_on_day__isnull=False).order_by("pk")
    return sum(_draft(programme, now) for programme in due) + sum(_tell(run) for run in _untold(now))


def following_month(day: date) -> tuple[date, date]:
    """The first and the last day of the month after the one of `day`."""
    first = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _draft(programme: Programme, now: datetime) -> bool:
    period = _due_period(programme, now.astimezone(programme.zone).date())
    if period is None:
        return False
    first, last = period
    if not _is_published(programme, first, last):
        try:
            ask_for_plan(programme=programme, first=first, last=last, by=None, monthly=True)
        except CannotPlan as refused:
            logger.info("%s is drafted later: %s", programme, refused)
            return False
    Programme.objects.filter(pk=programme.pk).update(drafted_until=last)
    return True


def _due_period(programme: Programme, today: date) -> tuple[date, date] | None:
    """The month whose day has come; of one that was missed as a whole (nothing ran), what is left of it."""
    if programme.draft_on_day is None:
        return None
    first, last = following_month(today)
    if today.day < programme.draft_on_day:
        if programme.drafted_until is None:
            return None  # nothing was missed: it was not drafted by itself before
        first, last = today + timedelta(days=1), first - timedelta(days=1)
    done = programme.drafted_until is not None and programme.drafted_until >= last
    return None if done or first > last else (first, last)


def _is_published(programme: Programme, first: date, last: date) -> bool:
    """Whether somebody is primary on every duty day: then there is nothing to draft."""
    primary = Duty.objects.published().filter(programme=programme, seat=0, day__range=(first, last))
    return set(duty_days(programme.rules, first, last)) <= set(primary.values_list("day", flat=True))


def _untold(now: datetime) -> list[PlanningRun]:
    runs = PlanningRun.objects.filter(monthly=True, status__in=_ENDED, ended_at__gt=now - TOLD_WITHIN)
    return list(runs.select_related("programme"))


def _tell(run: PlanningRun) -> int:
    month = f"{run.first_day:%B %Y}"
    if run.rota_id is not None:
        subject = f"The rota of {month} is drafted: look, and publish it"
        text = f"{run.programme.name}: the duties from {run.first_day} to {run.last_day} are drafted."
        address = reverse("web:rota-board", args=[run.rota_id])
    else:
        subject = f"The rota of {month} could not be drafted"
        text = f"{run.programme.name}: {run.get_status_display()}. Nobody is on duty in {month} before this is mended."
        address = reverse("web:rota-run", args=[run.pk])
    told = letters.tell_administrators(
        key=f"drafted:{run.pk}",
        kind="rota",
        subject=subject,
        text=f"{text}\n\n{settings.PUBLIC_BASE_URL}{address}",
    )
    return len(told)
