"""Every part and every state on one page, in debug only: what a new page is built from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from web import words

_FACTORS: tuple[Mapping[str, Any], ...] = (
    {"name": "value", "value": "USD 1,200,000", "weight": 40, "points": 40.0},
    {"name": "tenure", "value": "7.4 years", "weight": 10, "points": 7.4},
    {"name": "loyalty", "value": "9 of 10", "weight": 10, "points": 9.0},
    {"name": "status", "value": "key", "weight": 25, "points": 15.0},
    {"name": "influence", "value": "3 of 10", "weight": 15, "points": 4.5},
)


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="A line", help_text="With a word of help.")
    words = forms.CharField(label="Words", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    choice = forms.ChoiceField(
        label="A few choices",
        choices=[("a", "First"), ("b", "Second"), ("c", "Third")],
        widget=forms.RadioSelect,
    )
    one_of_many = forms.ChoiceField(label="One of many", choices=[("", "Choose one"), ("x", "Something")])
    day = forms.DateField(label="A day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    yes = forms.BooleanField(label="A yes", required=False, help_text="What it does.")


@require_GET
def design(request: HttpRequest) -> HttpResponse:
    """The design language at work."""
    if not settings.DEBUG:
        raise Http404("Only in debug.")
    now = timezone.now()
    wrong = ExampleForm(
        {"name": "", "words": "Kept as typed", "choice": "z", "one_of_many": "", "day": "soon"}, prefix="w"
    )
    events = [
        (kind, text, words.event_look(kind), now - timedelta(seconds=back))
        for kind, text, back in (
            ("raised", "Cleo Martin raised the case for Acme Industries.", 65),
            ("page_ringing", "Ana Ruiz’s phone rings.", 60),
            ("page_unanswered", "Ana Ruiz did not answer.", 40),
            ("page_failed", "The call to Ben Okafor failed: unallocated number.", 30),
            ("accepted", "Ben Okafor took the case by key.", 12),
            ("leg_joined", "The customer is on the line.", 5),
            ("note", "Spare part leaves the depot today.\nDriver is told.", 1),
        )
    ]
    context = {
        "form": ExampleForm(initial={"choice": "a"}, prefix="e"),
        "wrong": wrong,
        "case_statuses": list(words.CASE_LOOKS),
        "page_statuses": list(words.PAGE_LOOKS),
        "leg_statuses": list(words.LEG_LOOKS),
        "factors": _FACTORS,
        "events": events,
        "soon": now + timedelta(seconds=75),
        "tones": ("", "live", "hand", "good", "bad"),
    }
    return render(request, "web/design.html", context)
