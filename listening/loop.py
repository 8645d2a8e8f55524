"""What the pager's loop does for listening: sessions and live calls that want something now, one at a time.

Any number of loops run side by side, on any number of machines: whoever has moved a row's `next_at` on has it.
"""

import logging
from datetime import datetime, timedelta
from enum import Enum, auto

from django.db import DatabaseError, transaction

from listening import drawing, hunting, joining, left_open, looks, moving, ringing, sessions, steps, visits
from listening import extension as extensions
from listening.models import (
    CallAction,
    LiveCall,
    Place,
    Session,
    SessionKind,
    SessionStatus,
    Visit,
    VisitStatus,
)
from telephony import clock
from telephony.chores import MayCall

logger = logging.getLogger(__name__)

AT_ONCE = 25


class Deed(Enum):
    """What a session wants of the loop. All but the first two are of one that runs."""

    RING = auto()
    SETTLE = auto()
    HANG_UP = auto()
    TELL = auto()
    DRAW = auto()
    MOVE = auto()
    LOOK = auto()


LEASE = timedelta(seconds=20)
SET_ASIDE = timedelta(seconds=60)


def live_sessions(may_call: MayCall) -> int:
    """Do what is due for sessions, the most overdue first. Returns how many were looked after."""
    due = Session.objects.filter(next_at__lte=clock.now()).order_by("next_at").values_list("pk", flat=True)
    return sum(_or_set_aside(Session, pk, may_call) for pk in list(due[:AT_ONCE]))


def live_calls(may_call: MayCall) -> int:
    """Do what is due for live calls. Returns how many were looked after."""
    due = LiveCall.objects.filter(next_at__lte=clock.now()).order_by("next_at").values_list("pk", flat=True)
    return sum(_or_set_aside(LiveCall, pk, may_call) for pk in list(due[:AT_ONCE]))


def next_session() -> datetime | None:
    """When a session wants something next."""
    return (
        Session.objects.filter(next_at__isnull=False)
        .order_by("next_at")
        .values_list("next_at", flat=True)
        .first()
    )


def next_call() -> datetime | None:
    """When a live call wants something next."""
    rows = LiveCall.objects.filter(next_at__isnull=False).order_by("next_at")
    return rows.values_list("next_at", flat=True).first()


def _or_set_aside(model: type[Session] | type[LiveCall], pk: int, may_call: MayCall) -> bool:
    """One that cannot be looked after (a bug) must not keep all others waiting."""
    try:
        return live_on(pk, may_call) if model is Session else call_on(pk, may_call)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("%s %s could not be looked after: again in a minute", model.__name__, pk)
        model.objects.filter(pk=pk).update(next_at=clock.now() + SET_ASIDE)
        return True


def live_on(session_id: int, may_call: MayCall) -> bool:
    """Do what one session wants now. False where it wants nothing: another loop was faster."""
    with transaction.atomic():
        sessions.lock_call_of(session_id)
        row = sessions.locked(session_id)
        now = clock.now()
        if row.next_at is None or row.next_at > now:
            return False
        visit = visits.current(row)
        deed = _what(row, visit, now)
        if deed is None:
            return True
        if deed not in (Deed.MOVE, Deed.RING):  # these take the row themselves
            Session.objects.filter(pk=row.pk).update(next_at=now + LEASE)
    _do(deed, row, visit, may_call)
    return True


def _do(deed: Deed, row: Session, visit: Visit | None, may_call: MayCall) -> None:
    """With no transaction open: the network may be used."""
    match deed:
        case Deed.RING:
            ringing.ring(row.pk, may_call)
        case Deed.SETTLE:
            ringing.settle(row)
        case Deed.HANG_UP:
            ringing.hang_up(row)
            _plan(row.pk)
        case Deed.TELL if visit is not None:
            joining.tell(row.pk, visit)
        case Deed.DRAW:
            if drawing.draw(row.pk) is None and not extensions.begin(row.pk):
                _plan(row.pk)
        case Deed.MOVE:
            moving.send(row.pk)
        case _:
            ringing.look(row, again=steps.quiet_after(row.place))
            _plan(row.pk)


def _what(row: Session, visit: Visit | None, now: datetime) -> Deed | None:
    """What a session wants; None where it is done already, or a time was set. The locks are held."""
    if row.kind != SessionKind.LISTENING:
        left_open.look(row)
        return None
    if row.status == SessionStatus.BOOKED:
        return Deed.RING
    if row.status == SessionStatus.RINGING:
        return Deed.SETTLE
    if row.status != SessionStatus.RUNNING:
        Session.objects.filter(pk=row.pk).update(next_at=None)
        return None
    return _running(row, visit, now)


def _running(row: Session, visit: Visit | None, now: datetime) -> Deed | None:
    if row.hang_up_sid:
        return Deed.HANG_UP
    if not row.call_sid:
        _wait_for_the_call(row, visit, now)
        return None
    if visit is not None and visit.status == VisitStatus.OFFERED:
        if _to_be_told(visit, now):
            return Deed.TELL
        _answered(visit, now)
    return _on_the_line(row, visit, now)


def _on_the_line(row: Session, visit: Visit | None, now: datetime) -> Deed | None:
    if moving.is_misplaced(row, visit, now):
        return Deed.MOVE
    if row.heard_at is not None and now >= row.heard_at + steps.quiet_after(row.place):
        return Deed.LOOK
    if visit is None and row.place == Place.WAITING:
        return Deed.DRAW
    moving.plan(row, visit, now)
    return None


def _wait_for_the_call(row: Session, visit: Visit | None, now: datetime) -> None:
    """The call broke off: it may come back for a moment."""
    if now >= min(row.planned_end, (row.cut_off_at or now) + steps.CUT_OFF_GRACE):
        sessions.finish(session=row, why="The call broke off.")
    else:
        moving.plan(row, visit, now)


def _to_be_told(visit: Visit, now: datetime) -> bool:
    """By text at once, or where the page did not show it to them in time."""
    if visit.told_at is not None:
        return False
    on_page = joining.told_on_page(visit.live_call.agent)
    return not on_page or now >= visit.offered_at + steps.SEEN_ON_PAGE_WITHIN


def _answered(visit: Visit, now: datetime) -> None:
    """Silence means yes."""
    if visit.answer_by is not None and now >= visit.answer_by:
        visits.come(visit)


def _plan(session_id: int) -> None:
    with transaction.atomic():
        row = sessions.locked(session_id)
        if row.status == SessionStatus.RUNNING:
            moving.plan(row, visits.current(row), clock.now())


def call_on(live_call_id: int, may_call: MayCall) -> bool:
    """Do what one live call wants now. False where it wants nothing."""
    now = clock.now()
    mine = LiveCall.objects.filter(pk=live_call_id, next_at__lte=now, ended_at=None)
    row = mine.select_related("agent", "programme", "rung").first()
    if row is None:
        LiveCall.objects.filter(pk=live_call_id, next_at__lte=now).update(next_at=None)
        return False
    if not mine.filter(next_at=row.next_at).update(next_at=now + LEASE):
        return False
    match row.next_action:
        case CallAction.HUNT:
            hunting.ring_next(row, may_call)
        case CallAction.RUNG:
            hunting.rang_long_enough(row)
        case CallAction.DIAL:
            extensions.dial(row, may_call)
        case CallAction.DROP:
            extensions.drop(row)
        case CallAction.LOOK:
            looks.look(row)
    return True
