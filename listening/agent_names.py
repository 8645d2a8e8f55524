"""Agents' names leave what is kept of calls: learnings at once, notes and calls after the programme's days.

Nobody is judged by an old note. What was thanked is the agent's own to keep (`learnings.thanks`).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from listening.models import Debrief, ListeningRules, LiveCall, Mark, Recording, Review, Visit
from telephony import clock

AN_AGENT = "the agent"
_ANSWERS = ("heard", "surprised", "would_change", "thanks")
_AT_ONCE = 500


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with each of these people's names made "the agent".

    A whole name is found however it is written; of a first or last name alone only the capitalised word, so that
    "may" and "will" stay what they are.
    """
    for name in sorted({" ".join(name.split()) for name in names}, key=len, reverse=True):
        if not name:
            continue
        whole = r"\s+".join(map(re.escape, name.split()))
        text = re.sub(rf"\b{whole}\b", AN_AGENT, text, flags=re.IGNORECASE)
        for part in name.split():
            if len(part) > 1:
                text = re.sub(rf"\b{re.escape(part)}\b", AN_AGENT, text)
    return text


def forget_due() -> int:
    """Take agents' names out of notes, and agents out of calls, that are older than the programme's days.

    Daily, by a schedule; a run that was missed is made up for by the next one. A call keeps its agent until the notes
    of all who heard it are done. Returns how many rows were changed.
    """
    now = clock.now()
    debriefs = Debrief.objects.filter(_older("created_at", "session__programme", now), names_gone_at=None)
    changed = 0
    while some := list(debriefs.order_by("created_at")[:_AT_ONCE]):
        changed += _forget_in(some, now)
    noted = Visit.objects.filter(
        live_call=OuterRef("pk"), session__debrief__isnull=False, session__debrief__names_gone_at=None
    )
    calls = LiveCall.objects.filter(_older("ended_at", "programme", now), ~Exists(noted), agent__isnull=False)
    recordings = Recording.objects.filter(_older("created_at", "programme", now), agent__isnull=False)
    return changed + calls.update(agent=None) + recordings.update(agent=None)


def _older(instant: str, programme: str, now: datetime) -> Q:
    """Older than the days of its programme, or than the default where the programme has no rules of its own."""
    default = ListeningRules().agent_name_days
    own = dict(ListeningRules.objects.values_list("programme", "agent_name_days"))
    wanted = Q(**{f"{instant}__lt": now - timedelta(days=default)}) & (
        ~Q(**{f"{programme}__in": list(own)}) | Q(**{f"{programme}__isnull": True})
    )
    for key, days in own.items():
        wanted |= Q(**{programme: key, f"{instant}__lt": now - timedelta(days=days)})
    return wanted


def _forget_in(debriefs: Collection[Debrief], now: datetime) -> int:
    """One transaction for some hundred debriefs, with their marked moments. Five queries."""
    sessions = [debrief.session_id for debrief in debriefs]
    names: defaultdict[int, set[str]] = defaultdict(set)
    visits = Visit.objects.filter(session__in=sessions, live_call__agent__isnull=False)
    for session, name in visits.values_list("session", "live_call__agent__name"):
        names[session].add(name)
    reviewed = Review.objects.filter(session__in=sessions, recording__agent__isnull=False)
    for session, name in reviewed.values_list("session", "recording__agent__name"):
        names[session].add(name)
    marks = list(Mark.objects.filter(session__in=sessions).exclude(note=""))
    for mark in marks:
        mark.note = without_names(mark.note, names[mark.session_id])[:500]
    for debrief in debriefs:
        for answer in _ANSWERS:
            setattr(debrief, answer, without_names(getattr(debrief, answer), names[debrief.session_id]))
        debrief.thanked, debrief.names_gone_at = None, now
    with transaction.atomic():
        Mark.objects.bulk_update(marks, ["note"])
        return Debrief.objects.bulk_update(debriefs, [*_ANSWERS, "thanked", "names_gone_at"])
