"""Sending an executive's call to where it should be: Twilio is told to ask us, and `conversation.go` answers.

The row is committed before Twilio is called, and what is asked twice is answered alike.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from listening import links, sessions, steps, visits
from listening.models import Place, Session, SessionStatus, Visit
from telephony import client, clock
from telephony.errors import TelephonyError

logger = logging.getLogger(__name__)

GONE = frozenset({20404, 21220})
"""Twilio's words for a call that is not in progress any more."""


def scene_of(row: Session, visit: Visit | None, *, place: str | None = None) -> steps.Scene:
    """What the pure steps need to know."""
    return steps.Scene(
        place=row.place if place is None else place,
        until=row.planned_end,
        call_sid=row.call_sid,
        cut_off_at=row.cut_off_at,
        heard_at=row.heard_at,
        present_until=row.present_until,
        visit=visit.status if visit is not None else None,  # type: ignore[arg-type]
        told=visit is not None and visit.told_at is not None,
        offered_at=visit.offered_at if visit is not None else None,
        answer_by=visit.answer_by if visit is not None else None,
    )


def plan(row: Session, visit: Visit | None, now: datetime) -> None:
    """When the session wants to be looked at next. The caller holds the lock."""
    row.next_at = steps.next_look(scene_of(row, visit), now)
    Session.objects.filter(pk=row.pk).update(next_at=row.next_at)


def stir(session_ids: Iterable[int], *, after: timedelta = timedelta(0)) -> None:
    """These sessions want something soon. Call it inside the transaction that changed what should be."""
    Session.objects.filter(pk__in=list(session_ids), status=SessionStatus.RUNNING).update(
        next_at=clock.now() + after
    )


def send_all(session_ids: Iterable[int]) -> None:
    """Send each to its place, now. Never raises for anything that Twilio does."""
    for session_id in session_ids:
        send(session_id)


def send(session_id: int) -> bool:
    """Send one executive's call to where it should be. False where it is there, or somebody else sends it."""
    with transaction.atomic():
        row = sessions.locked(session_id)
        now = clock.now()
        if (
            row.status != SessionStatus.RUNNING
            or not row.call_sid
            or row.next_at is None
            or row.next_at > now
        ):
            return False
        visit = visits.current(row)
        if not is_misplaced(row, visit, now):
            return False
        Session.objects.filter(pk=session_id).update(next_at=now + steps.MOVE_AGAIN)
    return redirect(row)


def is_misplaced(row: Session, visit: Visit | None, now: datetime) -> bool:
    """Whether the call is not where it should be. One that is told to end says goodbye and ends: it still has to."""
    place = steps.place_for(scene_of(row, visit), now)
    return place != row.place or place == Place.ENDING


def redirect(row: Session) -> bool:
    """Twilio shall ask us what comes next for this call."""
    try:
        client.redirect_call(sid=row.call_sid, url=links.webhook("session-go", row.pk, 0))
    except TelephonyError as error:
        if error.code in GONE:
            sessions.call_over(session_id=row.pk, call_sid=row.call_sid, detail="The call was over.")
        else:
            logger.warning("The call of session %s could not be sent on yet: %s", row.pk, error)
    return True
