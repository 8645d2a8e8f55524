"""Addresses: of our pages, as people open them, and of our webhooks, as Twilio knows them."""

from django.conf import settings
from django.urls import reverse

from listening.models import Session
from people.models import Person


def webhook(name: str, *arguments: object) -> str:
    """The public address of one of our webhooks."""
    return _base() + reverse(f"listening:{name}", args=arguments)


def listening_url() -> str:
    """Where times to listen are booked."""
    return f"{_base()}/listening/"


def listening_of_url(person: Person) -> str:
    """Where an assistant books them for somebody."""
    return f"{_base()}/listening/{person.pk}/"


def session_path(session: Session) -> str:
    """The page of one session, on this site."""
    return f"/listening/sessions/{session.pk}/"


def session_url(session: Session) -> str:
    """The page of one session."""
    return f"{_base()}{session_path(session)}"


def debrief_url(session: Session) -> str:
    """Where its debrief is written."""
    return f"{_base()}{session_path(session)}debrief/"


def ride_along_answer_url(token: str) -> str:
    """Where a colleague confirms a ride-along without signing in."""
    return f"{_base()}/listening/ride-alongs/answer/{token}/"


def _base() -> str:
    return settings.PUBLIC_BASE_URL.rstrip("/")
