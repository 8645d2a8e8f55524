"""Ringing executives at their time: one call a session, and one only, through crashes and lost answers.

The row that says "about to call" is committed before Twilio is called. What Twilio did not answer for is looked up in
its list of calls to that number, several times, and adopted; who answers meanwhile adopts it too, for the session
is in the address that Twilio asks. Customers' cases go first.
"""

import logging
import uuid
from datetime import timedelta

from django.db import transaction

from listening import links, sessions, steps
from listening.models import Session, SessionStatus
from people.models import Person
from telephony import client, clock, doors
from telephony.chores import MayCall
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.events import is_final

logger = logging.getLogger(__name__)

RING_SECONDS = 25
LEASE = timedelta(seconds=20)
"""Twice the longest exchange with Twilio: connecting 2 s, reading 8 s."""
LOOK_AGAIN = timedelta(seconds=5)
LOOKS = 3
"""How often Twilio is asked for a call before it counts as never placed: its lists lag behind."""
CLOCKS_APART = timedelta(seconds=60)
SILENT = timedelta(seconds=90)
"""A call of which nothing was heard for so long is asked for."""
NOT_NOW = timedelta(seconds=1)
ENGAGED = timedelta(seconds=30)


def ring(session_id: int, may_call: MayCall) -> bool:
    """Ring the executive of a session whose time has come. False where it was not its turn."""
    with transaction.atomic():
        row = sessions.locked(session_id)
        now = clock.now()
        if row.status != SessionStatus.BOOKED or row.next_at is None or row.next_at > now:
            return False
        if now >= row.planned_end - steps.TOO_LATE:
            sessions.miss(session=row, why="It could not be rung while its time lasted.")
            return True
        if not row.person.can_be_rung:
            sessions.miss(session=row, why="The phone number is not verified.")
            return True
        claim = uuid.uuid4().hex
        if not sessions.begin_ringing(row, claim=claim, lease_until=now + LEASE):
            Session.objects.filter(pk=row.pk).update(next_at=now + ENGAGED)
            return True
    if not may_call():
        sessions.put_back(session_id=session_id, again_at=now + NOT_NOW)
        return False
    return _place(row)


def _place(row: Session) -> bool:
    try:
        call = client.place_call(
            to=row.person.phone,
            answer_url=links.webhook("session-answer", row.pk),
            status_callback=links.webhook("session-status", row.pk),
            ring_seconds=RING_SECONDS,
        )
    except OutcomeUnknown:
        logger.warning("Nobody knows yet whether the ring of session %s went out", row.pk)
        Session.objects.filter(pk=row.pk, call_claim=row.call_claim, call_sid="").update(
            next_at=clock.now() + LOOK_AGAIN
        )
    except TelephonyError as error:
        logger.warning("Session %s was not rung: %s", row.pk, error)
        if error.permanent:
            with transaction.atomic():
                sessions.miss(session=row, why=f"{error.message} {error.remedy}")
        else:
            sessions.put_back(session_id=row.pk, again_at=clock.now() + LOOK_AGAIN)
    else:
        sessions.placed(session_id=row.pk, sid=call.sid, silent_at=clock.now() + SILENT)
    return True


def settle(row: Session) -> None:
    """A session that rings and of which nothing is heard: Twilio is asked. No transaction is open."""
    if row.call_sid:
        look(row, again=SILENT)
        return
    since = (row.called_at or row.planned_start) - CLOCKS_APART
    try:
        seen = [call.sid for call in client.find_calls(to=row.person.phone, since=since)]
    except TelephonyError as error:
        logger.warning("Twilio cannot say yet whether session %s was rung: %s", row.pk, error)
        Session.objects.filter(pk=row.pk).update(next_at=clock.now() + LOOK_AGAIN)
        return
    ours = next((sid for sid in seen if not doors.knows(sid)), None)
    if ours is not None:
        sessions.placed(session_id=row.pk, sid=ours, silent_at=clock.now() + SILENT)
    elif row.call_looks + 1 < LOOKS:
        Session.objects.filter(pk=row.pk, call_sid="").update(
            call_looks=row.call_looks + 1, next_at=clock.now() + LOOK_AGAIN
        )
    else:
        sessions.put_back(session_id=row.pk, again_at=clock.now())


def look(row: Session, *, again: timedelta) -> None:
    """Ask Twilio whether the executive's call is still there: the report of its end may be lost."""
    try:
        status = client.fetch_call(sid=row.call_sid).status
    except TelephonyError as error:
        if error.code != 20404:
            logger.warning("Twilio cannot say yet how the call of session %s goes: %s", row.pk, error)
            Session.objects.filter(pk=row.pk).update(next_at=clock.now() + LOOK_AGAIN)
            return
        status = "completed"
    if is_final(status):
        sessions.call_over(
            session_id=row.pk, call_sid=row.call_sid, detail="Twilio says that the call is over."
        )
    else:
        now = clock.now()
        Session.objects.filter(pk=row.pk).update(heard_at=now, next_at=now + again)


def hang_up(row: Session) -> None:
    """End a call of this session that is of no use any more."""
    try:
        client.hang_up(sid=row.hang_up_sid)
    except TelephonyError as error:
        logger.warning("A call of session %s does not end yet: %s", row.pk, error)
        return
    Session.objects.filter(pk=row.pk, hang_up_sid=row.hang_up_sid).update(hang_up_sid="")


def session_of_caller(person: Person) -> Session | None:
    """The session that an executive who dials our number means: under way and cut off, or to be begun now."""
    now = clock.now()
    rows = Session.objects.filter(person=person, kind="listening", planned_end__gt=now).select_related(
        "person", "programme"
    )
    running = rows.filter(status=SessionStatus.RUNNING).first()
    if running is not None:
        return running
    for row in rows.filter(planned_start__lte=now + steps.EARLY).order_by("planned_start"):
        if steps.may_begin(status=row.status, start=row.planned_start, end=row.planned_end, now=now):
            return row
    return None
