"""Administrators look after the table of countries: where calls may be listened to, and what is asked before."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from listening import country_rules
from listening.models import CountryRule, ListeningMode
from people.errors import Refused
from people.models import Role
from web.access import PersonRequest, open_to
from web.refusals import onto_form, onto_page, status_of

CHANGES = 12


class CountryForm(forms.Form):
    """One country's rule, with the law or the counsel that it goes by."""

    country = forms.CharField(
        label="Country",
        max_length=60,
        help_text="Two letters, such as DE.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    mode = forms.ChoiceField(
        label="What is asked before somebody listens", choices=ListeningMode.choices, widget=forms.RadioSelect
    )
    source = forms.CharField(
        label="Because of",
        max_length=400,
        help_text="The law, or who advised you and when. Every refusal says it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def countries(request: PersonRequest) -> HttpResponseBase:
    """The whole table, and one rule to change: `country` in the address fills it in."""
    form = CountryForm(request.POST) if request.method == "POST" else CountryForm(initial=_present(request))
    if request.method == "POST" and form.is_valid():
        try:
            row = country_rules.set_rule(by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, f"{country_rules.country_name(row.country)}: saved.")
            return redirect("web:listening-countries")
    shipped = country_rules.shipped()
    context = {
        "rules": [(rule, rule.country in shipped) for rule in country_rules.all_rules()],
        "form": form,
        "changes": [(row, country_rules.country_name(row.country)) for row in _history()],
    }
    return render(request, "web/listening/countries.html", context, status=status_of(form))


@require_POST
@open_to(Role.ADMIN)
def back_to_shipped(request: PersonRequest) -> HttpResponseBase:
    """Take a rule of one's own away."""
    country = request.POST.get("country", "")[:2]
    try:
        country_rules.go_back_to_shipped(country=country, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, f"{country_rules.country_name(country)}: the shipped rule holds again.")
    return redirect("web:listening-countries")


def _history() -> list[Any]:
    """The latest changes of any country's rule."""
    rows: Any = CountryRule.history
    return list(rows.select_related("history_user")[:CHANGES])


def _present(request: PersonRequest) -> dict[str, Any]:
    country = request.GET.get("country", "").strip().upper()[:2]
    if not country:
        return {"mode": ListeningMode.OFF}
    rule = country_rules.rule_for(country)
    return {"country": country, "mode": rule.mode, "source": rule.source}
