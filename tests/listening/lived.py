"""Sessions that were lived, as rows with their evidence: for tests of what comes after them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from listening.models import (
    CallSource,
    Evidence,
    EvidenceStrength,
    LiveCall,
    LiveCallState,
    Session,
    SessionKind,
    SessionStatus,
    Visit,
    VisitStatus,
)
from people.models import Person
from rota.models import Programme

FORTY = (
    "1 0:00 join customer",
    "2 0:00 join agent",
    "3 0:00 start",
    "4 0:00 join listener",
    "5 5:00 hold customer",
    "6 8:00 unhold customer",
    "7 20:00 hold agent",
    "8 22:30 unhold agent",
    "9 30:00 hold customer",
    "10 30:30 unhold customer",
    "11 40:00 leave listener",
    "12 41:00 leave customer",
    "13 41:00 leave agent",
    "14 41:00 end",
)
"""Forty minutes of which six were on hold: 34:00."""


def sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"


def live_session(
    programme: Programme,
    person: Person,
    agent: Person | None,
    start: datetime,
    *stories: Sequence[str],
    **fields: Any,
) -> Session:
    """A finished session whose calls went as the stories tell ("5 2:00 hold customer"); each has a call of its own."""
    end = start + timedelta(minutes=45)
    session = Session.objects.create(
        **{
            "programme": programme,
            "person": person,
            "kind": SessionKind.LISTENING,
            "status": SessionStatus.FINISHED,
            "planned_start": start,
            "planned_end": end,
            "month": start.astimezone(programme.zone).date().replace(day=1),
            "started_at": start,
            "ended_at": end,
            "debrief_due_at": end + timedelta(days=3),
            "created_at": start - timedelta(days=5),
            **fields,
        }
    )
    for story in stories:
        visit_of(session, agent, start, story)
    return session


def visit_of(
    session: Session, agent: Person | None, start: datetime, story: Sequence[str], **fields: Any
) -> Visit:
    """One more call of the session, and what was told of it."""
    number = LiveCall.objects.count() + 1
    call = LiveCall.objects.create(
        **{
            "source": CallSource.OWN,
            "conference_sid": sid("CF", number),
            "agent": agent,
            "agent_call_sid": sid("CA", 10 * number),
            "customer_call_sid": sid("CA", 10 * number + 1),
            "programme": session.programme,
            "announced": True,
            "state": LiveCallState.ENDED,
            "callbacks_ours": True,
            "started_at": start,
            "state_at": start,
            "ended_at": session.ended_at,
            **fields,
        }
    )
    visit = Visit.objects.create(
        session=session,
        live_call=call,
        participant=f"l-{number}",
        status=VisitStatus.LEFT,
        offered_at=start,
        joined_at=start,
        left_at=start + timedelta(minutes=40),
    )
    tell(visit, start, story)
    return visit


def tell(visit: Visit, start: datetime, story: Sequence[str]) -> list[Evidence]:
    """Put what is told of a call on record. A line that begins with "-" is ours and has no number, one with "look" is
    a look at the participants. In a centre's own conference only our listeners have labels."""
    call, session = visit.live_call, visit.session
    sids = {
        "agent": call.agent_call_sid,
        "customer": call.customer_call_sid,
        "listener": sid("CA", 10 * call.pk + 2),
        "other": sid("CA", 10 * call.pk + 3),
        "extension": call.agent_call_sid,
    }
    labels = {"listener": visit.participant, "other": "l-other"}
    rows = []
    for line in story:
        number, clock, kind, *who = line.split()
        minutes, seconds = clock.split(":")
        name = who[0] if who else ""
        own = kind in ("present", "absent")
        at = start + timedelta(minutes=int(minutes), seconds=int(seconds))
        rows.append(
            Evidence.objects.create(
                live_call=None if own else call,
                session=session if own or name == "listener" else None,
                kind=kind,
                strength=EvidenceStrength.LOOK if number == "look" else EvidenceStrength.CALLBACK,
                source_sid=call.conference_sid if number.isdecimal() else "",
                sequence=int(number) if number.isdecimal() else None,
                call_sid=sids.get(name, ""),
                participant=labels.get(name, "" if call.source == CallSource.REGISTERED else name),
                at=at,
                received_at=at,
            )
        )
    return rows


def at(clock: str) -> datetime:
    """ "2026-06-17 14:00" in UTC."""
    return datetime.fromisoformat(f"{clock}+00:00").astimezone(UTC)
