"""Administrators set a programme's rules for listening."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from listening.models import CreditKind, ListeningRules
from listening.rules import LIMITS, MAY_COUNT, rules_of, set_rules
from people.errors import Refused
from people.models import Role
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.records import records
from web.refusals import onto_form, status_of


def _whole(name: str, label: str, help_text: str = "") -> forms.IntegerField:
    least, most = LIMITS[name]
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ListeningRulesForm(forms.Form):
    """Every rule but the quota and the windows, which stand in the programme's own rules."""

    counts = forms.MultipleChoiceField(
        label="What counts toward the quota",
        choices=[(kind.value, kind.label) for kind in CreditKind if kind in MAY_COUNT],
        widget=forms.CheckboxSelectMultiple,
        help_text="Each keeps a line of its own in the ledger.",
    )
    debrief_days = _whole("debrief_days", "Days for the debrief", "After them a session is not credited.")
    carry_over_minutes = _whole(
        "carry_over_minutes",
        "Minutes that may be carried over",
        "Above the quota, into the next month; 0 for none.",
    )
    presence_minutes = _whole(
        "presence_minutes", "Minutes between two keys", "So often a listener proves to be there."
    )
    answer_seconds = _whole(
        "answer_seconds", "Seconds for the agent", "To decline, before the executive is brought in."
    )
    agent_name_days = _whole(
        "agent_name_days", "Days that agents’ names are kept", "Then they leave sessions and notes."
    )
    monitor_number = forms.CharField(
        label="Monitor extension",
        required=False,
        max_length=40,
        help_text="The number of another exchange’s supervisor extension, where there is one.",
    )
    monitor_keys = forms.CharField(
        label="Its keys",
        required=False,
        max_length=40,
        help_text="What it wants to be dialled, such as ww123#; w waits half a second.",
    )
    monitor_country = forms.CharField(
        label="Its customers’ country", required=False, max_length=2, help_text="Two letters, such as US."
    )
    monitor_attested = forms.BooleanField(
        label="I vouch for it",
        required=False,
        help_text="There customers hear that somebody may listen in, and agents know when. It is on record.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def listening_rules(request: PersonRequest, slug: str) -> HttpResponseBase:
    """One programme's rules, and what was changed about them."""
    programme = get_object_or_404(Programme, slug=slug)
    present = rules_of(programme)
    form = ListeningRulesForm(request.POST or None, initial=_values(present))
    if request.method == "POST" and form.is_valid():
        try:
            set_rules(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:listening-rules", slug=slug)
    context = {
        "programme": programme,
        "form": form,
        "changes": records(present.history) if present.pk else [],
    }
    return render(request, "web/listening/rules.html", context, status=status_of(form))


def _values(rules: ListeningRules) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in ListeningRulesForm.base_fields}
