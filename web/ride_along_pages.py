"""Ride-alongs: entered by the executive or their assistant, finished by the executive, confirmed by the colleague."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Account
from listening import ride_alongs
from listening.models import SessionKind, SessionStatus
from listening.ride_alongs import LEAST_MINUTES, MOST_MINUTES
from people.errors import Refused
from people.models import Person
from rota.membership import programmes_of
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.listening_pages import AHEAD, keepers_session, somebody
from web.refusals import onto_form, onto_page, status_of


def minutes_field(label: str, *, least: int = LEAST_MINUTES, most: int = MOST_MINUTES) -> forms.IntegerField:
    """A whole number of minutes."""
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class RideAlongForm(forms.Form):
    """When, with whom, and to which customer."""

    start = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text="In your own time zone; up to two weeks back.",
    )
    minutes = minutes_field("For how many minutes?")
    colleague = forms.ModelChoiceField(
        label="With which colleague?",
        queryset=Person.objects.none(),
        empty_label="Choose who was there",
        help_text="They confirm it: without their word it is not credited.",
    )
    account = forms.ModelChoiceField(
        label="At which customer?",
        queryset=Account.objects.order_by("name"),
        required=False,
        empty_label="Not listed",
    )

    def __init__(self, *args: Any, person: Person, programmes: list[Programme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleague = self.fields["colleague"]
        assert isinstance(colleague, forms.ModelChoiceField)  # noqa: S101 - as declared above
        colleague.queryset = Person.objects.active().exclude(pk=person.pk).order_by("name")
        if len(programmes) > 1:
            self.fields["programme"] = forms.ModelChoiceField(
                label="For which programme?",
                queryset=Programme.objects.filter(pk__in=[one.pk for one in programmes]),
            )


class FinishForm(forms.Form):
    """How long it was."""

    minutes = minutes_field("How many minutes was it?")


class ConfirmForm(forms.Form):
    """The colleague's word."""

    minutes = minutes_field("How many minutes was it?", least=1)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def enter(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Enter one for somebody: to come, or of the last two weeks."""
    person = somebody(request, pk)
    today = timezone.now().date()
    programmes = programmes_of(person, today, today + AHEAD)
    form = RideAlongForm(request.POST or None, person=person, programmes=programmes, initial={"minutes": 60})
    if not programmes:
        messages.error(request, "A member of no programme has no ride-alongs.")
        return redirect("web:listening")
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        programme = said.pop("programme", programmes[0])
        try:
            ride = ride_alongs.plan_ride_along(programme=programme, person=person, by=request.user, **said)
        except Refused as refused:
            onto_form(form, refused, end="minutes")
        else:
            messages.success(request, "Entered. When it is over, say how long it was.")
            return redirect("web:session", pk=ride.session_id)
    context = {"form": form, "person": person, "own": person.pk == request.user.pk}
    return render(request, "web/listening/ride_along.html", context, status=status_of(form))


@require_POST
@open_to()
def finish(request: PersonRequest, pk: int) -> HttpResponseBase:
    """It is over: the colleague is asked."""
    session = keepers_session(request, pk)
    form = FinishForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Say how many minutes it was: {LEAST_MINUTES} to {MOST_MINUTES}.")
        return redirect("web:session", pk=pk)
    try:
        ride = ride_alongs.finish_ride_along(
            session=session, minutes=form.cleaned_data["minutes"], by=request.user
        )
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:session", pk=pk)
    messages.success(request, f"{ride.colleague.name} is asked to confirm it. What did you learn?")
    return redirect("web:debrief", pk=pk)


@require_POST
@open_to()
def call_off(request: PersonRequest, pk: int) -> HttpResponseBase:
    """It does not take place, or did not."""
    session = keepers_session(request, pk)
    if session.kind != SessionKind.RIDE_ALONG:
        raise Http404("No ride-along.")
    try:
        ride_alongs.call_off(session=session, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Called off.")
    return redirect("web:session", pk=pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The colleague's answer by the secret in the address: GET asks and changes nothing."""
    try:
        ride = ride_alongs.read_answer_token(token)
    except Refused as refused:
        return render(request, "web/listening/ride_answer.html", {"problem": str(refused)}, status=404)
    form = ConfirmForm(request.POST or None, initial={"minutes": ride.minutes})
    problem, status = "", 200
    if request.method == "POST":
        try:
            if request.POST.get("says") == "no":
                ride = ride_alongs.refuse(ride=ride)
            elif form.is_valid():
                ride = ride_alongs.confirm(ride=ride, minutes=form.cleaned_data["minutes"])
            else:
                status = 422
        except Refused as refused:
            if refused.field in form.fields:
                form.is_valid()
                onto_form(form, refused)
                status = 422
            else:
                problem, status = str(refused), 409
    context = {
        "ride": ride,
        "session": ride.session,
        "form": form,
        "problem": problem,
        "open": ride.confirmed_at is None
        and ride.refused_at is None
        and ride.session.status == SessionStatus.FINISHED,
    }
    return render(request, "web/listening/ride_answer.html", context, status=status)
