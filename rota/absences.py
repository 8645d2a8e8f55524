"""Absences: days on which somebody serves in no programme. The one writer of their status.

What one enters oneself counts at once, unless a programme of theirs wants administrators to approve it; what an
administrator enters is approved. Administrators are told of absences that wait for them, and of those that lie over
published duties, which stay where they are until somebody finds cover. Times to listen are given back.
"""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from people import letters
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line
from rota.absence_letters import days_in_words, key_of, tell_administrators, tell_decision
from rota.calendar_keeping import check_keeps_calendar
from rota.changing_hands import lock_programmes
from rota.errors import CannotChangeAbsence
from rota.membership import programmes_of
from rota.models import Absence, AbsenceStatus, Duty
from rota.times_given_back import give_back_while_away

FARTHEST = timedelta(days=731)
BACK, BACK_BY_ADMINISTRATORS = timedelta(days=14), timedelta(days=366)
STANDING = (AbsenceStatus.WAITING, AbsenceStatus.APPROVED)
"""What stands against another absence of the same days."""


def enter_absence(*, person: Person, first: date, last: date, by: Person, reason: str = "") -> Absence:
    """The person is away from `first` to `last`, both inclusive, as calendar dates wherever they are.

    By the person, their assistant or an administrator; at most two years ahead, and back by two weeks (by a year for
    administrators, for what is entered late lessens what was owed). Raises Refused with the field, and names an
    absence that lies over the same days.
    """
    check_keeps_calendar(by, person)
    now = timezone.now()
    why = one_line(reason, field="reason", most=200)
    _check_days(first, last, now.astimezone(person.zone).date(), by)
    with transaction.atomic():
        lock_programmes()
        # The person's row is the lock: two absences of one person are entered one after the other.
        Person.objects.select_for_update().get(pk=person.pk)
        if (other := _standing_over(person, first, last)) is not None:
            raise CannotChangeAbsence(
                f"There is an absence {days_in_words(other)} already. Withdraw it first, or choose other days.",
                field="first",
                code="overlaps",
            )
        absence = Absence(
            person=person, first_day=first, last_day=last, reason=why, entered_by=by, created_at=now
        )
        absence.status = AbsenceStatus.APPROVED
        if by.is_admin:
            absence.decided_by, absence.decided_at = by, now
        elif needs_approval(absence):
            absence.status = AbsenceStatus.WAITING
        _save(absence, by)
        if absence.status == AbsenceStatus.APPROVED:
            give_back_while_away(absence=absence, by=by, now=now)
        tell_administrators(absence, clashing_duties(absence))
    return absence


def decide_absence(*, absence: Absence, approve: bool, by: Person, note: str = "") -> Absence:
    """An administrator approves or refuses an absence that waits; the person and their assistant are told.

    Raises Refused where it does not wait any more.
    """
    if not by.is_admin:
        raise Refused("Only administrators decide on absences.", code="not_allowed")
    words = one_line(note, field="note", most=300)
    now = timezone.now()
    with transaction.atomic():
        lock_programmes()
        decided = _lock(absence)
        if decided.status != AbsenceStatus.WAITING:
            raise CannotChangeAbsence(
                f"It does not wait any more: {decided.get_status_display().lower()}.", code="decided"
            )
        decided.status = AbsenceStatus.APPROVED if approve else AbsenceStatus.REFUSED
        decided.decided_by, decided.decided_at, decided.decision_note = by, now, words
        _save(decided, by)
        if approve:
            give_back_while_away(absence=decided, by=by, now=now)
        tell_decision(decided, clashing_duties(decided) if approve else [])
    absence.refresh_from_db()
    return absence


def withdraw_absence(*, absence: Absence, by: Person) -> Absence:
    """They are not away after all. Raises Refused where it is over (but for administrators) or does not stand."""
    check_keeps_calendar(by, absence.person)
    with transaction.atomic():
        withdrawn = _lock(absence)
        if withdrawn.status not in STANDING:
            raise CannotChangeAbsence(
                f"There is nothing to withdraw: {withdrawn.get_status_display().lower()}.", code="decided"
            )
        today = timezone.now().astimezone(withdrawn.person.zone).date()
        if withdrawn.last_day < today and not by.is_admin:
            raise CannotChangeAbsence(
                "It is over, and counts in what was owed. Ask an administrator.", code="over"
            )
        withdrawn.status = AbsenceStatus.WITHDRAWN
        _save(withdrawn, by)
        letters.withdraw(key_prefix=key_of(withdrawn))
    absence.refresh_from_db()
    return absence


def needs_approval(absence: Absence) -> bool:
    """Whether a programme in which the person is during the absence wants administrators to approve it."""
    programmes = programmes_of(absence.person, absence.first_day, absence.last_day)
    return any(programme.approve_absences for programme in programmes)


def clashing_duties(absence: Absence) -> list[Duty]:
    """The published duties of the person that are not over and whose day lies in the absence, in order. One query."""
    return clashes([absence])[absence.pk]


def clashes(absences: Collection[Absence]) -> dict[int, list[Duty]]:
    """The `clashing_duties` of each absence by its key. One query, whatever their number."""
    found: dict[int, list[Duty]] = {absence.pk: [] for absence in absences}
    if not absences:
        return found
    duties = (
        Duty.objects.published()
        .filter(
            person__in={absence.person_id for absence in absences},
            day__range=(
                min(absence.first_day for absence in absences),
                max(absence.last_day for absence in absences),
            ),
            ends_at__gt=timezone.now(),
        )
        .select_related("programme")
        .order_by("starts_at", "pk")
    )
    for duty in duties:
        for absence in absences:
            if absence.person_id == duty.person_id and absence.first_day <= duty.day <= absence.last_day:
                found[absence.pk].append(duty)
    return found


def waiting_absences() -> QuerySet[Absence]:
    """What waits for an administrator's word, the next to begin first."""
    waiting = Absence.objects.filter(status=AbsenceStatus.WAITING)
    return waiting.select_related("person", "entered_by").order_by("first_day", "pk")


def _check_days(first: date, last: date, today: date, by: Person) -> None:
    if last < first:
        raise Refused("The last day is not before the first.", field="last", code="invalid")
    back = BACK_BY_ADMINISTRATORS if by.is_admin else BACK
    if first < today - back:
        raise Refused(
            f"The first day is at most {back.days} days ago."
            + ("" if by.is_admin else " Ask an administrator for an earlier one."),
            field="first",
            code="invalid",
        )
    if last > today + FARTHEST:
        raise Refused("The last day is at most two years ahead.", field="last", code="invalid")


def _standing_over(person: Person, first: date, last: date) -> Absence | None:
    return (
        person.absences.filter(status__in=STANDING, first_day__lte=last, last_day__gte=first)
        .order_by("first_day")
        .first()
    )


def _lock(absence: Absence) -> Absence:
    """The row as it is now, without a join: PostgreSQL finds none that changed while its lock was waited for."""
    return Absence.objects.select_for_update(of=("self",)).get(pk=absence.pk)


def _save(absence: Absence, by: Person) -> None:
    absence._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    absence.save()
