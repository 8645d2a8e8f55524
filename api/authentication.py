"""Who speaks: `Authorization: Bearer TOKEN` (RFC 6750)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.models import ApiToken
from api.tokens import PREFIX, note_use, recognise
from people.models import Person

REALM = "Officer of the Day"
CHALLENGE = f'Bearer realm="{REALM}"'
# Longer than any token of ours: not worth hashing.
_LONGEST = 200


class TokenRefused(AuthenticationFailed):
    """A token was sent, and it is not (or no longer) good. `challenge` is what WWW-Authenticate says."""

    default_code = "invalid_token"
    challenge = f'{CHALLENGE}, error="invalid_token"'


class TokenAuthentication(BaseAuthentication):
    """Bearer tokens only: no cookie speaks to the API, so no page of another site can use one."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, secret = header.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer":
            raise TokenRefused("Send “Authorization: Bearer TOKEN”; no other scheme is known here.")
        if not secret.startswith(PREFIX) or len(secret) > _LONGEST or not secret.isascii():
            raise TokenRefused(f"This is no token of ours: they begin with {PREFIX}.")
        now = timezone.now()
        token = recognise(secret, at=now)
        if token is None:
            raise TokenRefused("The token is unknown, has expired or was revoked. Ask for a new one.")
        note_use(token, at=now)
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token made by `manage.py issue_token EMAIL`; it begins with `{PREFIX}`.",
        }
