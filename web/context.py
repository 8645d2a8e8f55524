"""What every page may need: who reads it, in which theme, and where its tabs lead."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from people.models import Person, Role
from web.access import ASSISTANT, roles_of

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True)
class Tab:
    """One place in the main navigation; `current` where the page read now lies under it."""

    name: str
    path: str
    icon: str
    current: bool


_TABS: tuple[tuple[frozenset[str], str, str, str], ...] = (
    (frozenset({Role.SUPPORT, Role.ADMIN}), "Desk", "web:desk", "life-buoy"),
    (frozenset({Role.EXECUTIVE}), "My phone", "web:officer", "phone-call"),
    (frozenset({Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT}), "Duty", "web:duty", "calendar-days"),
    (frozenset({Role.EXECUTIVE, ASSISTANT}), "Availability", "web:availability", "list-checks"),
    (frozenset({Role.EXECUTIVE, ASSISTANT}), "Listening", "web:listening", "headphones"),
    (frozenset({Role.SUPPORT}), "My calls", "web:my-calls", "headphones"),
    (
        frozenset({Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT}),
        "Learnings",
        "web:learnings",
        "book-open",
    ),
    (frozenset({Role.ADMIN}), "Manage", "web:manage", "settings"),
)


def product(request: HttpRequest) -> dict[str, Any]:
    """The theme, the tabs of the reader's roles, the reader's zone, and whether a simulator stands behind."""
    theme = request.COOKIES.get("theme", "auto")
    user = getattr(request, "user", None)
    return {
        "simulator": settings.SIMULATOR,
        "theme": theme if theme in THEMES else "auto",
        "themes": THEMES,
        "tabs": _tabs(user, request.path) if isinstance(user, Person) else [],
        "zone_name": timezone.get_current_timezone_name(),
    }


def _tabs(person: Person, path: str) -> list[Tab]:
    roles = roles_of(person)
    tabs = []
    for audience, name, view, icon in _TABS:
        if audience & roles:
            where = reverse(view)
            under = path.startswith(where) or (view == "web:desk" and path.startswith("/cases/"))
            tabs.append(Tab(name=name, path=where, icon=icon, current=under))
    return tabs
