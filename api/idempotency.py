"""`Idempotency-Key`: a request that is sent twice is done once, and answered the same both times.

The row is inserted in the transaction of the work. A second request with the same key waits for the first
one's commit (on PostgreSQL at the unique index, on SQLite at the write lock) and then reads its answer; where
the first one failed, nothing of it is left, and the second one does the work.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.models import IdempotentRequest
from api.problems import Conflict
from people.models import Person

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
MAX_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What was answered: an HTTP status, JSON, and where the thing is, if one was made."""

    status: int
    body: str
    location: str = ""


class KeyReused(Conflict):
    default_code = "key_reused"


def read_key(header: str | None) -> str:
    """The key, or "" where none was sent. Raises `ValidationError` for one that cannot be kept."""
    if header is None:
        return ""
    if not 1 <= len(header) <= MAX_KEY or not (header.isascii() and header.isprintable()):
        words = f"A key has 1 to {MAX_KEY} printable ASCII characters; a UUID is a good one."
        raise ValidationError({HEADER: [ErrorDetail(words, "invalid_key")]})
    return header


def once(
    *, person: Person, key: str, path: str, body: Any, now: datetime, act: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """`act()`'s answer, and whether it is one that was given before.

    `path` is method and address. Raises `KeyReused` where the key belongs to another request, and whatever
    `act` raises; then nothing is kept, and the key is free again.
    """
    fingerprint = _fingerprint(path, body)
    with transaction.atomic():
        mine = IdempotentRequest.objects.filter(person=person, key=key)
        row = mine.first()
        if row is not None and row.created_at <= now - KEPT:
            row.delete()
            row = None
        if row is None:
            row, first = _claim(person, key, path, fingerprint, now)
            if first:
                answer = act()
                row.status, row.body, row.location = answer.status, answer.body, answer.location
                row.save(update_fields=["status", "body", "location"])
                return answer, False
        if row.fingerprint != fingerprint:
            raise KeyReused(
                f"This {HEADER} was sent before with another request ({row.path}). "
                "Use a new key for a new request."
            )
        return Answer(row.status, row.body, row.location), True


def forget_old(*, now: datetime | None = None) -> int:
    """Delete the answers that nobody will ask for again; how many there were. The queue does it each hour."""
    return IdempotentRequest.objects.filter(created_at__lte=(now or timezone.now()) - KEPT).delete()[0]


def _claim(
    person: Person, key: str, path: str, fingerprint: str, now: datetime
) -> tuple[IdempotentRequest, bool]:
    """This request's row, and true; or the row of the one that came first, and false."""
    try:
        with transaction.atomic():
            return (
                IdempotentRequest.objects.create(
                    person=person, key=key, path=path, fingerprint=fingerprint, created_at=now
                ),
                True,
            )
    except IntegrityError:
        return IdempotentRequest.objects.get(person=person, key=key), False


def _fingerprint(path: str, body: Any) -> str:
    """The same for the same request, however its JSON is spaced and ordered."""
    canonical = json.dumps([path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
