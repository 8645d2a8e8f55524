"""Administrators decide on absences that wait, and see who is away."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people.errors import Refused
from people.models import Role
from rota.absences import clashes, decide_absence, waiting_absences
from rota.models import Absence, AbsenceStatus
from web.access import PersonRequest, open_to
from web.refusals import onto_page

A_PAGE = 40


class DecisionForm(forms.Form):
    """A word to go with the decision."""

    note = forms.CharField(required=False, max_length=300)


@require_GET
@open_to(Role.ADMIN)
def absences(request: PersonRequest) -> HttpResponse:
    """What waits for a decision, and who is away now or soon."""
    waiting = list(waiting_absences())
    yesterday = timezone.now().date() - timedelta(days=1)  # somewhere it is still that day
    approved = Absence.objects.filter(status=AbsenceStatus.APPROVED, last_day__gte=yesterday)
    away = approved.select_related("person").order_by("first_day", "pk")
    page = Paginator(away, A_PAGE).get_page(request.GET.get("page"))
    duties = clashes([*waiting, *page])
    context = {
        "waiting": [(one, duties[one.pk]) for one in waiting],
        "page": page,
        "away": [(one, duties[one.pk]) for one in page],
    }
    return render(request, "web/manage/absences.html", context)


@require_POST
@open_to(Role.ADMIN)
def decide(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Approve one, or refuse it."""
    absence = get_object_or_404(Absence.objects.select_related("person"), pk=pk)
    approve = "approve" in request.POST
    form = DecisionForm(request.POST)
    if not form.is_valid() or not (approve or "refuse" in request.POST):
        messages.error(request, "Approve it or refuse it, with a word of at most 300 characters.")
        return redirect("web:absences")
    try:
        decide_absence(absence=absence, approve=approve, by=request.user, note=form.cleaned_data["note"])
    except Refused as refused:
        onto_page(request, refused)
    else:
        verdict = "Approved" if approve else "Refused"
        messages.success(request, f"{verdict}: {absence.person.name} is told.")
    return redirect("web:absences")
