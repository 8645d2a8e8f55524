"""Administrators look after the members of a programme: from when to when, with what share, and what they owe."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from people.errors import Refused
from people.models import Person, Role
from rota.exemptions import exempt, lift_exemption
from rota.membership import duties_outside, set_membership
from rota.models import Exemption, Membership, Programme
from rota.quotas import Owed, members_during, owed, owed_by
from web.access import PersonRequest, open_to
from web.availability_forms import day_field
from web.duty import Month, month_of
from web.records import records
from web.refusals import onto_form, onto_page, status_of


class MembershipForm(forms.Form):
    """From when to when, and with what share."""

    joined_on = day_field("First day", required=False, help_text="Empty: from the beginning.")
    left_on = day_field("First day out", required=False, help_text="Empty: for good.")
    share = forms.IntegerField(
        label="Share in percent",
        initial=100,
        help_text="Of a full part: with 50 a duty every other month.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class NewMemberForm(MembershipForm):
    """Likewise, and who."""

    person = forms.ModelChoiceField(label="Who", queryset=Person.objects.none(), empty_label="Choose")
    field_order = ("person", "joined_on", "left_on", "share")

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = programme.memberships.values("person")
        self.fields["person"] = forms.ModelChoiceField(
            label="Who",
            queryset=Person.objects.executives().exclude(pk__in=named).order_by("name"),
            empty_label="Choose",
            help_text="Every executive is a member: add a row to give somebody dates or a share."
            if programme.everybody
            else "",
        )


class ExemptionForm(forms.Form):
    """A month in which somebody owes nothing, and why."""

    month = forms.CharField(
        label="Month",
        max_length=7,
        help_text="Such as 2026-12.",
        widget=forms.TextInput(attrs={"type": "month", "autocomplete": "off"}),
    )
    duty = forms.BooleanField(label="No duty", required=False, initial=True)
    listening = forms.BooleanField(label="No listening", required=False)
    reason = forms.CharField(label="Why?", max_length=300, help_text="The report shows it.")

    def clean_month(self) -> date:
        try:
            return date.fromisoformat(f"{str(self.cleaned_data['month']).strip()}-01")
        except ValueError:
            raise forms.ValidationError("A month is written like 2026-12.") from None


@dataclass(frozen=True)
class Line:
    """One member of the month, their row where they have one, and what they owe."""

    person: Person
    row: Membership | None
    owed: Owed


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def members(request: PersonRequest, slug: str) -> HttpResponseBase:
    """The members of a month with what each owes; and somebody new."""
    programme = get_object_or_404(Programme, slug=slug)
    form = NewMemberForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            row = set_membership(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, f"{row.person.name} is in.")
            return redirect("web:programme-members", slug=slug)
    today = timezone.now().astimezone(programme.zone).date()
    month = month_of(request.GET.get("month", ""), today)
    context = {
        "programme": programme,
        "month": month,
        "lines": _lines(programme, month),
        "form": form,
    }
    return render(request, "web/manage/programme_members.html", context, status=status_of(form))


def _lines(programme: Programme, month: Month) -> list[Line]:
    """Six queries at most, whatever the number of members."""
    people = members_during(programme, month.first)
    rows = {row.person_id: row for row in programme.memberships.all()}
    quotas = owed_by(programme, people, month.first)
    return [Line(person, rows.get(person.pk), quotas[person.pk]) for person in people]


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def member(request: PersonRequest, slug: str, pk: int) -> HttpResponseBase:
    """One member: dates, share, exemptions, and what was changed by whom."""
    programme, person, row = _find(slug, pk)
    form = MembershipForm(request.POST or None, initial=_present(row))
    if request.method == "POST" and form.is_valid():
        try:
            changed = set_membership(programme=programme, person=person, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            if outside := duties_outside(changed):
                messages.warning(request, f"{len(outside)} published duties lie outside: see below.")
            return redirect("web:programme-member", slug=slug, pk=pk)
    return _show(request, programme, person, row, form=form)


@require_POST
@open_to(Role.ADMIN)
def exempt_member(request: PersonRequest, slug: str, pk: int) -> HttpResponseBase:
    """A month in which they owe nothing."""
    programme, person, row = _find(slug, pk)
    form = ExemptionForm(request.POST)
    if form.is_valid():
        try:
            exempt(programme=programme, person=person, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Exempted.")
            return redirect("web:programme-member", slug=slug, pk=pk)
    return _show(request, programme, person, row, exemption_form=form)


@require_POST
@open_to(Role.ADMIN)
def lift(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The month is owed again."""
    row = get_object_or_404(Exemption.objects.select_related("programme"), pk=pk)
    try:
        lift_exemption(exemption=row, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Lifted.")
    return redirect("web:programme-member", slug=row.programme.slug, pk=row.person_id)


def _find(slug: str, pk: int) -> tuple[Programme, Person, Membership | None]:
    programme = get_object_or_404(Programme, slug=slug)
    person = get_object_or_404(Person, pk=pk)
    return programme, person, programme.memberships.filter(person=person).first()


def _present(row: Membership | None) -> dict[str, Any]:
    return {"joined_on": row.joined_on, "left_on": row.left_on, "share": row.share} if row else {}


def _show(
    request: PersonRequest,
    programme: Programme,
    person: Person,
    row: Membership | None,
    *,
    form: MembershipForm | None = None,
    exemption_form: ExemptionForm | None = None,
) -> HttpResponse:
    today = timezone.now().astimezone(programme.zone).date()
    month = month_of("", today)
    given = form or MembershipForm(initial=_present(row))
    exempting = exemption_form or ExemptionForm(initial={"month": f"{today:%Y-%m}"})
    context = {
        "programme": programme,
        "person": person,
        "row": row,
        "month": month,
        "owed": owed(programme, person, month.first),
        "outside": duties_outside(row) if row else [],
        "exemptions": programme.exemptions.filter(person=person).select_related("by").order_by("-month"),
        "form": given,
        "exemption_form": exempting,
        "changes": records(row.history) if row else [],
    }
    status = max(status_of(given), status_of(exempting))
    return render(request, "web/manage/programme_member.html", context, status=status)
