"""Booking a time to listen: free slots, booked, moved and given back; and a session for every time that is held.

A slot is a seat in a window of the programme (`rota.listening_times`); what is booked is a `ListeningHold`, as the
rota's own bookings are, so that invitations, feeds and the seats left know of it. Its `Session` is what the telephone
half lives. `keep_in_step` gives every published hold its session and takes sessions back whose hold is gone: it
compares rows, so that it does not matter who booked, and doing it again changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.dispatch import receiver
from django_q.tasks import async_task

from listening import sessions
from listening.errors import NotAllowed, NotNow
from listening.models import Session, SessionKind
from people.models import Person
from rota.busy_calendars import Interval, busy_times_of
from rota.calendar_keeping import check_keeps_calendar
from rota.invitation_signals import invitation_answered
from rota.invitations_due import keep_up_with
from rota.listening_times import offers
from rota.membership import is_member
from rota.models import AnswerStatus, Duty, Invitation, ListeningHold, ListeningWindow, Programme
from rota.signals import rota_published, times_given_back
from telephony import clock

FARTHEST = timedelta(days=62)
"""So far ahead may be booked: this month and the next."""

LEAST_NOW = timedelta(minutes=10)
"""A slot that runs may be begun at once while so much of it is left."""

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class FreeSlot:
    """A time that may be booked. `seats_left` counts other people's seats; `busy` says that the person's own busy
    calendar is taken then, `on_duty` that they have a published duty on that day."""

    window: ListeningWindow
    start: datetime
    end: datetime
    seats_left: int
    busy: bool = False
    on_duty: bool = False

    @property
    def key(self) -> str:
        """How a form names it: the window and the instant."""
        return f"{self.window.pk}.{self.start:%Y%m%dT%H%MZ}"


# --- What is free ------------------------------------------------------------------------------------------------


def free_slots(
    *, programme: Programme, person: Person, first: date, last: date, now: datetime
) -> list[FreeSlot]:
    """What the person may book from one day to another, both included, in order; dates of the programme's zone.

    One that has begun is among them while enough of it is left: booked, it rings at once. Left out is what is full,
    and what lies over a time that the person holds already, in whatever programme. Seven queries, whatever the number
    of slots.
    """
    windows = list(ListeningWindow.objects.filter(programme=programme).order_by("pk"))
    rules = programme.rules
    every = sorted(
        ((offer, window) for window in windows for offer in offers(window, programme, rules, first, last)),
        key=lambda pair: (pair[0].start, pair[0].end, pair[1].pk),
    )
    every = [pair for pair in every if _may_begin(pair[0].start, pair[0].end, now)]
    if not every:
        return []
    begin, end = every[0][0].start, max(offer.end for offer, _ in every)
    held = ListeningHold.objects.filter(
        published=True, cancelled_at=None, starts_at__lt=end, ends_at__gt=begin
    )
    taken = Counter(held.filter(programme=programme).order_by().values_list("window", "starts_at"))
    own = list(held.filter(person=person).order_by("starts_at").values_list("starts_at", "ends_at"))
    days = (begin - timedelta(days=1)).date(), (end + timedelta(days=1)).date()
    busy = busy_times_of(people=[person.pk], first=days[0], last=days[1]).get(person.pk, [])
    duties = Duty.objects.published().filter(person=person, day__range=(first, last))
    serves = set(duties.values_list("day", flat=True))
    return [
        FreeSlot(
            window=window,
            start=offer.start,
            end=offer.end,
            seats_left=left,
            busy=_meets(busy, offer.start, offer.end),
            on_duty=offer.start.astimezone(programme.zone).date() in serves,
        )
        for offer, window in every
        if (left := window.seats - taken[window.pk, offer.start]) > 0
        and not _meets(own, offer.start, offer.end)
    ]


def find_slot(*, person: Person, key: str, now: datetime) -> FreeSlot | None:
    """The free slot of this key (`FreeSlot.key`), in whatever programme; None where it is not to be had."""
    window_key, _, instant = key.partition(".")
    if not (window_key.isascii() and window_key.isdecimal() and len(window_key) < 16):
        return None
    window = ListeningWindow.objects.select_related("programme").filter(pk=int(window_key)).first()
    try:
        start = datetime.strptime(f"{instant}+0000", "%Y%m%dT%H%MZ%z")
    except ValueError:
        return None
    if window is None or start > now + FARTHEST:
        return None
    day = start.astimezone(window.programme.zone).date()
    slots = free_slots(programme=window.programme, person=person, first=day, last=day, now=now)
    return next((slot for slot in slots if slot.window.pk == window.pk and slot.start == start), None)


# --- Booked, moved, given back -----------------------------------------------------------------------------------


def book(*, person: Person, slot: FreeSlot, by: Person) -> Session:
    """Hold the slot for the person; their calendar is told at once. By them, their assistant or an administrator.

    A slot that runs is begun at once: the phone rings. Raises NotNow where somebody was quicker or too little is left,
    NotAllowed for whoever is no member of the programme on that day, and Refused for anybody who does not keep their
    calendar.
    """
    check_keeps_calendar(by, person)
    programme = slot.window.programme
    try:
        with transaction.atomic():
            now = _lock(programme, person)
            day = _check(programme, person, slot, now, begun=True)
            hold = ListeningHold(
                programme=programme,
                person=person,
                window=slot.window,
                starts_at=slot.start,
                ends_at=slot.end,
                month=day.replace(day=1),
                published=True,
                by=by,
                created_at=now,
            )
            _save(hold, by)
            session = _session_of(hold)
    except IntegrityError as error:
        raise NotNow("This time was booked just now. Look at it again.", code="taken") from error
    keep_up_with({person.pk})
    return session


def move(*, session: Session, slot: FreeSlot, by: Person) -> Session:
    """Hold another slot of the same programme instead: one change of the entry in the calendar.

    Raises as `book` does, and NotNow where the session does not wait any more.
    """
    check_keeps_calendar(by, session.person)
    if slot.window.programme_id != session.programme_id:
        raise NotAllowed("That time belongs to another programme. Book it there.", code="other_programme")
    try:
        with transaction.atomic():
            now = _lock(session.programme, session.person)
            hold = _held(session, now)
            day = _check(session.programme, session.person, slot, now, but=hold)
            hold.window, hold.starts_at, hold.ends_at = slot.window, slot.start, slot.end
            hold.month, hold.by = day.replace(day=1), by
            _save(hold, by)
            moved = sessions.move(session=session, start=slot.start, end=slot.end, by=by)
    except IntegrityError as error:
        raise NotNow("This time was booked just now. Look at it again.", code="taken") from error
    keep_up_with({session.person_id})
    return moved


def cancel(*, session: Session, by: Person) -> Session:
    """Give the time back: its seat is free again. Raises NotNow where the session does not wait any more."""
    check_keeps_calendar(by, session.person)
    with transaction.atomic():
        now = _lock(session.programme, session.person)
        hold = _held(session, now)
        hold.cancelled_at, hold.by = now, by
        _save(hold, by)
        cancelled = sessions.cancel(session=session, why=f"Given back by {by.name}", by=by)
    keep_up_with({session.person_id})
    return cancelled


# --- A session for every hold ------------------------------------------------------------------------------------


def keep_in_step() -> int:
    """Every published hold that is not over has its session, at its times; a session whose hold is gone is off.

    Each minute, and when a rota was published. Returns how many sessions changed. Three queries when nothing is to
    be done.
    """
    now = clock.now()
    return _add_missing(now) + _take_back() + _retime()


@receiver(rota_published, dispatch_uid="listening.booking.published")
def _published(holds: Sequence[ListeningHold], **kwargs: object) -> None:
    if holds:
        async_task("listening.booking.keep_in_step", group="listening", save=False)


@receiver(times_given_back, dispatch_uid="listening.booking.given_back")
def _given_back(**kwargs: object) -> None:
    async_task("listening.booking.keep_in_step", group="listening", save=False)


@receiver(invitation_answered, dispatch_uid="listening.booking.answered")
def _answered(invitation: Invitation, by: Person, **kwargs: object) -> None:
    """A time to listen that is declined is given back: unlike a duty, nobody has to take it."""
    if invitation.hold_id is None or invitation.answer != AnswerStatus.DECLINED:
        return
    keep_in_step()
    session = (
        Session.objects.to_come()
        .select_related("programme", "person")
        .filter(hold=invitation.hold_id, planned_start__gt=clock.now())
        .first()
    )
    if session is not None:
        cancel(session=session, by=by)


def _add_missing(now: datetime) -> int:
    bare = ListeningHold.objects.filter(
        published=True, cancelled_at=None, ends_at__gt=now, session=None, person__is_active=True
    )
    keys = list(bare.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    if not keys:
        return 0
    with transaction.atomic():
        # The hold is the lock: two processes do not make two sessions of it.
        locked = ListeningHold.objects.select_for_update(of=("self",)).select_related("programme", "person")
        holds = list(locked.filter(pk__in=keys).order_by("pk"))
        have = set(Session.objects.filter(hold__in=keys).values_list("hold", flat=True))
        fresh = [hold for hold in holds if hold.pk not in have and hold.cancelled_at is None]
        for hold in fresh:  # one by one, so that each is on record
            _session_of(hold)
    return len(fresh)


def _take_back() -> int:
    gone = Q(hold__published=False) | Q(hold__cancelled_at__isnull=False) | Q(person__is_active=False)
    changed = 0
    for waiting in _booked(gone):
        why = waiting.hold.cancelled_why if waiting.hold is not None else ""
        with suppress(NotNow):  # it has begun meanwhile
            sessions.cancel(session=waiting, why=why or "The time is not held any more")
            changed += 1
    return changed


def _retime() -> int:
    differs = ~Q(planned_start=F("hold__starts_at")) | ~Q(planned_end=F("hold__ends_at"))
    changed = 0
    for waiting in _booked(differs):
        if (hold := waiting.hold) is not None:
            with suppress(NotNow):
                sessions.move(session=waiting, start=hold.starts_at, end=hold.ends_at)
                changed += 1
    return changed


def _booked(which: Q) -> list[Session]:
    held = Session.objects.to_come().filter(which, kind=SessionKind.LISTENING, hold__isnull=False)
    return list(held.select_related("hold").order_by("pk")[:_AT_ONCE])


# --- Below -------------------------------------------------------------------------------------------------------


def _lock(programme: Programme, person: Person) -> datetime:
    """The programme first, as publishing a rota locks it: no seat is given twice. Then the person: no two bookings."""
    Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    return clock.now()


def _check(
    programme: Programme,
    person: Person,
    slot: FreeSlot,
    now: datetime,
    *,
    but: ListeningHold | None = None,
    begun: bool = False,
) -> date:
    """The slot's day, in the programme's zone. `begun`: it may have, while enough of it is left."""
    if slot.start <= now and not (begun and _may_begin(slot.start, slot.end, now)):
        raise NotNow("This time has begun. Choose a later one.", code="begun")
    if slot.start > now + FARTHEST:
        raise NotNow("Book at most two months ahead.", code="too_far")
    day = slot.start.astimezone(programme.zone).date()
    if not is_member(programme, person, day):
        raise NotAllowed(f"{person.name} is no member of {programme.name} then.", code="no_member")
    held = ListeningHold.objects.filter(published=True, cancelled_at=None)
    if but is not None:
        held = held.exclude(pk=but.pk)
    seats = held.filter(window=slot.window, starts_at=slot.start).count()
    if seats >= slot.window.seats:
        raise NotNow("The last seat at this time is taken. Choose another.", code="full")
    if held.filter(person=person, starts_at__lt=slot.end, ends_at__gt=slot.start).exists():
        raise NotNow(f"{person.name} listens at this time already.", code="overlaps")
    return day


def _held(session: Session, now: datetime) -> ListeningHold:
    """The time that a session holds, where it waits to begin."""
    row = sessions.to_come(session)
    if row.hold is None:
        raise NotNow("This session holds no time.", code="not_booked")
    if row.planned_start <= now:
        raise NotNow("This session begins just now.", code="begun")
    return row.hold


def _session_of(hold: ListeningHold) -> Session:
    return sessions.book(
        programme=hold.programme,
        person=hold.person,
        start=hold.starts_at,
        end=hold.ends_at,
        hold=hold,
        by=hold.by,
    )


def _save(hold: ListeningHold, by: Person) -> None:
    hold._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
    hold.save()


def _may_begin(start: datetime, end: datetime, now: datetime) -> bool:
    return start > now or end - now >= LEAST_NOW


def _meets(times: Sequence[Interval], start: datetime, end: datetime) -> bool:
    return any(begins < end and start < ends for begins, ends in times)
