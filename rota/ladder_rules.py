"""The rungs of a ladder as a programme file writes them, checked and made plain. Pure.

`escalations.ladder` climbs what is stored here: `{"who", "by", "at_once", "ring_seconds"}` for each rung. The
administrators are always the rung after the last and are never written.
"""

from typing import Any

from people.suggestions import did_you_mean, one_of
from rota.errors import Mistake
from rota.toml_table import Table

WHO = ("primary", "backup", "fallback")
BY = ("call", "text", "email")
# Twilio's own limits of a call's `timeout`: https://www.twilio.com/docs/voice/api/call-resource
SHORTEST_RING, LONGEST_RING = 5, 600
MOST_RUNGS = 20

DEFAULT_RUNGS: list[dict[str, Any]] = [
    {"who": "primary", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
    {"who": "primary", "by": ["call"], "at_once": False, "ring_seconds": None},
    {"who": "backup", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
    {"who": "fallback", "by": ["call", "text"], "at_once": False, "ring_seconds": None},
]


def read_rungs(ladder: Table, *, mistakes: list[Mistake]) -> list[dict[str, Any]]:
    """The rungs under the key `rungs` of the `[ladder]` table, or the usual four where it is missing."""
    written = ladder.take("rungs", list, None)
    if written is None:
        return [dict(rung) for rung in DEFAULT_RUNGS]
    if not written:
        ladder.wrong("rungs", "must have at least one rung, or be left out for the usual four.")
    if len(written) > MOST_RUNGS:
        ladder.wrong("rungs", f"must have at most {MOST_RUNGS} rungs.")
    rungs: list[dict[str, Any]] = []
    for index, entry in enumerate(written[:MOST_RUNGS]):
        place = f"rungs[{index}]"
        if not isinstance(entry, dict):
            ladder.wrong(place, 'must be a table such as { who = "primary", by = ["call"] }.')
            continue
        rungs.append(_rung(Table(entry, path=ladder.path_of(place), mistakes=mistakes)))
    return rungs


def _rung(rung: Table) -> dict[str, Any]:
    by = rung.texts("by")
    for index, channel in enumerate(by):
        if channel not in BY:
            rung.wrong(f"by[{index}]", f"must be {one_of(BY)}.{did_you_mean(channel, BY)}")
    if rung.has("by") and not by:
        rung.wrong("by", f"must name at least one of {one_of(BY)}.")
    read = {
        "who": rung.choice("who", WHO),
        "by": by,
        "at_once": rung.flag("at_once", default=False),
        "ring_seconds": (
            rung.whole("ring_seconds", least=SHORTEST_RING, most=LONGEST_RING)
            if rung.has("ring_seconds")
            else None
        ),
    }
    rung.close()
    return read
