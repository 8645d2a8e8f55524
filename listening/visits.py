"""The only writer of a visit's status: one listener in one live call, from the offer to the agent to the last word.

OFFERED → COMING → IN ⇄ REMOVED → LEFT. The caller holds the locks of the live call and the session.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from listening.models import LIVE_VISIT, CallAction, CallSource, LiveCall, Session, Visit, VisitStatus
from telephony import clock

LABEL = "l-"
"""How every listener's label in a conference begins."""


def offer(
    *, session: Session, live_call: LiveCall, told_at: datetime | None = None, waits: bool = False
) -> Visit:
    """The agent is to be asked; with `told_at` they were, and had nothing against it. One that `waits` for the leg to
    another exchange comes when that is up."""
    now = clock.now()
    return Visit.objects.create(
        session=session,
        live_call=live_call,
        participant=LABEL + secrets.token_hex(10),
        status=VisitStatus.COMING if told_at and not waits else VisitStatus.OFFERED,
        offered_at=now,
        told_at=told_at,
    )


def current(session: Session) -> Visit | None:
    """The visit under way, with its call and the agent."""
    rows = Visit.objects.filter(session=session.pk, status__in=LIVE_VISIT)
    return rows.select_related("live_call__agent").first()


def told(visit: Visit, *, answer_seconds: int) -> None:
    """The agent knows who would like to listen, and may think about it for so long."""
    now = clock.now()
    visit.told_at, visit.answer_by = now, now + timedelta(seconds=answer_seconds)
    visit.save(update_fields=["told_at", "answer_by"])


def come(visit: Visit) -> None:
    """Nothing stands against it: in, or beside it while the customer pays."""
    paying = visit.live_call.state == "payment"
    visit.status = VisitStatus.REMOVED if paying else VisitStatus.COMING
    visit.save(update_fields=["status"])


def came_in(visit: Visit, at: datetime) -> None:
    """Twilio has seen the listener join. An event that comes late changes nothing."""
    visit.joined_at = visit.joined_at or at
    if visit.status == VisitStatus.COMING:
        visit.status = VisitStatus.IN
    visit.save(update_fields=["status", "joined_at"])


def take_out(live_call: LiveCall) -> int:
    """A payment begins: all listeners out."""
    inside = Visit.objects.filter(live_call=live_call, status__in=(VisitStatus.COMING, VisitStatus.IN))
    return inside.update(status=VisitStatus.REMOVED)


def bring_back(live_call: LiveCall) -> int:
    """The payment is over: all back in, muted, whatever they were allowed before."""
    outside = Visit.objects.filter(live_call=live_call, status=VisitStatus.REMOVED)
    return outside.update(status=VisitStatus.COMING, may_coach=False, may_speak=False)


def may_speak(visit: Visit, *, coach: bool, speak: bool) -> None:
    """The agent asked for it, or for silence again."""
    visit.may_coach, visit.may_speak = coach, speak
    visit.save(update_fields=["may_coach", "may_speak"])


def leave(visit: Visit, *, why: str = "") -> None:
    """It is over. An offer that came to nothing leaves no row; of who was on the way in, Twilio may still tell."""
    if visit.status == VisitStatus.LEFT:
        return
    if visit.live_call.source == CallSource.EXTENSION:  # its leg was there for this listener alone
        leg = LiveCall.objects.filter(pk=visit.live_call_id, ended_at=None)
        leg.update(next_action=CallAction.DROP, next_at=clock.now())
    if visit.status == VisitStatus.OFFERED:
        visit.delete()
        return
    visit.status, visit.left_at, visit.left_why = VisitStatus.LEFT, clock.now(), why[:120]
    visit.may_coach = visit.may_speak = False
    visit.save(update_fields=["status", "left_at", "left_why", "may_coach", "may_speak"])


def leave_all(rows: Iterable[Visit], *, why: str = "") -> None:
    """Several at once."""
    for visit in rows:
        leave(visit, why=why)


def over(*, session: Session) -> None:
    """The session listens no more."""
    rows = Visit.objects.filter(session=session.pk, status__in=LIVE_VISIT)
    leave_all(rows.select_related("live_call"))
