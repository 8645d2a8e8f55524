"""The timeline of an escalation: append-only, complete, what the case page shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from escalations.access import may_see
from escalations.errors import BadInput, NotAllowed
from escalations.models import Escalation, Event
from people.models import Person
from telephony import clock

PRODUCT = "Officer of the Day"
CUSTOMER = "Customer"
TWILIO = "Twilio"

# Around a contact's name; who takes the name out again (`reports.retention`) finds it by them.
JOINED = " joined this case: "
RINGING_CUSTOMER = "Ringing the customer"


def note(
    escalation: Escalation,
    kind: str,
    text: str,
    *,
    actor: Person | None = None,
    actor_name: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Append one event, inside the transaction of the change that it tells of.

    `kind` is a stable word for programs, `text` a sentence for people; neither holds a private phone number.
    """
    return Event.objects.create(
        escalation=escalation,
        at=clock.now(),
        kind=kind,
        text=text,
        actor=actor,
        actor_name=actor_name or (actor.name if actor else PRODUCT),
        data=data or {},
    )


@dataclass(frozen=True)
class Entry:
    """What the product itself did for one case, as `note` would append it."""

    escalation: Escalation
    kind: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)


def note_all(entries: Iterable[Entry]) -> None:
    """Append an event to each of several cases, at one instant, inside the transaction of the change."""
    at = clock.now()
    Event.objects.bulk_create(
        Event(
            escalation=entry.escalation,
            at=at,
            kind=entry.kind,
            text=entry.text,
            actor_name=PRODUCT,
            data=entry.data,
        )
        for entry in entries
    )


def add_note(*, escalation: Escalation, by: Person, text: str) -> Event:
    """Put somebody's words on the timeline. Raises `NotAllowed`, `BadInput`."""
    words = text.strip()
    if not words:
        raise BadInput("Write the note first.", field="text", code="required")
    if len(words) > 2000:
        raise BadInput("A note has at most 2,000 characters.", field="text", code="max_length")
    if not may_see(by, escalation):
        raise NotAllowed("This case is not yours to see.")
    with transaction.atomic():
        return note(escalation, "note", words, actor=by)
