"""Administrators read the ledger of credited seconds by month, and correct it by entries of their own."""

import secrets
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from listening import ledger
from listening.ledger import MonthTotal
from listening.models import Credit, CreditKind, Session
from people.errors import Refused
from people.models import Person, Role
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.duty import month_of
from web.listening_words import minutes
from web.refusals import onto_form, status_of


@dataclass(frozen=True)
class Row:
    """One member's month. `kinds` has a line for each kind that was credited: never one sum of them all."""

    total: MonthTotal
    kinds: list[tuple[str, str]]
    counted: str
    missing: str


class CorrectionForm(forms.Form):
    """An entry that adds or takes back, with the reason; its author answers for it."""

    kind = forms.ChoiceField(label="What", choices=CreditKind.choices)
    way = forms.ChoiceField(
        label="Add or take back",
        choices=[("add", "Add"), ("take", "Take back")],
        initial="add",
        widget=forms.RadioSelect,
    )
    minutes = forms.IntegerField(
        label="Minutes",
        min_value=0,
        max_value=6000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    seconds = forms.IntegerField(
        label="Seconds",
        min_value=0,
        max_value=59,
        initial=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    session = forms.ModelChoiceField(
        label="About which session?",
        queryset=Session.objects.none(),
        required=False,
        empty_label="None in particular",
    )
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        help_text="It stays with the entry, and so does your name.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, sessions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["session"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - as declared above
        field.queryset = sessions

    def signed_seconds(self) -> int:
        """What the entry says: below 0 where it takes back."""
        whole = 60 * int(self.cleaned_data["minutes"]) + int(self.cleaned_data["seconds"])
        return -whole if self.cleaned_data["way"] == "take" else whole


@require_GET
@open_to(Role.ADMIN)
def overview(request: PersonRequest) -> HttpResponse:
    """One programme's month: what each member owes and has, kind by kind."""
    programmes = list(Programme.objects.order_by("name", "pk"))
    chosen = request.GET.get("programme", "")
    programme = next((one for one in programmes if one.slug == chosen), programmes[0] if programmes else None)
    context: dict[str, Any] = {"programmes": programmes, "programme": programme}
    if programme is not None:
        today = timezone.now().astimezone(programme.zone).date()
        month = month_of(request.GET.get("month", ""), today)
        totals = ledger.month_totals(programme=programme, month=month.first)
        context |= {"month": month, "rows": [_row(total) for total in totals.values()]}
    return render(request, "web/listening/ledger.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def of_person(request: PersonRequest, slug: str, pk: int) -> HttpResponseBase:
    """One person's entries of a month, and a correction."""
    programme = get_object_or_404(Programme, slug=slug)
    person = get_object_or_404(Person, pk=pk)
    today = timezone.now().astimezone(programme.zone).date()
    month = month_of(request.GET.get("month", ""), today)
    entries = Credit.objects.filter(person=person, programme=programme, month=month.first)
    sessions = Session.objects.filter(person=person, programme=programme, month=month.first)
    form = CorrectionForm(
        request.POST or None, sessions=sessions, initial={"key": secrets.token_urlsafe(18), "way": "add"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            ledger.correct(
                person=person,
                programme=programme,
                month=month.first,
                kind=form.cleaned_data["kind"],
                seconds=form.signed_seconds(),
                reason=form.cleaned_data["reason"],
                session=form.cleaned_data["session"],
                by=request.user,
                key=form.cleaned_data["key"],
            )
        except Refused as refused:
            onto_form(form, refused, seconds="minutes")
        else:
            messages.success(request, "Entered: it stands in the ledger with your name.")
            here = reverse("web:listening-ledger-person", args=[slug, pk])
            return redirect(f"{here}?month={month.first:%Y-%m}")
    total = ledger.month_totals(programme=programme, month=month.first, people=[person]).get(person.pk)
    if total is None:
        raise Http404("No such month.")
    context = {
        "programme": programme,
        "person": person,
        "month": month,
        "row": _row(total),
        "entries": [
            (entry, minutes(entry.seconds))
            for entry in entries.select_related("session", "approver").order_by("created_at", "pk")
        ],
        "form": form,
        "may_correct": person.pk != request.user.pk,
    }
    return render(request, "web/listening/ledger_person.html", context, status=status_of(form))


def _row(total: MonthTotal) -> Row:
    return Row(
        total=total,
        kinds=[(CreditKind(kind).label, minutes(seconds)) for kind, seconds in sorted(total.seconds.items())],
        counted=minutes(total.counted),
        missing=minutes(total.missing_seconds) if total.missing_seconds else "",
    )
