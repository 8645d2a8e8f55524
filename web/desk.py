"""Support's desk: raise a customer's issue in under half a minute, and watch one's own cases."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from customers.models import Account
from escalations import turnstile
from escalations.degraded import outage
from escalations.models import ENDED, Connect, Escalation, Severity
from escalations.raising import Preview, preview, raise_escalation
from people.errors import Refused
from people.models import Role
from web.access import PersonRequest, open_to
from web.outages import held_up
from web.refusals import onto_form, status_of
from web.seen import seen
from web.sending import new_token, once

FOUND_AT_MOST = 8
RECENT = 8
DESK = (Role.SUPPORT, Role.ADMIN)


class EscalateForm(forms.Form):
    """What the agent tells. `account` is an external id as chosen; `account_words` is what was typed."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    account = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    account_words = forms.CharField(
        label="Account",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"autofocus": True, "placeholder": "Name or number", "spellcheck": "false"}
        ),
    )
    summary = forms.CharField(
        label="What happened?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "story"})
    )
    tried = forms.CharField(
        label="What was tried?", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    wants = forms.CharField(
        label="What do they want?",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    severity = forms.ChoiceField(
        label="Severity", choices=Severity.choices, initial=Severity.NORMAL, widget=forms.RadioSelect
    )
    public_risk = forms.BooleanField(
        label="Public risk",
        required=False,
        help_text="Press, regulator or social media are in it, or will be. Rings at any hour.",
    )
    connect = forms.ChoiceField(
        label="Put through to the officer",
        choices=Connect.choices,
        initial=Connect.CUSTOMER,
        widget=forms.RadioSelect,
    )
    agent_phone = forms.CharField(
        label="Your phone",
        required=False,
        max_length=32,
        help_text="We ring you first, then the customer.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    contact_name = forms.CharField(
        label="Contact", required=False, max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    contact_phone = forms.CharField(
        label="Phone",
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    contact_email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    chosen: Account | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.chosen, why = find_account(cleaned.get("account", ""), cleaned.get("account_words", ""))
        if self.chosen is None:
            self.add_error("account_words", why)
        return cleaned


def find_account(external_id: str, typed: str) -> tuple[Account | None, str]:
    """The account that was chosen, or the only one that the words fit; else None and why not."""
    if external_id:
        account = Account.objects.filter(external_id=external_id).first()
        if account is not None:
            return account, ""
    words = typed.strip()
    if not words:
        return None, "Say which account it is."
    exact = Account.objects.filter(external_id__iexact=words).first()
    if exact is not None:
        return exact, ""
    found = list(Account.objects.matching(words)[: FOUND_AT_MOST + 1])
    if len(found) == 1:
        return found[0], ""
    if not found:
        return None, f"No account fits “{words}”. Try a part of its name, or its number."
    named = [account for account in found if account.name.casefold() == words.casefold()]
    if len(named) == 1:
        return named[0], ""
    listed = "; ".join(f"{account.name} ({account.external_id})" for account in found[:FOUND_AT_MOST])
    return None, f"Several accounts fit “{words}”: {listed}. Enter the number of the right one."


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*DESK)
def desk(request: PersonRequest) -> HttpResponseBase:
    """The form with the score beside it, and the agent's own cases."""
    if request.method == "POST":
        return _raise(request)
    given = {"token": new_token(), "agent_phone": request.user.phone}
    account = Account.objects.filter(external_id=request.GET.get("account", "")).first()
    if account is not None:
        given |= {"account": account.external_id, "account_words": account.name} | _contact_of(account)
    form = EscalateForm(initial=given)
    return _show(request, form, account)


def _raise(request: PersonRequest) -> HttpResponseBase:
    form = EscalateForm(request.POST)
    if not form.is_valid() or form.chosen is None:
        return _show(request, form, form.chosen)
    if "show" in request.POST:  # without a script the score is shown on request
        return _show(request, EscalateForm(initial=form.cleaned_data), form.chosen)
    given = form.cleaned_data
    fields = {name: given[name] for name in given if name not in ("token", "account", "account_words")}
    fields["contact_name"] = fields["contact_name"] or None  # nothing given: the account's own contact
    account = form.chosen
    joined = False

    def do() -> str:
        nonlocal joined
        raised = raise_escalation(account=account, raised_by=request.user, **fields)
        joined = raised.joined
        return reverse("web:case", args=[raised.escalation.pk])

    try:
        with turnstile.turn():
            path, done = once(token=given["token"], person=request.user, do=do)
    except Refused as refused:
        onto_form(form, refused, account="account_words")
        return _show(request, form, form.chosen)
    if done and joined:
        messages.info(request, "This account has an open case: what you wrote was added to it.")
    return redirect(path)


def _show(request: PersonRequest, form: EscalateForm, account: Account | None) -> HttpResponse:
    data = form.data if form.is_bound else form.initial
    found = _preview(account, data.get("severity", ""), bool(data.get("public_risk")))
    context: dict[str, Any] = {"form": form, "preview": found, "account": account, **_own_cases(request)}
    context["held_up"] |= held_up(_open_case(found), context["outage"])
    return render(request, "web/desk/page.html", context, status=status_of(form))


def _preview(account: Account | None, severity: str, public_risk: bool) -> Preview | None:
    """None where no account is chosen yet, or no programme could take the case (sending it says so)."""
    if account is None:
        return None
    known = severity if severity in Severity.values else Severity.NORMAL
    try:
        return preview(account=account, severity=known, public_risk=public_risk)
    except Refused:
        return None


def _open_case(found: Preview | None) -> list[Escalation]:
    """The account's open case as a list: of one, or of none."""
    return [found.open_case] if found is not None and found.open_case is not None else []


@require_GET
@open_to(*DESK)
def accounts(request: PersonRequest) -> HttpResponse:
    """The accounts that fit what is being typed, as options of the finder's list."""
    found = Account.objects.matching(request.GET.get("q", ""))[:FOUND_AT_MOST]
    return render(request, "web/desk/options.html", {"accounts": found})


@require_GET
@open_to(*DESK)
def score(request: PersonRequest) -> HttpResponse:
    """The score as it would be, who would ring and when, and the open case of the same account."""
    account = Account.objects.filter(external_id=request.GET.get("account", "")).first()
    found = _preview(account, request.GET.get("severity", ""), "public_risk" in request.GET)
    there = _open_case(found)
    context = {"preview": found, "account": account, "held_up": held_up(there, outage()) if there else ()}
    return render(request, "web/desk/preview.html", context)


@require_GET
@open_to(*DESK)
def contact(request: PersonRequest) -> HttpResponse:
    """The chosen account's own contact, to be kept or changed."""
    account = Account.objects.filter(external_id=request.GET.get("account", "")).first()
    form = EscalateForm(initial=_contact_of(account) if account else {})
    return render(request, "web/desk/contact.html", {"form": form})


def _contact_of(account: Account) -> dict[str, str]:
    known = account.contacts.first()
    if known is None:
        return {}
    return {"contact_name": known.name, "contact_phone": known.phone, "contact_email": known.email}


@require_GET
@open_to(*DESK)
def own_cases(request: PersonRequest) -> HttpResponse:
    """The agent's cases and the banner of an outage, live: 204 while nothing has changed since `seen`."""
    context = _own_cases(request)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/desk/news.html", context)


def _own_cases(request: PersonRequest) -> dict[str, Any]:
    raised = Escalation.objects.for_lists().filter(raised_by=request.user)
    still_open = list(raised.open().order_by("-created_at")[:30])
    ended = list(raised.filter(status__in=ENDED).order_by("-created_at")[:RECENT])
    down = outage()
    cannot_ring = held_up(still_open, down)
    return {
        "open_cases": still_open,
        "ended_cases": ended,
        "outage": down,
        "held_up": cannot_ring,
        "seen": seen(still_open + ended, down, sorted(cannot_ring)),
    }
