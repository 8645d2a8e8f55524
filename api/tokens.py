"""Tokens: issued once, recognised by their hash, taken back."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from api.models import ApiToken
from api.scopes import Scope, in_order, scopes_of
from people.errors import Refused
from people.models import Person

# Recognisable, so that scanners find a token that was pasted where it does not belong.
PREFIX = "ood_"
_RANDOM_BYTES = 32
_HINT_LENGTH = len(PREFIX) + 4

DEFAULT_DAYS = 365
MOST_DAYS = 3650
# A token that is used all the time writes this often, not at every request.
_NOTE_USE_EVERY = timedelta(minutes=1)


class Issued(NamedTuple):
    """`secret` is the token itself: show it now, it cannot be read again."""

    token: ApiToken
    secret: str


def issue(
    *, person: Person, name: str = "", scopes: Collection[str] | None = None, days: int = DEFAULT_DAYS
) -> Issued:
    """A new token for this person, good for `days` days.

    Without `scopes` it may do all that the person's roles allow today. Raises `Refused` for an unknown scope,
    one beyond the person's roles, a person who may do nothing, and days out of range.
    """
    now = timezone.now()
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"A token lasts 1 to {MOST_DAYS} days.", field="days", code="out_of_range")
    if len(name) > 80:
        raise Refused("A token's name has at most 80 characters.", field="name", code="max_length")
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    token = ApiToken.objects.create(
        person=person,
        name=name,
        token_hash=hash_of(secret),
        hint=secret[:_HINT_LENGTH],
        scopes=in_order(_granted(person, scopes)),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return Issued(token, secret)


def revoke(*, token: ApiToken, by: Person | None = None) -> bool:
    """End a token at once; false where it had ended already."""
    return bool(
        ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now(), revoked_by=by
        )
    )


def recognise(secret: str, *, at: datetime) -> ApiToken | None:
    """The usable token with this secret, its person with it. One query."""
    return ApiToken.objects.usable(at).select_related("person").filter(token_hash=hash_of(secret)).first()


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Remember that the token was used, at most once a minute."""
    last = token.last_used_at
    if last is not None and at - last < _NOTE_USE_EVERY:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - _NOTE_USE_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)


def hash_of(secret: str) -> str:
    """SHA-256 in hex. The secret holds 256 random bits, so there is nothing for a slow hash to protect."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _granted(person: Person, wanted: Collection[str] | None) -> frozenset[str]:
    allowed = frozenset(scope.value for scope in scopes_of(person))
    if not allowed:
        raise Refused(
            f"{person.email} is not active or holds no role, so a token could do nothing. Give a role first.",
            field="email",
            code="no_role",
        )
    if wanted is None:
        return allowed
    unknown = sorted(set(wanted) - {scope.value for scope in Scope})
    if unknown:
        raise Refused(
            f"There is no scope “{unknown[0]}”. There are: {', '.join(scope.value for scope in Scope)}.",
            field="scope",
            code="unknown",
        )
    beyond = sorted(set(wanted) - allowed)
    if beyond:
        raise Refused(
            f"{person.email} may not have “{beyond[0]}”: the person's roles do not allow it.",
            field="scope",
            code="beyond_role",
        )
    return frozenset(wanted)
