"""Run inside an installation: the rows of planned calls and visits, and afterwards their credit.

python -m benches.listening_rows make|credit PLAN.json; `credit` prints one JSON object.
"""

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - Django is set up first

from listening.ledger import credit_session  # noqa: E402
from listening.models import (  # noqa: E402
    CallSource,
    Debrief,
    Evidence,
    LiveCall,
    LiveCallState,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from listening.reckoning import reckon_many  # noqa: E402
from people.models import Person  # noqa: E402
from rota.models import Programme  # noqa: E402


def make(plan: dict[str, Any]) -> None:
    """Executives with a session each, over; and the calls that they are about to visit."""
    programme = Programme.objects.order_by("pk")[0]
    start = datetime.fromisoformat(plan["start"])
    end = start + timedelta(seconds=max(call["end"] for call in plan["calls"]))
    sessions = []
    for n in range(plan["listeners"]):
        person = Person.objects.create_user(
            f"hours{n}@example.com",
            None,
            name=f"Listener {n}",
            phone=f"+155520{30000 + n}",
            phone_verified_at=start,
            is_executive=True,
        )
        sessions.append(
            Session.objects.create(
                programme=programme,
                person=person,
                status=SessionStatus.FINISHED,
                planned_start=start,
                planned_end=end,
                month=start.astimezone(programme.zone).date().replace(day=1),
                started_at=start,
                ended_at=end,
                debrief_due_at=timezone.now() + timedelta(days=3),
                created_at=start,
            )
        )
    calls = LiveCall.objects.bulk_create(
        LiveCall(
            source=CallSource.OWN,
            conference_name=call["name"],
            programme=programme,
            announced=True,
            state=LiveCallState.LIVE,
            started_at=start,
            state_at=start,
        )
        for call in plan["calls"]
    )
    Visit.objects.bulk_create(
        Visit(
            session=sessions[visit["listener"]],
            live_call=calls[visit["call"]],
            participant=visit["label"],
            status=VisitStatus.LEFT,
            offered_at=start + timedelta(seconds=visit["at"]),
            left_at=start + timedelta(seconds=visit["end"]),
        )
        for visit in plan["visits"]
    )


def credit(plan: dict[str, Any]) -> dict[str, Any]:
    """Every session debriefed and credited; what the ledger says, and what was lost."""
    sessions = list(
        Session.objects.filter(status=SessionStatus.FINISHED).select_related("programme", "person")
    )
    Debrief.objects.bulk_create(
        Debrief(session=one, heard="Bills.", by=one.person, created_at=timezone.now()) for one in sessions
    )
    reckoned = reckon_many(sessions)
    visits = [visit for one in reckoned.values() for visit in one.visits]
    whole = [visit for visit in visits if not visit.reckoned.missing]
    planned = {visit["label"]: _seconds(plan, visit) for visit in plan["visits"]}
    return {
        "sessions": {
            one.person.phone: {
                "seconds": sum(entry.seconds for entry in credit_session(session=one)),
                "missing": len(reckoned[one.pk].whole.missing),
                "doubts": len(reckoned[one.pk].whole.doubts),
            }
            for one in sessions
        },
        "events": Evidence.objects.count(),
        "visits": len(whole),
        "visits_whole": sum(visit.reckoned.seconds == planned[visit.visit.participant] for visit in whole),
        "visits_with_losses": len(visits) - len(whole),
        "doubted": sum(doubt.seconds for visit in visits for doubt in visit.reckoned.doubts),
    }


def _seconds(plan: dict[str, Any], visit: dict[str, Any]) -> int:
    """What a visit is by the plan alone: there from its beginning to its end, less what was on hold meanwhile."""
    call = plan["calls"][visit["call"]]
    held = sum(
        max(0, min(visit["end"], until) - max(visit["at"], begin)) for _, begin, until in call["holds"]
    )
    return int(visit["end"] - visit["at"] - held)


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text())
    if sys.argv[1] == "make":
        make(given)
    else:
        sys.stdout.write(json.dumps(credit(given)))
