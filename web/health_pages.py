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
from reports.help_desk import set_band
from reports.mailing import page, page_by_link, set_mailing
from reports.models import Drill, DrillPlan, HealthyBand, ReportMailing
from reports.sponsor import facts
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.duty import month_of
from web.refusals import onto_form, onto_page
from web.report_pages import find_month

MISSED_SHOWN = 20


def _number(keyboard: str = "decimal") -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": keyboard, "autocomplete": "off"})


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
        widget=_number("numeric"),
    )


class BandForm(forms.Form):
    """From how many to how many escalations per 1,000 contacts are healthy."""

    low = forms.DecimalField(label="Healthy from", max_digits=5, decimal_places=1, widget=_number())
    high = forms.DecimalField(label="Up to", max_digits=5, decimal_places=1, widget=_number())


@require_GET
@open_to(Role.ADMIN)
def programme_health(request: PersonRequest, slug: str, month: str) -> HttpResponse:
    """How the programme did in a month."""
    programme, _ = find_month(slug, month)
    return _show(request, programme, month)


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
    return _show(request, programme, month, mailing=form)


@require_POST
@open_to(Role.ADMIN)
def band(request: PersonRequest, slug: str, month: str) -> HttpResponseBase:
    """What is healthy."""
    programme, _ = find_month(slug, month)
    form = BandForm(request.POST)
    if form.is_valid():
        try:
            set_band(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:report-health", slug=slug, month=month)
    return _show(request, programme, month, band=form)


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


def _show(
    request: PersonRequest,
    programme: Programme,
    month: str,
    *,
    mailing: MailingForm | None = None,
    band: BandForm | None = None,
) -> HttpResponse:
    """The page, with a form that was refused in the place of the one that is saved."""
    first = find_month(programme.slug, month)[1]
    found = health(programme=programme, month=first, now=timezone.now())
    rungs = [(f"Rung {rung}", many, found.share(many)) for rung, many in found.by_rung.items()]
    rungs.append(("Unreached at first", found.unreached, found.share(found.unreached)))
    context: dict[str, Any] = {
        "programme": programme,
        "month": month_of(month, first),
        "value": month,
        "health": found,
        "facts": facts(found),
        "rungs": rungs,
        "form": mailing or _mailing_form(programme),
        "band_form": band or _band_form(found.desk.band),
        "missed": found.desk.missed[:MISSED_SHOWN],
        "plan": DrillPlan.objects.filter(programme=programme).first(),
        "drills": Drill.objects.filter(programme=programme).select_related("by")[:6],
    }
    refused = mailing is not None or band is not None
    return render(request, "web/reports/health.html", context, status=422 if refused else 200)


def _mailing_form(programme: Programme) -> MailingForm:
    row = ReportMailing.objects.filter(programme=programme).first() or ReportMailing()
    return MailingForm(initial={"recipients": "\n".join(row.recipients), "day": row.day})


def _band_form(row: HealthyBand | None) -> BandForm:
    return BandForm(initial={"low": row.low, "high": row.high} if row else None)
