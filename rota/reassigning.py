"""A published duty given to somebody else by an administrator, without consent but on record."""

from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from people.models import Person
from people.plain_words import one_line
from rota.errors import CannotReassign
from rota.models import Duty
from rota.signals import duty_changed_hands


def reassign(*, duty: Duty, to: Person, by: Person, reason: str) -> Duty:
    """Gives the seat of one duty day to `to`, at once: the next ring goes there. Cases in hand stay.

    Who did it and why is on record with the duty. Raises CannotReassign for a duty that is over or a draft,
    for one who has left, is no executive or sits on that day already, and Refused without a reason.
    """
    if not by.is_admin:
        raise CannotReassign("Only administrators reassign a duty.", code="not_allowed")
    why = one_line(reason, field="reason", most=300, required=True)
    now = datetime.now(UTC)
    try:
        with transaction.atomic():
            # Without a join: PostgreSQL finds no duty that changed hands while its lock was waited for.
            changed = Duty.objects.select_for_update(of=("self",)).get(pk=duty.pk)
            _check(changed, to, now)
            before = changed.person
            changed.person = to
            changed._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
            changed._change_reason = f"reassigned: {why}"  # noqa: SLF001 - likewise
            changed.save()
    except IntegrityError as error:
        raise CannotReassign(
            f"{to.name} has another seat on {duty.day} already.", field="to", code="seated"
        ) from error
    duty.refresh_from_db()
    transaction.on_commit(
        lambda: duty_changed_hands.send_robust(sender=Duty, duty=changed, before=before, by=by, reason=why)
    )
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
    others = Duty.objects.published().filter(programme=duty.programme_id, day=duty.day, person=to)
    if others.exists():
        raise CannotReassign(f"{to.name} has another seat on {duty.day} already.", field="to", code="seated")
