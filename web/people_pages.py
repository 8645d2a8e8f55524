"""Administrators look after people: who is here, what they may do, and whether their phone can ring."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Account
from escalations.degraded import outage
from escalations.models import Escalation
from learnings.models import Touchpoint
from people.errors import Refused
from people.joining import add_person, change_roles, deactivate, reactivate
from people.models import Person, Role
from people.profile import set_assistant, update_profile
from people.verification import vouch_for_phone
from rota.absences import waiting_absences
from rota.gaps import gaps
from rota.models import Duty, Programme
from telephony.consent import may_text, stopped_numbers
from web.access import PersonRequest, open_to
from web.outages import held_up
from web.particulars import ParticularsForm, particulars_of
from web.records import records
from web.refusals import onto_form, onto_page, status_of

A_PAGE = 40


class PersonForm(ParticularsForm):
    """Somebody's particulars as an administrator types them."""

    email = forms.EmailField(label="E-mail", max_length=254)
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody without a role sees a case. An assistant needs none.",
    )


def _present(person: Person) -> dict[str, Any]:
    return particulars_of(person) | {"email": person.email, "roles": person.roles}


@require_GET
@open_to(Role.ADMIN)
def manage(request: PersonRequest) -> HttpResponse:
    """The way to everything that administrators look after, and what is amiss."""
    executives = Person.objects.executives()
    context = {
        "people": Person.objects.active().count(),
        "accounts": Account.objects.count(),
        "programmes": Programme.objects.count(),
        "touchpoints": Touchpoint.objects.filter(active=True).count(),
        "open_cases": Escalation.objects.open().count(),
        "silent": executives.filter(Q(phone="") | Q(phone_verified_at__isnull=True)),
        "stopped": _stopped(),
        "waiting_absences": waiting_absences().count(),
        "gaps": [
            (programme, found)
            for programme in Programme.objects.order_by("name")
            if (found := gaps(programme=programme, now=timezone.now()))
        ],
    }
    return render(request, "web/manage/page.html", context)


def _stopped() -> list[tuple[Person, Any]]:
    """People of ours who wrote STOP: they are called, but not texted."""
    stops = {stop.number: stop for stop in stopped_numbers()}
    return [(person, stops[person.phone]) for person in Person.objects.active().filter(phone__in=stops)]


@require_GET
@open_to(Role.ADMIN)
def people(request: PersonRequest) -> HttpResponse:
    """Everybody, found by name, address, number or role."""
    typed = request.GET.get("q", "").strip()[:80]
    role = request.GET.get("role", "")
    found = Person.objects.select_related("assistant")
    if role == "left":
        found = found.filter(is_active=False)
    else:
        found = found.active()
        if role in Role.values:
            found = found.filter(**{f"is_{role}": True})
    for word in typed.split()[:6]:
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word) | Q(phone__contains=word))
    page = Paginator(found.order_by("name", "pk"), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": typed, "role": role, "roles": Role.choices}
    return render(request, "web/manage/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def add(request: PersonRequest) -> HttpResponseBase:
    """Somebody new."""
    form = PersonForm(request.POST or None, initial={"time_zone": request.user.time_zone, "language": "en"})
    if request.method == "POST" and form.is_valid():
        try:
            person = add_person(by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused, assistant_email="assistant")
        else:
            messages.success(request, f"{person.name} is in. They sign in with a code by mail.")
            return redirect("web:person", pk=person.pk)
    return render(request, "web/manage/person.html", {"form": form, "person": None}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def edit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One person: everything about them, what they hold, and what was changed by whom."""
    person = get_object_or_404(Person.objects.select_related("assistant"), pk=pk)
    form = PersonForm(request.POST or None, initial=_present(person))
    form.fields["email"].disabled = True  # by it imports and colleagues' calendars know the person
    if request.method == "POST" and form.is_valid():
        try:
            _change(person, by=request.user, given=form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused, assistant_email="assistant")
        else:
            messages.success(request, "Saved.")
            return redirect("web:person", pk=pk)
    now = timezone.now()
    cases = list(Escalation.objects.for_lists().open().filter(owner=person)[:10])
    context = {
        "form": form,
        "person": person,
        "texts_stopped": bool(person.phone) and not may_text(person.phone),
        "duties": Duty.objects.published()
        .filter(person=person, ends_at__gt=now)
        .select_related("programme")
        .order_by("starts_at")[:6],
        "cases": cases,
        "held_up": held_up(cases, outage()) if cases else (),
        "changes": records(person.history),
    }
    return render(request, "web/manage/person.html", context, status=status_of(form))


@transaction.atomic
def _change(person: Person, *, by: Person, given: dict[str, Any]) -> None:
    """All of what the form says, or nothing of it."""
    plain = ("name", "phone", "time_zone", "language", "country")
    update_profile(person=person, by=by, **{name: given[name] for name in plain})
    change_roles(person=person, by=by, roles=given["roles"])
    set_assistant(person=person, by=by, assistant=given["assistant"])


@require_POST
@open_to(Role.ADMIN)
def vouch(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The administrator's word for a number."""
    person = get_object_or_404(Person, pk=pk)
    try:
        vouch_for_phone(person=person, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:person", pk=pk)


@require_POST
@open_to(Role.ADMIN)
def close(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Somebody has left."""
    person = get_object_or_404(Person, pk=pk)
    try:
        deactivate(person=person, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:person", pk=pk)


@require_POST
@open_to(Role.ADMIN)
def reopen(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Somebody is back."""
    person = get_object_or_404(Person, pk=pk)
    try:
        reactivate(person=person, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:person", pk=pk)
