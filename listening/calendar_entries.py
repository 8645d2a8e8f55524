"""Sessions in everybody's calendar feed: those that no held time stands for.

A time to listen is a hold of the rota and comes with its invitation; a ride-along, an audit or a review that was
planned has none, and stands in the feed alone.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from calendars.entries import Alarm, Entry, uid_for
from listening.models import Session, SessionStatus
from rota.calendar_entries import PRODUCT, uid_host
from rota.feeds import EntryKind, Mark, mark_of

_OFF = (SessionStatus.CANCELLED, SessionStatus.MISSED)


def _mark(person: int, since: datetime) -> Mark:
    return mark_of(
        _MARK,
        person=person,
        since=since,
        cancelled=SessionStatus.CANCELLED.value,
        missed=SessionStatus.MISSED.value,
    )


_MARK = """
    SELECT count(*) FILTER (WHERE planned_end > %(since)s AND status NOT IN (%(cancelled)s, %(missed)s)),
           sum(id) FILTER (WHERE planned_end > %(since)s AND status NOT IN (%(cancelled)s, %(missed)s)),
           max(updated_at)
    FROM listening_session WHERE person_id = %(person)s AND hold_id IS NULL
"""


def _entries(person: int, since: datetime) -> Iterable[Entry]:
    rows = Session.objects.filter(_shown(since), person=person, hold=None).select_related("programme")
    return [_entry(session) for session in rows]


def _shown(since: datetime) -> Q:
    return Q(planned_end__gt=since) & ~Q(status__in=_OFF)


def _entry(session: Session) -> Entry:
    url = f"{settings.PUBLIC_BASE_URL.rstrip('/')}/listening/sessions/{session.pk}/"
    summary = f"{session.get_kind_display()}: {session.programme.name}"
    return Entry(
        uid=uid_for("session", str(session.pk), uid_host()),
        sequence=0,
        stamp=session.updated_at,
        created=session.created_at,
        modified=session.updated_at,
        start=session.planned_start,
        end=session.planned_end,
        summary=summary,
        description=f"What it is about, and its debrief: {url}",
        url=url,
        transparent=True,
        alarms=(Alarm(minutes_before=60, text=f"In an hour: {summary}"),),
        categories=(PRODUCT,),
    )


SESSIONS = EntryKind(name="sessions", mark=_mark, entries=_entries)
