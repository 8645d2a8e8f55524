"""What is due from somebody, in their calendar feed: debriefs to write, actions to do. What is done is gone from it.

Nobody is invited to a deadline: mails remind of them (`listening.debriefs`, `learnings.actions`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery

from calendars.entries import Alarm, Entry, uid_for
from learnings.addresses import action_path, page_address
from learnings.models import Action
from listening.links import debrief_url
from listening.models import Session, SessionStatus
from rota.calendar_entries import PRODUCT, uid_host
from rota.feeds import EntryKind, Mark, mark_of

_SHOWN = timedelta(minutes=30)
"""A debrief's entry ends when it is due."""
_A_DAY, _AT_EIGHT = 24 * 60, -8 * 60


def _debriefs_mark(person: int, since: datetime) -> Mark:
    return mark_of(_DEBRIEFS_MARK, person=person, since=since, finished=SessionStatus.FINISHED.value)


_DEBRIEFS_MARK = """
    SELECT count(*) FILTER (WHERE debrief.id IS NULL AND session.debrief_due_at > %(since)s),
           sum(session.id) FILTER (WHERE debrief.id IS NULL AND session.debrief_due_at > %(since)s),
           max(session.updated_at), max(debrief.created_at)
    FROM listening_session session LEFT JOIN listening_debrief debrief ON debrief.session_id = session.id
    WHERE session.person_id = %(person)s AND session.status = %(finished)s AND session.debrief_due_at IS NOT NULL
"""


def _debriefs(person: int, since: datetime) -> Iterable[Entry]:
    due = Session.objects.filter(
        person=person, status=SessionStatus.FINISHED, debrief=None, debrief_due_at__gt=since
    ).select_related("programme")
    return [
        _debrief(session, session.debrief_due_at) for session in due if session.debrief_due_at is not None
    ]


def _debrief(session: Session, due: datetime) -> Entry:
    summary = f"Debrief due: {session.get_kind_display()}, {session.programme.name}"
    url = debrief_url(session)
    return Entry(
        uid=uid_for("debrief", str(session.pk), uid_host()),
        sequence=0,
        stamp=session.updated_at,
        created=session.created_at,
        modified=session.updated_at,
        start=due - _SHOWN,
        end=due,
        summary=summary,
        description=f"Three answers; without them the minutes do not count: {url}",
        url=url,
        transparent=True,
        alarms=(Alarm(minutes_before=_A_DAY, text=summary),),
        categories=(PRODUCT,),
    )


def _actions_mark(person: int, since: datetime) -> Mark:
    """Every change of an action is on record, and so is who had it then."""
    return mark_of(_ACTIONS_MARK, person=person, since=since)


_ACTIONS_MARK = """
    SELECT count(*), count(*) FILTER (WHERE due_on > %(since)s), max(history_date) FROM learnings_historicalaction
    WHERE id IN (SELECT id FROM learnings_historicalaction WHERE owner_id = %(person)s)
"""


def _actions(person: int, since: datetime) -> Iterable[Entry]:
    record: Any = Action.history
    revisions = record.filter(id=OuterRef("pk")).order_by().values("id")
    live = Action.objects.live().filter(owner=person, due_on__gt=since.date())
    return [
        _action(action)
        for action in live.annotate(
            revisions=Subquery(revisions.annotate(found=Count("history_id")).values("found")),
            changed_at=Subquery(revisions.annotate(found=Max("history_date")).values("found")),
        )
    ]


def _action(action: Any) -> Entry:
    changed = action.changed_at or action.opened_at
    url = page_address(action_path(action.pk))
    return Entry(
        uid=uid_for("action", str(action.pk), uid_host()),
        sequence=max(0, (action.revisions or 1) - 1),
        stamp=changed,
        created=action.created_at,
        modified=changed,
        start=action.due_on,
        end=action.due_on + timedelta(days=1),
        summary=f"Action due: {action.what}",
        description=url,
        url=url,
        transparent=True,
        alarms=(Alarm(minutes_before=_AT_EIGHT, text=f"Due today: {action.what}"),),
        categories=(PRODUCT,),
    )


DEBRIEFS = EntryKind(name="debriefs", mark=_debriefs_mark, entries=_debriefs)
ACTIONS = EntryKind(name="actions", mark=_actions_mark, entries=_actions)
