"""Administrators set up our own number as a small centre's line; support rings back whoever left a message."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from listening import our_number
from listening.hunt_groups import LIMITS, hunt_group_of, set_hunt_group
from listening.models import HuntGroup, Voicemail
from people.errors import Refused
from people.models import Role
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.programme_form import WEEKDAY_CHOICES
from web.records import records
from web.refusals import onto_form, onto_page, status_of


def _seconds(name: str, label: str, help_text: str) -> forms.IntegerField:
    least, most = LIMITS[name]
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _clock(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), input_formats=["%H:%M"]
    )


class HuntGroupForm(forms.Form):
    """The line's settings."""

    is_on = forms.BooleanField(
        label="Customers who call our number reach an agent",
        required=False,
        help_text="Otherwise the number answers officers and support alone.",
    )
    name = forms.CharField(label="What customers hear as the name", max_length=60)
    days = forms.MultipleChoiceField(
        label="Open on", choices=WEEKDAY_CHOICES, widget=forms.CheckboxSelectMultiple, required=False
    )
    opens = _clock("From")
    closes = _clock("To")
    ring_seconds = _seconds("ring_seconds", "Seconds that one phone rings", "Then the next agent’s rings.")
    patience_seconds = _seconds(
        "patience_seconds", "Seconds until a message is taken", "Where nobody has answered by then."
    )
    queue = forms.CharField(
        label="Queue", max_length=60, required=False, help_text="Rings agents of this queue, or of any."
    )
    language = forms.CharField(
        label="Language", max_length=12, help_text="In which customers are greeted: en, es."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def hunt_group(request: PersonRequest, slug: str) -> HttpResponseBase:
    """The line of one programme."""
    programme = get_object_or_404(Programme, slug=slug)
    present = hunt_group_of(programme)
    form = HuntGroupForm(request.POST or None, initial=_values(present))
    if request.method == "POST" and form.is_valid():
        try:
            set_hunt_group(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:hunt-group", slug=slug)
    context = {
        "programme": programme,
        "form": form,
        "changes": records(present.history) if present.pk else [],
    }
    return render(request, "web/listening/hunt_group.html", context, status=status_of(form))


@require_POST
@open_to(Role.SUPPORT, Role.ADMIN)
def called_back(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Whoever left the message was rung back."""
    message = get_object_or_404(Voicemail, pk=pk)
    try:
        our_number.called_back(message=message, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Noted: called back.")
    return redirect("web:my-calls" if request.user.is_support else "web:listening-wall")


def _values(group: HuntGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in HuntGroupForm.base_fields}
