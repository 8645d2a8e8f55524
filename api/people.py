"""A person as every answer shows them, and `me/`."""

from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.models import ApiToken
from api.scopes import Scope, in_order, scopes_of
from api.views import ApiView, caller, wrong
from people.models import Person, Role


class PersonAnswer(serializers.ModelSerializer[Person]):
    """Never more than this: a number is for administrators and its owner only."""

    class Meta:
        model = Person
        fields = ["id", "name", "email"]
        read_only_fields = fields


class TokenAnswer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["name", "hint", "created_at", "expires_at"]
        read_only_fields = fields


def person_named(text: str, *, field: str) -> Person:
    """The person with this id or e-mail. Raises `ValidationError` naming `field`."""
    if text.isdecimal() and text.isascii() and len(text) < 19:
        found = Person.objects.filter(pk=int(text)).first()
    else:
        found = Person.objects.filter(email__iexact=text).first()
    if found is None:
        raise wrong(field, "unknown", "Nobody has this id or e-mail.")
    return found


class MeAnswer(serializers.ModelSerializer[Any]):
    """The token's own person, with what only its owner may read."""

    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices),
        help_text="What this token may do now, by its own scopes and the person's roles.",
    )
    token = TokenAnswer()

    class Meta:
        model = Person
        fields = [
            "id", "name", "email", "roles", "scopes",
            "phone", "phone_verified_at", "time_zone", "language", "token",
        ]  # fmt: skip
        read_only_fields = fields


class Me(ApiView):
    @describe("Who speaks with this token, and what it may do", answer=MeAnswer, scope=None)
    def get(self, request: Request) -> Response:
        person, token = caller(request), cast("ApiToken", request.auth)
        allowed = {scope.value for scope in scopes_of(person)}
        shown: dict[str, Any] = {
            "roles": person.roles,
            "scopes": in_order(allowed & set(token.scopes)),
            "token": token,
        }
        own = {name: getattr(person, name) for name in MeAnswer.Meta.fields if name not in shown}
        return Response(MeAnswer(own | shown).data)
