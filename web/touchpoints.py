"""Administrators name the touchpoints and their owners."""

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from learnings.models import Touchpoint
from learnings.touchpoints import save_touchpoint
from people.errors import Refused
from people.models import Person, Role
from web.access import PersonRequest, open_to
from web.refusals import onto_form, status_of


class TouchpointForm(forms.Form):
    """A name and an owner; one that is no longer used stays for what was learnt there."""

    name = forms.CharField(label="Name", max_length=80)
    owner = forms.ModelChoiceField(
        label="Owner", queryset=Person.objects.active().order_by("name"), empty_label="Choose the owner"
    )
    deputy = forms.ModelChoiceField(
        label="Deputy",
        queryset=Person.objects.active().order_by("name"),
        required=False,
        empty_label="None",
        help_text="Stands in when the owner leaves.",
    )
    active = forms.BooleanField(
        label="In use", required=False, initial=True, help_text="Offered when an outcome is recorded."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def touchpoints(request: PersonRequest) -> HttpResponseBase:
    """The list, and a new one."""
    form = TouchpointForm(request.POST or None)
    if _saved(request, form, None):
        return redirect("web:touchpoints")
    every = (
        Touchpoint.objects.select_related("owner", "deputy")
        .annotate(learnt=Count("learnings"))
        .order_by("name")
    )
    context = {"touchpoints": every, "form": form}
    return render(request, "web/manage/touchpoints.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def edit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One touchpoint."""
    touchpoint = get_object_or_404(Touchpoint, pk=pk)
    present = {
        "name": touchpoint.name,
        "owner": touchpoint.owner_id,
        "deputy": touchpoint.deputy_id,
        "active": touchpoint.active,
    }
    form = TouchpointForm(request.POST or None, initial=present)
    if _saved(request, form, touchpoint):
        return redirect("web:touchpoints")
    context = {"touchpoint": touchpoint, "form": form}
    return render(request, "web/manage/touchpoint.html", context, status=status_of(form))


def _saved(request: PersonRequest, form: TouchpointForm, touchpoint: Touchpoint | None) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        save_touchpoint(by=request.user, touchpoint=touchpoint, **form.cleaned_data)
    except Refused as refused:
        onto_form(form, refused)
        return False
    messages.success(request, "Saved.")
    return True
