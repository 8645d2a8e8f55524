"""Our own number as a small centre's line: whether it is one, its hours, and how long phones ring."""

from collections.abc import Collection
from datetime import time
from typing import Any

from django.db import transaction

from listening.errors import BadInput, NotAllowed
from listening.models import HuntGroup
from people.models import Person
from people.plain_words import one_line
from people.regional import read_language
from rota.hours import WEEKDAYS
from rota.models import Programme

# field: least, most. A call to Twilio rings 5 to 600 seconds; nobody waits in a queue for more than ten minutes.
LIMITS = {"ring_seconds": (5, 60), "patience_seconds": (10, 600)}


def hunt_group_of(programme: Programme) -> HuntGroup:
    """The programme's hunt group; with the defaults, off and not saved, where there is none. One query."""
    return HuntGroup.objects.filter(programme=programme).first() or HuntGroup(
        programme=programme, name=programme.name[:60]
    )


def set_hunt_group(
    *,
    programme: Programme,
    by: Person,
    is_on: bool,
    name: str,
    days: Collection[str],
    opens: time,
    closes: time,
    queue: str = "",
    language: str = "en",
    **seconds: int,
) -> HuntGroup:
    """Everything about the line at once; hours are of the programme's zone. `seconds` are the fields of `LIMITS`.

    Raises BadInput naming the field, NotAllowed.
    """
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators set up our own number.", code="not_allowed")
    values: dict[str, Any] = {field: _seconds(field, seconds) for field in LIMITS}
    if unknown := set(days) - set(WEEKDAYS):
        raise BadInput(f"{sorted(unknown)[0]} is no day of the week.", field="days", code="invalid")
    if is_on and not days:
        raise BadInput("Choose at least one day.", field="days", code="required")
    if closes <= opens:
        raise BadInput("The line closes after it opens.", field="closes", code="invalid")
    values |= {
        "is_on": is_on,
        "name": one_line(name, field="name", most=60, required=True),
        "days": [day for day in WEEKDAYS if day in days],
        "opens": opens,
        "closes": closes,
        "queue": one_line(queue, field="queue", most=60),
        "language": read_language(language),
    }
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        row = hunt_group_of(programme)
        if row.pk is None or any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
            row.save()
    return row


def _seconds(field: str, given: dict[str, int]) -> int:
    least, most = LIMITS[field]
    value = given.get(field)
    if value is None or not least <= value <= most:
        raise BadInput(f"Choose {least} to {most} seconds.", field=field, code="out_of_range")
    return value
