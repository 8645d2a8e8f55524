"""Administrators close a month, correct it, download it and have it verified."""

import json

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.errors import Refused
from people.models import Person, Role
from reports.closing import close_month, closed_month, correct, document
from reports.models import ClosedMonth
from reports.verifying import verify_chain, verify_file
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.closing_forms import CorrectionForm, VerifyForm
from web.refusals import onto_form, onto_page, status_of
from web.report_pages import find_month, show_member


@require_POST
@open_to(Role.ADMIN)
def close(request: PersonRequest, slug: str, month: str) -> HttpResponseBase:
    """The month is frozen as it is."""
    programme, first = find_month(slug, month)
    try:
        close_month(programme=programme, month=first, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, f"{first:%B %Y} is closed.")
    return redirect(f"{reverse('web:report-month')}?programme={slug}&month={month}")


@require_POST
@open_to(Role.ADMIN)
def correct_figure(request: PersonRequest, slug: str, month: str, pk: int) -> HttpResponseBase:
    """An entry against a closed month."""
    programme, first = find_month(slug, month)
    person = get_object_or_404(Person, pk=pk)
    closed = closed_month(programme, first)
    if closed is None:
        raise Http404
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            correct(closed=closed, person=person, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Corrected, on record.")
            return redirect("web:report-member", slug=slug, month=month, pk=pk)
    return show_member(request, programme, first, person, form)


@require_GET
@open_to(Role.ADMIN)
def file(request: PersonRequest, slug: str, month: str) -> HttpResponse:
    """The closed month as it was sealed, to keep somewhere else."""
    programme, first = find_month(slug, month)
    closed = closed_month(programme, first)
    if closed is None:
        raise Http404
    return HttpResponse(
        json.dumps(document(closed), ensure_ascii=False, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="compliance-{slug}-{month}.json"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def verify(request: PersonRequest) -> HttpResponse:
    """Whether what was closed is still what was closed: the database, and a file."""
    form = (
        VerifyForm(request.POST or None, request.FILES or None) if request.method == "POST" else VerifyForm()
    )
    of_file = verify_file(form.cleaned_data["file"]) if form.is_bound and form.is_valid() else None
    closed = Programme.objects.filter(pk__in=ClosedMonth.objects.values("programme")).order_by("name")
    context = {"form": form, "of_file": of_file, "chains": [verify_chain(programme) for programme in closed]}
    return render(request, "web/reports/verify.html", context, status=status_of(form))
