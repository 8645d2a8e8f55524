"""Administrators look after deliveries: what waits or failed, why, what mends it; sent again or taken back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from escalations import clock, degraded, deliveries
from escalations.deliveries import Delivery
from escalations.models import Heartbeat
from people.errors import Refused
from people.models import Person, Role
from web.access import PersonRequest, open_to
from web.health import PAGER_SILENT_AFTER
from web.outages import reason
from web.refusals import onto_page
from web.seen import mark
from web.words import Look

PAGER = "pager"
# A pager beats every 5 s; in steps of 10 its age stands still as long as all is well, and so does the page.
_AGE_STEP_SECONDS = 10

LOOKS: Mapping[str, Look] = {
    "stuck": Look("Stuck", "bad", "triangle-alert"),
    "sending": Look("Being sent", "live", "dot"),
    "queued": Look("Queued", "open", "clock"),
    "failed": Look("Failed", "bad", "circle-x"),
}
_NOTHING: Mapping[str, str] = {
    "": "Nothing waits",
    "stuck": "Nothing is stuck",
    "sending": "Nothing is being sent",
    "queued": "Nothing is queued",
    "failed": "Nothing has failed within a week",
}


@dataclass(frozen=True)
class Row:
    """One delivery as it is shown; `next_at` is when it is tried again by itself, None where that is not known."""

    delivery: Delivery
    look: Look
    next_at: datetime | None


@dataclass(frozen=True)
class Choice:
    """One state to look at alone, with how many there are; `state` is "" for all of them."""

    state: str
    words: str
    count: int
    path: str
    current: bool


@dataclass(frozen=True)
class Pulse:
    """When a pager last did its work (None: never), its age in words, and whether that is recent enough."""

    at: datetime | None
    age: str
    well: bool


@require_GET
@open_to(Role.ADMIN)
def overview(request: PersonRequest) -> HttpResponse:
    """What waits, the stuck first, and what failed within a week."""
    return render(request, "web/manage/deliveries.html", _standing(_state(request.GET.get("state", ""))))


@require_GET
@open_to(Role.ADMIN)
def live(request: PersonRequest) -> HttpResponse:
    """The page's moving part: 204 while nothing has changed since `seen`."""
    standing = _standing(_state(request.GET.get("state", "")))
    if request.GET.get("seen") == standing["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/manage/deliveries_moving.html", standing)


@require_POST
@open_to(Role.ADMIN)
def retry(request: PersonRequest, kind: str, pk: int) -> HttpResponseBase:
    """Send it again now."""
    return _act(request, kind, pk, deliveries.retry, "It goes out again now.")


@require_POST
@open_to(Role.ADMIN)
def cancel(request: PersonRequest, kind: str, pk: int) -> HttpResponseBase:
    """Take it back."""
    return _act(request, kind, pk, deliveries.cancel, "Taken back: it does not go out.")


class Verb(Protocol):
    """`deliveries.retry` or `deliveries.cancel`."""

    def __call__(self, *, kind: str, pk: int, by: Person) -> None: ...


def _act(request: PersonRequest, kind: str, pk: int, verb: Verb, done: str) -> HttpResponseBase:
    """Do it and go back to the same choice of rows; a refusal is shown there."""
    try:
        verb(kind=kind, pk=pk, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, done)
    return redirect(_path("web:deliveries", _state(request.POST.get("state", ""))))


def _state(given: str) -> str:
    return given if given in LOOKS else ""


def _path(view: str, state: str, **more: str) -> str:
    asked = ({"state": state} if state else {}) | more
    return reverse(view) + (f"?{urlencode(asked)}" if asked else "")


def _standing(state: str) -> dict[str, Any]:
    """Everything that moves on the page, and the mark of it."""
    now = clock.now()
    every = deliveries.overview()
    rows = [_row(one, now) for one in every if state in ("", one.state)]
    pulse, outage = _pulse(now), degraded.outage()
    choices = _choices(every, state)
    # What a case is called hardly changes; the rest of a row is in the mark.
    marks = [(row.delivery.kind, row.delivery.pk, *_moving(row)) for row in rows]
    seen = mark(pulse.age, outage, *(choice.count for choice in choices), *marks)
    return {
        "rows": rows,
        "state": state,
        "choices": choices,
        "nothing": _NOTHING[state],
        "pulse": pulse,
        "outage": outage,
        "outage_why": reason(outage) if outage else "",
        "seen": seen,
        "live_path": _path("web:deliveries-live", state, seen=seen),
    }


def _row(one: Delivery, now: datetime) -> Row:
    # Only a queued one may be taken back; what is due already may go out at any moment.
    waits = one.may_cancel and one.due_at > now
    return Row(one, LOOKS[one.state], one.due_at if waits else None)


def _moving(row: Row) -> tuple[object, ...]:
    one = row.delivery
    return (
        one.state,
        one.created_at,
        one.tries,
        one.code,
        one.why,
        one.may_retry,
        one.may_cancel,
        row.next_at,
    )


def _choices(every: list[Delivery], state: str) -> list[Choice]:
    counts = Counter(one.state for one in every)
    named = [("", "All", len(every)), *((one, look.words, counts[one]) for one, look in LOOKS.items())]
    return [
        Choice(one, words, count, _path("web:deliveries", one), one == state) for one, words, count in named
    ]


def _pulse(now: datetime) -> Pulse:
    at = Heartbeat.objects.filter(name=PAGER).values_list("at", flat=True).first()
    if at is None:
        return Pulse(None, "", well=False)
    age = max(now - at, timedelta(0))
    return Pulse(at, _age(age), well=age < PAGER_SILENT_AFTER)


def _age(age: timedelta) -> str:
    """ "20 s" for "within the last 20 s" while it is short; "3 min", "2 h", rounded down, for "3 min ago"."""
    seconds = age.total_seconds()
    if seconds < 60:
        return f"{_AGE_STEP_SECONDS * (int(seconds) // _AGE_STEP_SECONDS + 1)} s"
    if seconds < 3600:
        return f"{int(seconds) // 60} min"
    return f"{int(seconds) // 3600} h"
