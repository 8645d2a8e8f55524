"""Where an executive's call should be, and when to look again: pure, no rows and no clock.

Every change from outside (a payment, a decline, the end of a call) only changes what should be; whoever notices sends
Twilio to ask again, and our answer follows from here. So a doubled, late or lost event changes nothing for good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from listening.models.sessions import Place, SessionStatus, VisitStatus

RING_AGAIN = timedelta(minutes=3)
"""After the first ring that nobody answered."""
MOST_RINGS = 2
TOO_LATE = timedelta(minutes=2)
"""Less than this before its end a session is not begun any more."""
EARLY = timedelta(minutes=10)
"""So long before its time an executive who dials in is let in."""
CUT_OFF_GRACE = timedelta(seconds=60)
"""An executive whose call broke off may call back within this; then the session is over."""
DRAW_AGAIN = timedelta(seconds=5)
SEEN_ON_PAGE_WITHIN = timedelta(seconds=10)
"""An agent who is told on the page and does not look is told by text after this."""
QUIET = {Place.ROOM: timedelta(seconds=60)}
"""So long without a sign of the executive's call, Twilio is asked whether it is still there."""
QUIET_ELSEWHERE = timedelta(seconds=40)
NOT_AT_ONCE = timedelta(seconds=0.5)
"""What is overdue and cannot be done is looked at again after this."""
MOVE_AGAIN = timedelta(seconds=1)
"""A call that was sent elsewhere and did not ask us by then is sent again: a payment leaves two seconds for it."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is known of a session that runs. `told` says whether the agent knows of the offer."""

    place: str
    until: datetime
    call_sid: str
    cut_off_at: datetime | None
    heard_at: datetime | None
    present_until: datetime | None
    visit: VisitStatus | None
    told: bool = False
    offered_at: datetime | None = None
    answer_by: datetime | None = None


def place_for(scene: Scene, now: datetime) -> Place:
    """Where the executive's call should be now.

    Somebody who is being asked something is not torn away, but for the end: their answer brings them to the right
    place.
    """
    if now >= scene.until or scene.place == Place.ENDING:
        return Place.ENDING
    if scene.place in (Place.MENU, Place.PRESENCE):
        return Place(scene.place)
    if scene.visit == VisitStatus.REMOVED:
        return Place.PAUSED
    if scene.visit not in (VisitStatus.COMING, VisitStatus.IN):
        return Place.WAITING
    if scene.present_until is not None and now >= scene.present_until:
        return Place.PRESENCE
    return Place.ROOM


def next_look(scene: Scene, now: datetime) -> datetime | None:
    """When what should be may change by time alone, or Twilio is to be asked; None for never."""
    if scene.place == Place.ENDING:
        return (scene.heard_at or now) + QUIET_ELSEWHERE
    if not scene.call_sid:
        return min(scene.until, (scene.cut_off_at or now) + CUT_OFF_GRACE)
    instants = [scene.until, (scene.heard_at or now) + quiet_after(scene.place)]
    if scene.visit is None and scene.place == Place.WAITING:
        instants.append(now + DRAW_AGAIN)
    if scene.visit == VisitStatus.OFFERED and not scene.told:
        instants.append((scene.offered_at or now) + SEEN_ON_PAGE_WITHIN)
    elif scene.visit == VisitStatus.OFFERED and scene.answer_by is not None:
        instants.append(scene.answer_by)
    if scene.place == Place.ROOM and scene.present_until is not None:
        instants.append(scene.present_until)
    return max(min(instants), now + NOT_AT_ONCE)


def quiet_after(place: str) -> timedelta:
    """How long a call may be silent to us before Twilio is asked for it."""
    return QUIET.get(Place(place), QUIET_ELSEWHERE) if place else QUIET_ELSEWHERE


def minutes_left(until: datetime, now: datetime) -> int:
    """Whole minutes, at least one."""
    return max(1, round((until - now).total_seconds() / 60))


def may_begin(*, status: str, start: datetime, end: datetime, now: datetime) -> bool:
    """Whether a session may be begun now: from some minutes before its time until shortly before its end."""
    waits = status in (SessionStatus.BOOKED, SessionStatus.RINGING, SessionStatus.MISSED)
    return waits and start - EARLY <= now < end - TOO_LATE
