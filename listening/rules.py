"""A programme's rules for listening: read with their defaults, changed by administrators, on record.

The quota itself (minutes a month, minutes of a session) and the windows are in the programme's file.
"""

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction

from listening.errors import BadInput, NotAllowed
from listening.models import CreditKind, ListeningRules
from people.contact_details import read_number
from people.models import Person
from people.regional import read_country
from rota.models import Programme

MAY_COUNT = tuple(kind for kind in CreditKind if kind != CreditKind.CARRIED)
"""The kinds that a programme may count toward its quota; what is carried over always counts."""

# field: least, most
LIMITS = {
    "debrief_days": (1, 60),
    "carry_over_minutes": (0, 10_000),
    "presence_minutes": (5, 120),
    "agent_name_days": (1, 3650),
    "answer_seconds": (5, 30),
}
# Digits, and Twilio's w (half a second) and W (a second).
_KEYS = re.compile(r"[0-9*#wW]{0,40}")


def rules_of(programme: Programme) -> ListeningRules:
    """The programme's rules; with the defaults, and not saved, where nobody changed them. One query."""
    return ListeningRules.objects.filter(programme=programme).first() or ListeningRules(programme=programme)


def set_rules(
    *,
    programme: Programme,
    by: Person,
    counts: Collection[str],
    monitor_number: str = "",
    monitor_keys: str = "",
    monitor_country: str = "",
    monitor_attested: bool = False,
    **numbers: int,
) -> ListeningRules:
    """Every rule of a programme at once; `numbers` are the fields of `LIMITS`, all of them.

    `monitor_attested` is the administrator's word that customers of the extension hear the announcement and its agents
    know who listens. Raises BadInput naming the field, NotAllowed.
    """
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators change a programme's rules.", code="not_allowed")
    values: dict[str, Any] = {name: _number(name, numbers) for name in LIMITS}
    values["counts"] = _counts(counts)
    number = monitor_number.strip()
    values["monitor_number"] = read_number(number, field="monitor_number") if number else ""
    values["monitor_keys"] = _keys(monitor_keys)
    values["monitor_country"] = read_country(monitor_country, field="monitor_country")
    values["monitor_attested"] = monitor_attested
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        row = rules_of(programme)
        if row.pk is None or any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
            row.save()
    return row


def _number(name: str, given: dict[str, int]) -> int:
    least, most = LIMITS[name]
    value = given.get(name)
    if value is None or not least <= value <= most:
        raise BadInput(f"Choose {least:,} to {most:,}.", field=name, code="out_of_range")
    return value


def _counts(kinds: Collection[str]) -> list[str]:
    if unknown := set(kinds) - {kind.value for kind in MAY_COUNT}:
        raise BadInput(f"{sorted(unknown)[0]} is no kind that counts.", field="counts", code="invalid")
    if not kinds:
        raise BadInput("At least one kind counts toward the quota.", field="counts", code="required")
    return [kind.value for kind in MAY_COUNT if kind.value in kinds]


def _keys(written: str) -> str:
    keys = written.strip()
    if not _KEYS.fullmatch(keys):
        raise BadInput(
            "Write digits, * and #, and w for half a second's wait: ww123#.",
            field="monitor_keys",
            code="invalid",
        )
    return keys
