"""Administrators see what goes on: live calls, whether they may be listened to, sessions under way, declined offers.

Of declined offers there is a programme's total of a month and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from listening import drawing
from listening.models import UNDER_WAY, DeclinedOffers, LiveCall, Session
from people.models import Role
from rota.models import Programme
from telephony import clock
from web.access import PersonRequest, open_to
from web.listening_words import CALL_LOOKS, session_look
from web.seen import mark
from web.words import Look

MOST_CALLS = 60
MONTHS = 6


@dataclass(frozen=True)
class Row:
    """One live call. `why` says why nobody may listen to it; "" where they may."""

    call: LiveCall
    look: Look
    why: str


@require_GET
@open_to(Role.ADMIN)
def wall(request: PersonRequest) -> HttpResponse:
    """The wall, with the ways to everything that administrators decide about listening."""
    declined = DeclinedOffers.objects.select_related("programme").order_by("-month", "programme__name")
    context = _moving() | {
        "programmes": Programme.objects.order_by("name", "pk"),
        "declined": declined[: MONTHS * 4],
    }
    return render(request, "web/listening/wall.html", context)


@require_GET
@open_to(Role.ADMIN)
def live(request: PersonRequest) -> HttpResponse:
    """The moving part: 204 while nothing has changed."""
    moving = _moving()
    if request.GET.get("seen") == moving["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/listening/wall_moving.html", moving)


def _moving() -> dict[str, Any]:
    """Four queries, whatever goes on."""
    countries = drawing.countries_now()
    running = LiveCall.objects.running().select_related("programme").order_by("-started_at", "-pk")
    calls = list(drawing.with_listeners(running)[: MOST_CALLS + 1])
    rows = [Row(call, CALL_LOOKS[call.state], _why(call, countries)) for call in calls[:MOST_CALLS]]
    under_way = Session.objects.filter(status__in=UNDER_WAY).select_related("person", "programme")
    sessions = [(one, session_look(one)) for one in under_way.order_by("planned_start", "pk")]
    return {
        "rows": rows,
        "more": len(calls) > MOST_CALLS,
        "sessions": sessions,
        "now": clock.now(),
        "seen": mark(
            *((row.call.pk, row.call.state, row.why, getattr(row.call, "listeners", 0)) for row in rows),
            *((one.pk, one.status, one.place) for one, _ in sessions),
        ),
    }


def _why(call: LiveCall, countries: Any) -> str:
    why = drawing.refusal(call, None, countries)
    return why.words if why is not None else ""
