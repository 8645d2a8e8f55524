"""What a live page has seen: a short mark of what stands on it, so that it can ask whether that moved."""

import hashlib
from collections.abc import Iterable

from escalations.models import Escalation


def mark(*things: object) -> str:
    """The same mark as long as the same things are said in the same order."""
    said = "\n".join(str(thing) for thing in things)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def seen(cases: Iterable[Escalation], *more: object) -> str:
    """The mark of a list of cases: it moves with each event of each of them."""
    return mark(*((case.pk, case.status, getattr(case, "last_event", None)) for case in cases), *more)
