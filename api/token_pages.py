"""The page on which administrators issue tokens, each shown once, and end them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from api.models import ApiToken
from api.scopes import Scope
from api.tokens import DEFAULT_DAYS, MOST_DAYS, issue, revoke
from people.errors import Refused
from people.models import Person

ENDED_SHOWN = 20


class TokenForm(forms.Form):
    """For whom a program will speak, what it may do, and for how long."""

    email = forms.EmailField(
        label="In whose name? (e-mail)",
        max_length=254,
        help_text="What a program does with the token, this person does.",
    )
    name = forms.CharField(
        label="For what?", max_length=80, help_text="So that it is known again, such as “help desk”."
    )
    scopes = forms.MultipleChoiceField(
        label="What may it do?",
        choices=Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all that the person’s roles allow.",
    )
    days = forms.IntegerField(
        label="For how many days?", min_value=1, max_value=MOST_DAYS, initial=DEFAULT_DAYS
    )

    def clean_email(self) -> Person:
        found = Person.objects.active().filter(email__iexact=self.cleaned_data["email"]).first()
        if found is None:
            raise forms.ValidationError("Nobody here has this address.")
        return found


def _administrator(request: HttpRequest) -> Person:
    if not (isinstance(request.user, Person) and request.user.is_admin):
        raise PermissionDenied
    return request.user


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Every token by its beginning, and a new one. The secret is in this one answer and nowhere else."""
    _administrator(request)
    form = TokenForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            secret = issue(
                person=given["email"],
                name=given["name"],
                scopes=given["scopes"] or None,
                days=given["days"],
            ).secret
        except Refused as refused:
            field = {"scope": "scopes"}.get(refused.field, refused.field)
            form.add_error(field if field in form.fields else None, str(refused))
        else:
            form = TokenForm()
    context = _lists() | {"form": form, "secret": secret}
    return render(request, "api/tokens.html", context, status=422 if form.is_bound and form.errors else 200)


def _lists() -> dict[str, Any]:
    now = timezone.now()
    every = ApiToken.objects.select_related("person", "revoked_by")
    usable = every.usable(now).order_by("person__name", "-created_at")
    ended = every.exclude(pk__in=ApiToken.objects.usable(now).values("pk"))[:ENDED_SHOWN]
    return {"usable": usable, "ended": ended}


@never_cache
@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    administrator = _administrator(request)
    token = get_object_or_404(ApiToken.objects.select_related("person"), pk=pk)
    if revoke(token=token, by=administrator):
        messages.success(request, f"The token {token.hint}… of {token.person.name} has ended.")
    return redirect("tokens:list")
