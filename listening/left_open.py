"""Sessions without a telephone that nobody ended: audits and reviews left open, ride-alongs of which nothing is said.

`next_at` says when to look (`listening.loop` looks). What was done counts as if it had been closed then; what nobody
was named for falls to whoever opened the box, so that all of it has an owner; where nothing was done nothing is asked.
"""

from datetime import datetime

from django.db.models import Max

from listening import audits, links, sessions
from listening.models import EvidenceKind, Session, SessionKind
from listening.ride_alongs import FARTHEST_BACK, how_long_key
from people import letters
from rota.told_times import told
from telephony import clock


def look(row: Session) -> None:
    """End it, or say when to look again. The caller's transaction holds the lock of a session whose time has come."""
    if row.kind == SessionKind.RIDE_ALONG:
        _ride_along(row)
        return
    last = _last_done(row)
    if last + sessions.LEFT_OPEN > clock.now():
        _again(row, last + sessions.LEFT_OPEN)
    elif row.kind == SessionKind.AUDIT:
        audits.close_left_open(row, over_at=last)
    else:
        sessions.finish(session=row, why="Left open.", over_at=last)


def _last_done(row: Session) -> datetime:
    done = row.evidence.filter(kind__in=(EvidenceKind.ITEM, EvidenceKind.PLAYED))
    return done.aggregate(last=Max("at"))["last"] or row.started_at or row.planned_start


def _ride_along(row: Session) -> None:
    """Once its time is over the executive is asked how it was; what they do not answer in two weeks did not happen."""
    answer_by = max(row.planned_end, row.created_at) + FARTHEST_BACK
    if clock.now() >= answer_by:
        sessions.cancel(session=row, why="Nobody said how it was.")
        return
    person, ride = row.person, row.ride_along
    letters.write_to(
        person=person,
        key=how_long_key(ride),
        kind="ride-along",
        subject="How long was your ride-along?",
        text=f"Say how long you were with {ride.colleague.name} "
        f"{told(row.planned_start, person)}, or call it off:\n\n{links.session_url(row)}\n\n"
        f"Until you do nothing is credited; from {told(answer_by, person)} on it counts as called off.\n",
        useful_until=answer_by,
    )
    _again(row, answer_by)


def _again(row: Session, at: datetime) -> None:
    Session.objects.filter(pk=row.pk).update(next_at=at)
