"""Administrators give a published duty to another officer, on record."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from people.errors import Refused
from people.models import Person, Role
from rota.candidates import Candidate, candidates
from rota.models import Duty
from rota.reassigning import reassign
from web.access import PersonRequest, open_to
from web.records import records
from web.refusals import onto_form, status_of

NAMED = 3


class ReassignForm(forms.Form):
    """To whom the duty goes, and why."""

    to = forms.ModelChoiceField(
        label="To", queryset=Person.objects.executives().order_by("name"), empty_label="Choose the officer"
    )
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        help_text="Both officers and the record get to read it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def reassign_duty(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Give one published duty to another officer, on record."""
    duty = get_object_or_404(Duty.objects.published().select_related("programme", "person"), pk=pk)
    form = ReassignForm(request.POST or None)
    free = [_named(one) for one in candidates(duty=duty) if one.is_free]
    if free:
        form.fields["to"].help_text = f"Free, and furthest below their fair share: {', '.join(free[:NAMED])}."
    if request.method == "POST" and form.is_valid():
        try:
            reassign(duty=duty, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "The duty has changed hands.")
            return redirect("web:duty-page", pk=duty.pk)
    context = {"form": form, "duty": duty, "changes": records(duty.history)}
    return render(request, "web/manage/reassign.html", context, status=status_of(form))


def _named(candidate: Candidate) -> str:
    """Their name, and that the duty would take a time to listen from them."""
    return (
        f"{candidate.person.name} (who would give back a time to listen)"
        if candidate.given_back
        else candidate.person.name
    )
