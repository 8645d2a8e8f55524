"""Who may have an account: people whom an administrator made or imported, and nobody else."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from people.signals import wrong_code


class ClosedSignUp(DefaultAccountAdapter):
    """Sign-in by password or by a code sent by mail; no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """allauth tells nobody of a wrong code: here it asks for the words that are shown for one."""
        if code == "incorrect_code":
            wrong_code.send(sender=type(self), request=context.request)
        error: ValidationError = super().validation_error(code, *args)
        return error
