"""Administrators plan rotas: asked for, watched while it is solved, stopped, and what clashes given up by a click."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Max, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people.errors import Refused
from people.models import Role
from rota import planning_runs
from rota.models import Duty, PlanningRun, PlanningStatus, Programme, Rota, RotaStatus
from web.access import PersonRequest, open_to
from web.refusals import onto_form, onto_page
from web.seen import mark
from web.words import Look

LONGEST_SOLVING = 3600  # seconds
RECENT_RUNS = 6

LOOKS: Mapping[str, Look] = {
    PlanningStatus.WAITING: Look("Waiting to start", "open", "clock"),
    PlanningStatus.RUNNING: Look("Planning", "live", "dot"),
    PlanningStatus.OPTIMAL: Look("Proven best", "good", "circle-check"),
    PlanningStatus.FEASIBLE: Look("Best found in the time", "wait", "clock"),
    PlanningStatus.INFEASIBLE: Look("No rota meets the rules", "bad", "triangle-alert"),
    PlanningStatus.NOTHING: Look("Nothing found in the time", "bad", "circle-x"),
    PlanningStatus.FAILED: Look("Failed", "bad", "circle-x"),
    PlanningStatus.CANCELLED: Look("Stopped", "open", "circle-x"),
}
_GOES_ON = (PlanningStatus.WAITING, PlanningStatus.RUNNING)


class PlanForm(forms.Form):
    """Which days to plan, and how long the planner may think."""

    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    seconds = forms.IntegerField(
        label="Seconds to think",
        min_value=1,
        max_value=LONGEST_SOLVING,
        help_text="It ends sooner where the best rota is proven. A year of hundreds wants 120.",
    )


@dataclass(frozen=True)
class Planning:
    """One programme's part of the page; `published_until` is the last published duty day, None for none."""

    programme: Programme
    published_until: date | None
    drafts: list[Rota]
    runs: list[tuple[PlanningRun, Look]]
    form: PlanForm


@require_GET
@open_to(Role.ADMIN)
def overview(request: PersonRequest) -> HttpResponse:
    """Every programme: published until when, its drafts, what is being planned, and a way to plan more."""
    return _overview(request)


def _overview(request: PersonRequest, refused: PlanForm | None = None, slug: str = "") -> HttpResponse:
    now = timezone.now()
    last_days = dict(
        Duty.objects.published()
        .values_list("programme")
        .annotate(last=Max("day"))
        .values_list("programme", "last")
    )
    drafts = list(Rota.objects.filter(status=RotaStatus.DRAFT).order_by("first_day", "pk"))
    plannings = []
    programmes = list(Programme.objects.order_by("name"))
    runs = _recent_runs()
    for programme in programmes:
        until = last_days.get(programme.pk)
        today = now.astimezone(programme.zone).date()
        first, last = next_period(max(until or today, today))
        form = PlanForm(
            initial={"first": first, "last": last, "seconds": planning_runs.USUAL_SECONDS},
            prefix=programme.slug,
        )
        plannings.append(
            Planning(
                programme=programme,
                published_until=until,
                drafts=[one for one in drafts if one.programme_id == programme.pk],
                runs=[
                    (one, LOOKS[PlanningStatus(one.status)])
                    for one in runs
                    if one.programme_id == programme.pk
                ],
                form=refused if refused is not None and programme.slug == slug else form,
            )
        )
    context = {"plannings": plannings}
    return render(request, "web/rota/overview.html", context, status=422 if refused else 200)


def _recent_runs() -> list[PlanningRun]:
    """The latest of each programme, without what makes them heavy. One query."""
    place = Window(RowNumber(), partition_by="programme", order_by=["-created_at", "-pk"])
    runs = PlanningRun.objects.select_related("by").defer("progress", "report", "clash", "relaxation")
    return list(runs.annotate(place=place).filter(place__lte=RECENT_RUNS))


def next_period(after: date) -> tuple[date, date]:
    """What one would plan next: from the day after this one to a month's end that is at least a week away."""
    first = after + timedelta(days=1)
    return first, _end_of_month(first + timedelta(days=6))


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@require_POST
@open_to(Role.ADMIN)
def plan(request: PersonRequest, slug: str) -> HttpResponseBase:
    """Ask for a rota; it is planned in a process of its own."""
    programme = get_object_or_404(Programme, slug=slug)
    form = PlanForm(request.POST, prefix=slug)
    if form.is_valid():
        try:
            run = planning_runs.ask_for_plan(
                programme=programme,
                first=form.cleaned_data["first"],
                last=form.cleaned_data["last"],
                by=request.user,
                seconds=form.cleaned_data["seconds"],
            )
        except Refused as refused:
            onto_form(form, refused, to="last", **{"from": "first"})
        else:
            return redirect("web:rota-run", pk=run.pk)
    return _overview(request, form, slug)


@require_GET
@open_to(Role.ADMIN)
def run(request: PersonRequest, pk: int) -> HttpResponse:
    """One solving, live."""
    return render(request, "web/rota/run.html", _standing(get_object_or_404(_runs(), pk=pk)))


@require_GET
@open_to(Role.ADMIN)
def run_live(request: PersonRequest, pk: int) -> HttpResponse:
    """The page's moving part: 204 while nothing has changed since `seen`."""
    standing = _standing(get_object_or_404(_runs(), pk=pk))
    if request.GET.get("seen") == standing["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/rota/run_moving.html", {**standing, "fragment": True})


@require_POST
@open_to(Role.ADMIN)
def stop(request: PersonRequest, pk: int) -> HttpResponseBase:
    """End it with the best so far."""
    found = get_object_or_404(_runs(), pk=pk)
    try:
        planning_runs.stop(run=found, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:rota-run", pk=pk)


@require_POST
@open_to(Role.ADMIN)
def relax(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Plan again, giving up what was proposed."""
    found = get_object_or_404(_runs(), pk=pk)
    given = request.POST.get("choice", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 4):
        raise Http404  # a wrong number must not give up another rule than the one that was read
    try:
        again = planning_runs.apply_relaxation(run=found, by=request.user, choice=int(given))
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:rota-run", pk=pk)
    return redirect("web:rota-run", pk=again.pk)


def _runs() -> Any:
    return PlanningRun.objects.select_related("programme", "rota", "by")


def _standing(found: PlanningRun) -> dict[str, Any]:
    """What the page shows of a run, and the mark of it."""
    seen = mark(
        found.status,
        found.objective,
        found.bound,
        found.seconds,
        found.stop_asked,
        found.rota_id,
        found.progress,
    )
    return {
        "run": found,
        "look": LOOKS[PlanningStatus(found.status)],
        "goes_on": found.status in _GOES_ON,
        "relaxations": found.relaxation.get("choices", []),  # as `apply_relaxation` counts them
        "gap_percent": None if found.gap is None else round(100 * found.gap, 1),
        "seen": seen,
    }
