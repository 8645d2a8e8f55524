"""What a token may be used for, and what a person's roles let any token of theirs do.

A scope narrows; it never widens. What a token may do at this moment is what both its own scopes and its
person's present roles allow, and the domain's verbs check the person again.
"""

from collections.abc import Collection

from django.db import models

from people.models import Person


class Scope(models.TextChoices):
    """The label is what the schema says of the scope."""

    ESCALATIONS_READ = "escalations:read", "Read the escalations that the person may see"
    ESCALATIONS_WRITE = "escalations:write", "Raise escalations and answer them in the person's name"
    DUTIES_READ = "duties:read", "Read who is on duty, now and on other days"
    CALENDAR_WRITE = "calendar:write", "Renew the address of the person's own calendar"
    LEARNINGS_READ = "learnings:read", "Read what was learnt"
    REPORTS_READ = (
        "reports:read",
        "Read who kept the promise: administrators everybody, executives themselves",
    )
    LEARNINGS_WRITE = "learnings:write", "Log learnings and follow them up in the person's name"
    LIVE_CALLS_WRITE = "live-calls:write", "Register live calls, read them, and say how they go on"
    HELP_DESK_WRITE = (
        "help-desk:write",
        "Register a help desk's tickets and counts of contacts, and read them",
    )
    LISTENING_READ = (
        "listening:read",
        "Read sessions of listening and credited seconds that the person may see",
    )


_OF_A_ROLE = frozenset(Scope)
_OF_THE_CENTRE = frozenset({Scope.LIVE_CALLS_WRITE, Scope.HELP_DESK_WRITE})
_OF_AN_ASSISTANT = frozenset({Scope.DUTIES_READ, Scope.LEARNINGS_READ, Scope.LISTENING_READ})


def scopes_of(person: Person) -> frozenset[Scope]:
    """The scopes that this person's roles allow today.

    Assistants hold no role; they keep an executive's calendar, so they read duties, sessions, and what was learnt.
    Live calls and tickets are registered by those who take them and by administrators, never by an executive alone.
    """
    if not person.is_active:
        return frozenset()
    if person.is_support or person.is_admin:
        return _OF_A_ROLE
    if person.roles:
        return _OF_A_ROLE - _OF_THE_CENTRE
    return _OF_AN_ASSISTANT if person.assists.filter(is_active=True).exists() else frozenset()


def in_order(scopes: Collection[str]) -> list[str]:
    """Scopes as they are stored and shown: each once, in the order of `Scope`."""
    return [scope.value for scope in Scope if scope.value in scopes]
