"""Putting on record what the telephone network says happened: once, and never changed.

Call `record` inside the transaction that acts on it: what a crash undoes, Twilio tells again.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from listening.models import Evidence, EvidenceKind, EvidenceStrength, LiveCall, Session
from telephony import clock


def record(
    *,
    kind: EvidenceKind,
    at: datetime | None = None,
    live_call: LiveCall | None = None,
    session: Session | None = None,
    strength: EvidenceStrength = EvidenceStrength.CALLBACK,
    source_sid: str = "",
    sequence: int | None = None,
    call_sid: str = "",
    participant: str = "",
    detail: str = "",
) -> Evidence | None:
    """Keep one event; None where it is on record already (`source_sid` and `sequence`).

    `at` is Twilio's instant where it gave one, else now. `participant` is the label in the conference: `agent`,
    `customer`, or a visit's own.
    """
    now = clock.now()
    row = Evidence(
        kind=kind,
        at=at or now,
        live_call=live_call,
        session=session,
        strength=strength,
        source_sid=source_sid,
        sequence=sequence,
        call_sid=call_sid,
        participant=participant,
        received_at=now,
        detail=detail[:200],
    )
    if not source_sid or sequence is None:
        row.save(force_insert=True)
        return row
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row
