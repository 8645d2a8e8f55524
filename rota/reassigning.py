"""A published duty given to somebody else by an administrator, without consent but on record."""

from datetime import UTC, datetime

from django.db import transaction

from people.models import Person
from people.plain_words import one_line
from rota import swap_letters
from rota.changing_hands import give, lock_duties
from rota.conflicts import serves_meanwhile
from rota.errors import CannotReassign
from rota.models import Duty
from rota.swaps import close_outdated


def reassign(*, duty: Duty, to: Person, by: Person, reason: str) -> Duty:
    """Gives the seat of one duty day to `to`, at once: the next ring goes there. Cases in hand stay.

    For somebody who is ill, or whenever an administrator must. Who did it and why is on record with the duty, and both
    are told. What was asked about the duty before is closed. Raises CannotReassign for a duty that is over or a
    draft, for one who has left, is no executive or serves elsewhere that day, and Refused without a reason.
    """
    if not by.is_admin:
        raise CannotReassign("Only administrators reassign a duty.", code="not_allowed")
    why = one_line(reason, field="reason", most=300, required=True)
    now = datetime.now(UTC)
    with transaction.atomic():
        changed = lock_duties([duty.pk])[duty.pk]
        _check(changed, to, now)
        before = changed.person
        give(duty=changed, to=to, by=by, how="reassigned", why=why)
        close_outdated(duties=[changed], by=by, now=now)
        swap_letters.tell_reassigned(duty=changed, before=before, by=by, why=why, now=now)
    duty.refresh_from_db()
    return duty


def _check(duty: Duty, to: Person, now: datetime) -> None:
    if not duty.published:
        raise CannotReassign("This duty is a draft. Change the draft instead.", code="draft")
    if duty.ends_at <= now:
        raise CannotReassign("This duty is over.", code="over")
    if duty.person_id == to.pk:
        raise CannotReassign(f"{to.name} has this duty already.", field="to", code="same")
    if not (to.is_active and to.is_executive):
        raise CannotReassign(f"{to.name} is no executive here. Choose another.", field="to", code="no_member")
    if meanwhile := serves_meanwhile(duty=duty, person=to):
        raise CannotReassign(meanwhile, field="to", code="seated")
