"""Sign-ins, failed ones too, and reads of customers' personal data, put on record as they happen."""

import re
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from people.models import Person
from people.signals import wrong_code
from reports.models import PersonalRead, SignIn, SignInKind

_LIKE_AN_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}")


# Django's own receiver saves the person, and with it a record of history in which nothing changed.
user_logged_in.disconnect(dispatch_uid="update_last_login")


@receiver(user_logged_in, dispatch_uid="reports.signed_in")
def signed_in(sender: object, request: HttpRequest | None, user: Person, **_: Any) -> None:
    """Somebody is in."""
    Person.objects.filter(pk=user.pk).update(last_login=timezone.now())
    _keep(SignInKind.IN, request, person=user)


@receiver(user_logged_out, dispatch_uid="reports.signed_out")
def signed_out(sender: object, request: HttpRequest | None, user: Person | None, **_: Any) -> None:
    """Somebody went."""
    if user is not None:
        _keep(SignInKind.OUT, request, person=user)


@receiver(user_login_failed, dispatch_uid="reports.sign_in_failed")
def sign_in_failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """A wrong password, or nobody of that address."""
    typed = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    # Who types a password into the wrong field does not find it in a log.
    email = typed if _LIKE_AN_ADDRESS.fullmatch(typed) else ""
    person = Person.objects.filter(email__iexact=email).first() if email else None
    _keep(SignInKind.FAILED, request, person=person, email=email)


@receiver(wrong_code, dispatch_uid="reports.wrong_code")
def code_was_wrong(sender: object, request: HttpRequest | None, **_: Any) -> None:
    """A wrong code from a mail."""
    _keep(SignInKind.FAILED, request, person=None)


def record_read(*, person: Person, what: str, path: str) -> PersonalRead:
    """An administrator has seen a customer's personal data."""
    return PersonalRead.objects.create(at=timezone.now(), person=person, what=what[:80], path=path[:200])


def _keep(kind: SignInKind, request: HttpRequest | None, *, person: Person | None, email: str = "") -> None:
    meta = request.META if request is not None else {}
    SignIn.objects.create(
        at=timezone.now(),
        kind=kind,
        person=person,
        email=email or (person.email if person else ""),
        address=str(meta.get("REMOTE_ADDR", ""))[:45],
        agent=str(meta.get("HTTP_USER_AGENT", ""))[:200],
    )
