"""Pages on which several things can be done, each by a form of its own: which one was sent, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from people.errors import Refused
from web.refusals import onto_form


class NoForm(forms.Form):
    """A button that asks for nothing."""


@dataclass(frozen=True)
class Deed:
    """`act` gets the form's values and returns what is said afterwards; it may raise Refused.

    `renamed` maps a verb's name of a field to the form's where they differ.
    """

    form: type[forms.Form]
    act: Callable[[dict[str, Any]], str]
    initial: Mapping[str, Any] | None = None
    renamed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """`done`: leave by a redirect. Else show the page with these forms and this status."""

    forms: dict[str, forms.Form]
    done: bool
    status: int


def perform(request: HttpRequest, deeds: Mapping[str, Deed]) -> Outcome:
    """Do what was sent, if anything was. The field `do` names the deed."""
    shown = {
        name: deed.form(auto_id=f"{name}-%s", initial=dict(deed.initial or {}))
        for name, deed in deeds.items()
    }
    if request.method != "POST":
        return Outcome(shown, done=False, status=200)
    name = request.POST.get("do", "")
    deed = deeds.get(name)
    if deed is None:
        messages.error(request, "That cannot be done here.")
        return Outcome(shown, done=False, status=422)
    form = deed.form(request.POST, auto_id=f"{name}-%s")
    shown[name] = form
    if form.is_valid():
        try:
            said = deed.act(form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused, **(deed.renamed or {}))
        else:
            messages.success(request, said)
            return Outcome(shown, done=True, status=302)
    return Outcome(shown, done=False, status=422)
