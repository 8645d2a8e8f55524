"""At the start of a duty day its officer reads which cases yesterday's officer still has open, and what is promised.

The cases stay where they are: nothing changes hands but the knowledge. Nothing is sent where nothing is open.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.dispatch import receiver

from escalations.models import Escalation
from escalations.telling import case_url, local_time
from people import letters
from people.models import Person
from rota.models import Duty
from rota.signals import duty_changed_hands
from telephony import clock

# A sweep that was missed is made up for within this; later the new officer knows it all from the case pages.
LATEST = timedelta(hours=2)
# A text has room for so many numbers.
MOST_IN_A_TEXT = 6


def send_due() -> int:
    """Writes the notes of every duty day that has just begun. Returns how many are new.

    Each five minutes, by a schedule.
    """
    now = clock.now()
    begun = Duty.objects.at(now).filter(seat=0, starts_at__gt=now - LATEST, person__is_active=True)
    sent = 0
    for duty in begun.select_related("person", "programme").order_by("starts_at"):
        before = _officer_before(duty)
        sent += before is not None and _write(duty, before)
    return sent


@receiver(duty_changed_hands, dispatch_uid="escalations.hand_over_notes")
def tell_who_takes_over(sender: type[Duty], *, duty: Duty, before: Person, **kwargs: Any) -> None:
    """A running duty has another officer: they read what the one before them still has open."""
    now = clock.now()
    if duty.seat == 0 and duty.starts_at <= now < duty.ends_at and duty.person.is_active:
        _write(duty, before)


def _officer_before(duty: Duty) -> Person | None:
    earlier = Duty.objects.published().filter(
        programme=duty.programme_id, seat=0, ends_at__lte=duty.starts_at
    )
    latest = earlier.select_related("person").order_by("-ends_at").first()
    return latest.person if latest is not None else None


def _write(duty: Duty, before: Person) -> bool:
    """One note about one colleague's cases; False where there is nothing to say, or it was said."""
    reader = duty.person
    if reader.pk == before.pk:
        return False
    cases = list(
        Escalation.objects.open()
        .filter(owner=before, programme=duty.programme_id)
        .select_related("account")
        .prefetch_related("outcomes")
        .order_by("created_at")
    )
    if not cases:
        return False
    count = f"{len(cases)} open case{'' if len(cases) == 1 else 's'}"
    numbers = ", ".join(str(case.number) for case in cases[:MOST_IN_A_TEXT])
    more = f" and {len(cases) - MOST_IN_A_TEXT} more" if len(cases) > MOST_IN_A_TEXT else ""
    letter = letters.write_to(
        person=reader,
        key=f"hand-over:duty:{duty.pk}:{reader.pk}:{before.pk}",
        kind="hand-over",
        subject=f"{before.name} hands you {duty.programme.name} with {count}",
        text=f"You are on duty now. {before.name}, before you, still has {count}. They stay with {before.name}; "
        "their customers may call while you are on duty.\n\n" + "\n\n".join(_lines(cases, reader)),
        # Account names go into texts only where the programme allows it, and numbers say enough.
        short=f"You are on duty now. {before.name} still has {count}: {numbers}{more}. {case_url(cases[0])}",
        useful_until=duty.ends_at,
    )
    return letter is not None


def _lines(cases: Iterable[Escalation], reader: Person) -> Iterator[str]:
    for case in cases:
        words = [f"Case {case.number}, {case.account.name}: {case.get_status_display().lower()}."]
        words += [f"Promised: {promise}" for promise in _promises(case, reader)]
        yield "\n".join([*words, case_url(case)])


def _promises(case: Escalation, reader: Person) -> Iterator[str]:
    """What the officer promised when the outcome was recorded, and the call that the customer waits for."""
    latest = max(case.outcomes.all(), key=lambda outcome: outcome.recorded_at, default=None)
    if latest is not None and latest.promised:
        by = latest.promised_until
        yield latest.promised + (f" (by {by:%a} {by.day} {by:%b})" if by is not None else "")
    if case.promised_until is not None and case.promised_until > clock.now():
        yield f"a call by {local_time(case.promised_until, reader.time_zone)}"
