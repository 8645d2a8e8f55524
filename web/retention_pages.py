"""Administrators decide how long anything is kept, see what that would take, and erase a contact on request."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from customers.models import Contact
from people.errors import Refused
from people.models import Role
from reports.erasure import erase, look
from reports.models import Erasure, RetentionRule
from reports.retention import KINDS, apply, current_rules, dry_run, set_rule
from web.access import PersonRequest, open_to
from web.refusals import onto_form, onto_page, status_of


class RetentionForm(forms.Form):
    """Days for each kind; empty is for good."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, about in KINDS.items():
            self.fields[kind] = forms.IntegerField(
                label=about.name,
                required=False,
                min_value=1,
                max_value=36_500,
                help_text=about.about,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )


class ErasureForm(forms.Form):
    """Why a contact is erased."""

    reason = forms.CharField(
        label="Why?",
        max_length=300,
        help_text="Who asked, and when. Names of theirs are erased from it, too.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def retention(request: PersonRequest) -> HttpResponseBase:
    """The rules; a look at what they would take; and, by the second button, taking it now."""
    rules = current_rules()
    form = RetentionForm(request.POST or None, initial=rules)
    counted = None
    if request.method == "POST" and form.is_valid():
        if "look" in request.POST:
            counted = dry_run(now=timezone.now(), rules=form.cleaned_data)
        else:
            try:
                for kind, days in form.cleaned_data.items():
                    set_rule(kind=kind, days=days, by=request.user)
            except Refused as refused:
                onto_page(request, refused)
            else:
                done = apply(now=timezone.now()) if "apply" in request.POST else {}
                messages.success(
                    request, f"Saved. {sum(done.values())} rows lost their words." if done else "Saved."
                )
            return redirect("web:retention")
    context = {
        "form": form,
        "fields": [(form[kind], None if counted is None else counted.get(kind)) for kind in KINDS],
        "counted": counted,
        "applied": RetentionRule.objects.filter(applied_at__isnull=False).order_by("-applied_at").first(),
        "erasures": Erasure.objects.select_related("account", "by")[:20],
    }
    return render(request, "web/manage/retention.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def erase_contact(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What an erasure would change; and the erasure."""
    contact = get_object_or_404(Contact.objects.select_related("account"), pk=pk)
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = contact.account_id
        try:
            erase(contact=contact, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Erased. The figures and the proof are kept.")
            return redirect("web:account", pk=account)
    context = {"contact": contact, "form": form, "planned": look(contact)}
    return render(request, "web/manage/erase_contact.html", context, status=status_of(form))
