"""The programme's own month, for administrators, and the sponsor's one page of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people.errors import Refused
from people.models import Role
from reports.drills import plan_drills, run_drill
from reports.health import health
from reports.mailing import page, page_by_link, set_mailing
from reports.models import Drill, DrillPlan, ReportMailing
from reports.sponsor import facts
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.duty import month_of
from web.refusals import onto_form, onto_page
from web.report_pages import find_month


class MailingForm(forms.Form):
    """To whom the sponsor's page goes, and when."""

    recipients = forms.CharField(
        label="To",
        required=False,
        max_length=4000,
        help_text="E-mail addresses, one a line. Empty: to nobody.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    day = forms.IntegerField(
        label="On the day of the month",
        help_text="1 to 28; the month before is sent.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@require_GET
@open_to(Role.ADMIN)
def programme_health(request: PersonRequest, slug: str, month: str) -> HttpResponse:
    """How the programme did in a month."""
    programme, _ = find_month(slug, month)
    row = ReportMailing.objects.filter(programme=programme).first() or ReportMailing()
    form = MailingForm(initial={"recipients": "\n".join(row.recipients), "day": row.day})
    return _show(request, programme, month, form)


@require_POST
@open_to(Role.ADMIN)
def mail(request: PersonRequest, slug: str, month: str) -> HttpResponseBase:
    """To whom it is sent by itself."""
    programme, _ = find_month(slug, month)
    form = MailingForm(request.POST)
    if form.is_valid():
        try:
            set_mailing(
                programme=programme,
                recipients=form.cleaned_data["recipients"].splitlines(),
                day=form.cleaned_data["day"],
                by=request.user,
            )
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:report-health", slug=slug, month=month)
    return _show(request, programme, month, form)


@require_POST
@open_to(Role.ADMIN)
def drill(request: PersonRequest, slug: str, month: str) -> HttpResponseBase:
    """A drill now, or the plan of those to come."""
    programme, _ = find_month(slug, month)
    try:
        if "now" in request.POST:
            run = run_drill(programme=programme, by=request.user)
            messages.success(request, f"Case {run.escalation.number}: phones ring now.")
        else:
            plan_drills(
                programme=programme,
                monthly="monthly" in request.POST,
                announced="announced" in request.POST,
                by=request.user,
            )
            messages.success(request, "Saved.")
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:report-health", slug=slug, month=month)


@require_GET
@open_to(Role.ADMIN)
def sponsor(request: PersonRequest, slug: str, month: str) -> HttpResponse:
    """The sponsor's page as a PDF."""
    programme, first = find_month(slug, month)
    return _pdf(page(programme, first, timezone.now()), f"{slug}-{month}")


@require_GET
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever has the signed address."""
    found = page_by_link(token, timezone.now())
    if found is None:
        raise Http404
    programme, month, content = found
    return _pdf(content, f"{programme.slug}-{month:%Y-%m}")


def _pdf(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _show(request: PersonRequest, programme: Programme, month: str, form: MailingForm) -> HttpResponse:
    first = find_month(programme.slug, month)[1]
    found = health(programme=programme, month=first, now=timezone.now())
    rungs: list[tuple[str, int]] = [(f"Rung {rung}", many) for rung, many in found.by_rung.items()]
    rungs.append(("Unreached at first", found.unreached))
    context: dict[str, Any] = {
        "programme": programme,
        "month": month_of(month, first),
        "value": month,
        "health": found,
        "facts": facts(found),
        "rungs": rungs,
        "most": max([many for _, many in rungs] + [1]),
        "form": form,
        "plan": DrillPlan.objects.filter(programme=programme).first(),
        "drills": Drill.objects.filter(programme=programme).select_related("by")[:6],
    }
    return render(request, "web/reports/health.html", context, status=422 if form.errors else 200)
