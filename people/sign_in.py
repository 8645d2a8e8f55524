"""Who may have an account: people whom an administrator made or imported, and nobody else."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):
    """Sign-in by password or by a code sent by mail; no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
