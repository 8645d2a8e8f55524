"""What a token may be used for, checked before any view runs."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.authentication import CHALLENGE
from api.models import ApiToken
from api.scopes import Scope, scopes_of


class ScopeMissing(PermissionDenied):
    """403 with the challenge of RFC 6750 section 3.1."""

    default_code = "insufficient_scope"

    def __init__(self, scope: Scope, why: str) -> None:
        super().__init__(why)
        self.challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'


class HoldsScope(BasePermission):
    """The view's `scopes` name the scope that each method needs; a method without one needs a token only."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            raise NotAuthenticated("Send “Authorization: Bearer TOKEN”.")
        # Django answers HEAD by the method for GET.
        method = "GET" if request.method == "HEAD" else request.method
        needed: Scope | None = view.scopes.get(method)
        if needed is None:
            return True
        if needed.value not in token.scopes:
            raise ScopeMissing(needed, f"The token lacks the scope {needed.value}.")
        if needed not in scopes_of(token.person):
            raise ScopeMissing(needed, f"Your roles do not allow {needed.value}.")
        return True
