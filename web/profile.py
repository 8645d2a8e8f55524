"""My profile: my name, my number and its proof, my clock, my language, my reminders, my assistant, my PIN."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from people.errors import Refused
from people.models import Person, PhoneVerification, RemindersBy
from people.profile import set_assistant, update_profile
from people.verification import confirm_code as check_code
from people.verification import send_code as send
from telephony.consent import may_text
from web.access import PersonRequest, open_to
from web.particulars import ParticularsForm, particulars_of
from web.refusals import onto_form, onto_page, status_of


class ProfileForm(ParticularsForm):
    """What a person says of themselves besides: how reminders come."""

    reminders_by = forms.ChoiceField(
        label="Reminders",
        choices=RemindersBy.choices,
        widget=forms.RadioSelect,
        help_text="Texts go to a verified number only; where one cannot go, the mail does.",
    )


class CodeForm(forms.Form):
    """The code that was spoken or texted."""

    code = forms.CharField(
        label="Code",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class PinForm(forms.Form):
    """The PIN that some programmes ask for before a case is taken by phone."""

    pin = forms.CharField(
        label="New PIN",
        required=False,
        max_length=8,
        help_text="4 to 8 digits; empty for none. Programmes that ask for one want it before you take a case.",
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def profile(request: PersonRequest) -> HttpResponseBase:
    """The page, and the form with the particulars."""
    form = None
    if request.method == "POST":
        form = ProfileForm(request.POST, initial=_said_by(request.user))
    if form is not None and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            with transaction.atomic():
                set_assistant(person=request.user, by=request.user, assistant=given.pop("assistant"))
                update_profile(person=request.user, by=request.user, **given)
        except Refused as refused:
            onto_form(form, refused, assistant_email="assistant")
        else:
            messages.success(request, "Saved.")
            return redirect("web:profile")
    return _show(request, form=form)


def _said_by(person: Person) -> dict[str, Any]:
    return particulars_of(person) | {"reminders_by": person.reminders_by}


def _show(
    request: PersonRequest,
    *,
    form: ProfileForm | None = None,
    code_form: CodeForm | None = None,
    pin_form: PinForm | None = None,
) -> HttpResponse:
    person = request.user
    person.refresh_from_db()
    shown = form or ProfileForm(initial=_said_by(person))
    context = {
        "form": shown,
        "code_form": code_form or CodeForm(),
        "pin_form": pin_form or PinForm(),
        "texts_stopped": bool(person.phone) and not may_text(person.phone),
        "assisted": list(person.assists.active().order_by("name")),
    }
    bound = next((one for one in (form, code_form, pin_form) if one is not None), shown)
    return render(request, "web/profile/page.html", context, status=status_of(bound))


@require_POST
@open_to()
def send_code(request: PersonRequest) -> HttpResponseBase:
    """Call or text the number with a code."""
    text = request.POST.get("channel") == "text"
    channel = PhoneVerification.Channel.TEXT if text else PhoneVerification.Channel.CALL
    try:
        send(person=request.user, channel=channel)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(
            request, "Sent: read the text." if text else "Your phone rings now: listen to the code."
        )
    return redirect("web:profile")


@require_POST
@open_to()
def confirm_code(request: PersonRequest) -> HttpResponseBase:
    """Prove the number by the code."""
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            check_code(person=request.user, code=form.cleaned_data["code"])
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Your number is verified.")
            return redirect("web:profile")
    return _show(request, code_form=form)


@require_POST
@open_to()
def pin(request: PersonRequest) -> HttpResponseBase:
    """Choose another PIN, or none."""
    form = PinForm(request.POST)
    if form.is_valid():
        try:
            update_profile(person=request.user, by=request.user, pin=form.cleaned_data["pin"])
        except Refused as refused:
            onto_form(form, refused)
        else:
            words = "Your PIN is set." if form.cleaned_data["pin"] else "You have no PIN any more."
            messages.success(request, words)
            return redirect("web:profile")
    return _show(request, pin_form=form)
