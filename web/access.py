"""Who may open which page. What may be done there is decided by the verbs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers

from people.models import Person, Role

ASSISTANT = "assistant"
ANY_ROLE = (Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN)

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in: what a view behind `open_to` gets."""

    user: Person


PersonView = Callable[Concatenate[PersonRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def roles_of(person: Person) -> frozenset[str]:
    """The roles held; "assistant" for whoever has none and looks after somebody's calendar.

    Whatever an assistant may open, every role may open: so nobody with a role is asked about.
    """
    roles = frozenset(person.roles)
    if not roles and person.assists.exists():
        return frozenset({ASSISTANT})
    return roles


def open_to(*roles: str) -> Callable[[PersonView[P]], View[P]]:
    """Let in people who hold one of these roles; with no role named, everybody who is signed in.

    A stranger is sent to sign in and comes back afterwards. A fragment's stranger (somebody whose session
    ended while the page was open) gets 401 and the order to load the whole page, which leads there too.
    Pages of people are never kept by caches on the way.
    """
    wanted = frozenset(roles)

    def guard(view: PersonView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _send_to_sign_in(request)
            if wanted and not wanted & roles_of(request.user):
                raise PermissionDenied
            response = view(request, *args, **kwargs)  # type: ignore[arg-type]  # the user is a Person now
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
            return response

        return guarded

    return guard


def _send_to_sign_in(request: HttpRequest) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path(), resolve_url("account_login"))


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page that is open already."""
    htmx: Any = getattr(request, "htmx", False)
    return bool(htmx)
