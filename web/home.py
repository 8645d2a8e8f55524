"""The way in: each role's own page, and the theme."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from people.models import Role
from web.access import ASSISTANT, PersonRequest, open_to, roles_of
from web.context import THEMES

_YEAR_SECONDS = 365 * 24 * 3600


@require_GET
@open_to()
def home(request: PersonRequest) -> HttpResponseBase:
    """The page that this person needs first. Support's desk goes before the officer's phone: who holds both
    roles is at the desk most days."""
    roles = roles_of(request.user)
    if Role.SUPPORT in roles:
        return redirect("web:desk")
    if Role.EXECUTIVE in roles:
        return redirect("web:officer")
    if Role.ADMIN in roles:
        return redirect("web:manage")
    return redirect("web:duty" if ASSISTANT in roles else "web:profile")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie of this browser, whoever sits at it."""
    chosen = request.POST.get("theme", "")
    there = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}):
        there = "/"
    response = HttpResponseRedirect(there)
    if chosen in THEMES:
        response.set_cookie(
            "theme",
            chosen,
            max_age=_YEAR_SECONDS,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=True,
        )
    return response
