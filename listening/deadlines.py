"""What is due from somebody, in their calendar feed: debriefs to write, actions to do. What is done is gone from it.

Nobody is invited to a deadline: mails remind of them (`listening.debriefs`, `learnings.actions`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from calendars.entries import Alarm, Entry, uid_for
from learnings.addresses import action_path, page_address
from learnings.models import Action
from listening.links import debrief_url
from listening.models import Session, SessionStatus
from rota.calendar_entries import PRODUCT, uid_host
from rota.feeds import EntryKind, Mark

_SHOWN = timedelta(minutes=30)
"""A debrief's entry ends when it is due."""
_A_DAY, _AT_EIGHT = 24 * 60, -8 * 60


def _debriefs_mark(person: int, since: datetime) -> Mark:
    open_ = Q(debrief=None, debrief_due_at__gt=since)
    found = _debriefed(person).aggregate(
        count=Count("pk", filter=open_),
        keys=Sum("pk", filter=open_),
        changed=Max("updated_at"),
        written=Max("debrief__created_at"),
    )
    changed = max((at for at in (found["changed"], found["written"]) if at is not None), default=None)
    return Mark(state=(found["count"], found["keys"], changed and changed.isoformat()), changed_at=changed)


def _debriefs(person: int, since: datetime) -> Iterable[Entry]:
    due = _debriefed(person).filter(debrief=None, debrief_due_at__gt=since).select_related("programme")
    return [
        _debrief(session, session.debrief_due_at) for session in due if session.debrief_due_at is not None
    ]


def _debriefed(person: int) -> QuerySet[Session]:
    """The sessions that are over and want a debrief, or have one."""
    return Session.objects.filter(person=person, status=SessionStatus.FINISHED, debrief_due_at__isnull=False)


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
    record: Any = Action.history
    ever = record.filter(owner=person).order_by().values("id")
    found = record.filter(id__in=ever).aggregate(count=Count("history_id"), changed=Max("history_date"))
    return Mark(
        state=(found["count"], found["changed"] and found["changed"].isoformat()), changed_at=found["changed"]
    )


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
