"""Administrators look after accounts: what makes them valuable, who looks after them, whom to ring there."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from customers.editing import save_account
from customers.models import Account, AccountStatus
from escalations.degraded import outage
from escalations.models import Escalation
from people.errors import Refused
from people.models import Role
from web.access import PersonRequest, open_to
from web.choices import COUNTRIES, LANGUAGES, TIME_ZONES
from web.outages import held_up
from web.records import records
from web.refusals import onto_form, status_of

A_PAGE = 40


class AccountForm(forms.Form):
    """An account and its default contact, in the columns of `accounts.csv`."""

    external_id = forms.CharField(label="Number", max_length=64)
    name = forms.CharField(label="Name", max_length=200)
    annual_value = forms.CharField(
        label="Value a year", max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    currency = forms.CharField(label="Currency", max_length=3, help_text="ISO 4217, such as USD.")
    customer_since = forms.DateField(
        label="Customer since",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    status = forms.ChoiceField(label="Status", choices=AccountStatus.choices, widget=forms.RadioSelect)
    loyalty = forms.CharField(
        label="Loyalty, 0 to 10", max_length=2, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    influence = forms.CharField(
        label="Influence, 0 to 10", max_length=2, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    country = forms.ChoiceField(label="Country", choices=COUNTRIES, required=False)
    time_zone = forms.ChoiceField(label="Time zone", choices=TIME_ZONES)
    language = forms.ChoiceField(label="Language", choices=LANGUAGES)
    owner_email = forms.EmailField(label="Looked after by (e-mail)", required=False, max_length=254)
    contact_name = forms.CharField(label="Contact", required=False, max_length=120)
    contact_phone = forms.CharField(
        label="Phone", required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    contact_email = forms.EmailField(label="E-mail", required=False, max_length=254)

    def columns(self) -> dict[str, str]:
        """What was typed, for the verb."""
        return {name: str(value or "") for name, value in self.cleaned_data.items()}


def _columns_of(account: Account) -> dict[str, Any]:
    contact = account.contacts.filter(is_default=True).first()
    amount = account.annual_value
    return {
        "external_id": account.external_id,
        "name": account.name,
        "annual_value": f"{amount:f}".removesuffix(".00"),
        "currency": account.currency,
        "customer_since": account.customer_since,
        "status": account.status,
        "loyalty": account.loyalty,
        "influence": account.influence,
        "country": account.country,
        "time_zone": account.time_zone,
        "language": account.language,
        "owner_email": account.owner.email if account.owner else "",
        "contact_name": contact.name if contact else "",
        "contact_phone": contact.phone if contact else "",
        "contact_email": contact.email if contact else "",
    }


@require_GET
@open_to(Role.ADMIN)
def accounts(request: PersonRequest) -> HttpResponse:
    """Every account, found by name or number."""
    typed = request.GET.get("q", "").strip()[:80]
    found = Account.objects.matching(typed).select_related("owner").order_by("name", "pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/manage/accounts.html", {"page": page, "q": typed})


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def add(request: PersonRequest) -> HttpResponseBase:
    """An account that no import knows."""
    initial = {"currency": "USD", "status": "standard", "loyalty": 0, "influence": 0, "time_zone": "UTC"}
    return _form(request, None, AccountForm(request.POST or None, initial=initial))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def edit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One account, its cases, and what was changed by whom."""
    account = get_object_or_404(Account.objects.select_related("owner"), pk=pk)
    form = AccountForm(request.POST or None, initial=_columns_of(account))
    # The number is how imports know the account: it stays.
    form.fields["external_id"].disabled = True
    return _form(request, account, form)


def _form(request: PersonRequest, account: Account | None, form: AccountForm) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_account(
                by=request.user, account=account, given=form.columns(), today=timezone.localdate()
            )
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:account", pk=saved.pk)
    cases = list(Escalation.objects.for_lists().filter(account=account)[:8]) if account else []
    context = {
        "form": form,
        "account": account,
        "cases": cases,
        "held_up": held_up(cases, outage()) if cases else (),
        "changes": records(account.history) if account else [],
    }
    return render(request, "web/manage/account.html", context, status=status_of(form))
