"""Addresses: of our pages, as people open them, and of our webhooks, as Twilio knows them."""

from django.conf import settings
from django.urls import reverse

from listening.models import Session


def webhook(name: str, *arguments: object) -> str:
    """The public address of one of our webhooks."""
    return _base() + reverse(f"listening:{name}", args=arguments)


def listening_url() -> str:
    """Where times to listen are booked."""
    return f"{_base()}/listening/"


def session_url(session: Session) -> str:
    """The page of one session."""
    return f"{_base()}/listening/sessions/{session.pk}/"


def debrief_url(session: Session) -> str:
    """Where its debrief is written."""
    return f"{_base()}/listening/sessions/{session.pk}/debrief/"


def _base() -> str:
    return settings.PUBLIC_BASE_URL.rstrip("/")
