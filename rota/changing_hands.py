"""A published duty passes from one officer to another: what every way of doing so has in common.

From its commit on the new officer's phone rings, for whoever rings reads the row; a case in hand stays where it is.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction

from people import letters
from people.models import Person
from rota.models import Duty, Programme
from rota.signals import duty_changed_hands
from rota.times_given_back import give_back


def lock_programmes() -> None:
    """Locks all of them, in one order, until the transaction ends; before any other lock.

    Whatever else seats anybody (a swap, a booking, the publishing of another programme's days) waits, so that nobody
    gets two duties of one day. Cases go on: a lock that leaves the key alone keeps no escalation from being raised.
    """
    list(Programme.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def lock_duties(keys: Iterable[int | None]) -> dict[int, Duty]:
    """These duties by their key, locked until the transaction ends, their people and the programmes with them."""
    lock_programmes()
    wanted = [key for key in keys if key is not None]
    # The lock alone comes first, without a join: PostgreSQL finds no duty that changed hands while its lock was
    # waited for.
    rows = Duty.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    list(rows.values_list("pk", flat=True))
    return Duty.objects.select_related("person", "programme").in_bulk(wanted)


def give(*, duty: Duty, to: Person, by: Person, how: str, why: str) -> Duty:
    """Seats `to`, on record with who did it, `how` ("swap", "reassigned", …) and why; their times to listen
    on that day are given back.

    The caller holds the locks and has checked that it may be.
    """
    before = duty.person
    _seat(duty, to, by, f"{how}: {why}")
    _tell_rooms_above(duty, before, by, why)
    return duty


def reseat(*, moves: Sequence[tuple[Duty, Person]], by: Person, how: str, why: str) -> None:
    """Seats each of several people in another's duty, all in one; likewise on record and under the caller's locks."""
    # Two seats of one day: for an instant one officer would have both, which the database does not allow even for
    # an instant. So the seats stand aside meanwhile.
    Duty.objects.filter(pk__in=[duty.pk for duty, _ in moves]).update(published=False)
    before = [duty.person for duty, _ in moves]
    for duty, to in moves:
        _seat(duty, to, by, f"{how}: {why}")
    for (duty, _), officer in zip(moves, before, strict=True):
        _tell_rooms_above(duty, officer, by, why)


def _seat(duty: Duty, to: Person, by: Person, why: str) -> None:
    # The plan's sentence was about the officer of before.
    duty.why = f"{to.name} has it in place of {duty.person.name}."
    duty.person = to
    duty._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    duty._change_reason = why  # noqa: SLF001 - likewise
    duty.save()
    give_back(programme=duty.programme, duties=[duty], by=by, now=datetime.now(UTC))


def _tell_rooms_above(duty: Duty, before: Person, by: Person, why: str) -> None:
    letters.withdraw(key_prefix=f"reminder:duty:{duty.pk}:{before.pk}")
    transaction.on_commit(
        lambda: duty_changed_hands.send_robust(sender=Duty, duty=duty, before=before, by=by, reason=why)
    )
