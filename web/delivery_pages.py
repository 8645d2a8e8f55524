"""Administrators look after deliveries: what waits or failed, why, what mends it; sent again or taken back.

Calls, texts and mails about cases are the pager's; letters (reminders, invitations, warnings) are the queue's.
"""

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

from escalations import degraded, deliveries
from escalations.deliveries import Delivery
from escalations.models import Heartbeat
from people import letters_overview
from people.errors import Refused
from people.models import Person, Role
from telephony import clock
from web.access import PersonRequest, open_to
from web.health import PAGER_SILENT_AFTER
from web.outages import reason
from web.refusals import onto_page
from web.seen import mark
from web.words import Look

PAGER, QUEUE = "pager", "queue"
# A task leaves the queue's mark each minute, and may have to wait for its turn (config.canary).
QUEUE_SILENT_AFTER = timedelta(minutes=5)
LETTER = "letter"
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
class LetterRow:
    """One letter as it is shown."""

    letter: letters_overview.Shown
    look: Look


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
    """When pager or queue last did its work (None: never), its age in words, and whether that is recent enough."""

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
    return _act(request, kind, pk, deliveries.retry, letters_overview.retry, "It goes out again now.")


@require_POST
@open_to(Role.ADMIN)
def cancel(request: PersonRequest, kind: str, pk: int) -> HttpResponseBase:
    """Take it back."""
    done = "Taken back: it does not go out."
    return _act(request, kind, pk, deliveries.cancel, letters_overview.cancel, done)


@require_POST
@open_to(Role.ADMIN)
def retry_letters(request: PersonRequest) -> HttpResponseBase:
    """Send all letters again that failed by mail: after the mail server was mended."""
    again = letters_overview.retry_failed(by=request.user)
    if again:
        messages.success(request, f"{again} {'goes' if again == 1 else 'go'} out again now.")
    else:
        messages.info(request, "Nothing that failed by mail would still be of use.")
    return redirect(_path("web:deliveries", _state(request.POST.get("state", ""))))


class Verb(Protocol):
    """`deliveries.retry` or `deliveries.cancel`."""

    def __call__(self, *, kind: str, pk: int, by: Person) -> None: ...


class LetterVerb(Protocol):
    """`letters_overview.retry` or `letters_overview.cancel`."""

    def __call__(self, *, pk: int, by: Person) -> None: ...


def _act(
    request: PersonRequest, kind: str, pk: int, verb: Verb, letter_verb: LetterVerb, done: str
) -> HttpResponseBase:
    """Do it and go back to the same choice of rows; a refusal is shown there."""
    try:
        if kind == LETTER:
            letter_verb(pk=pk, by=request.user)
        else:
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
    letters = [LetterRow(one, LOOKS[one.state]) for one in letters_overview.overview(state)]
    letter_counts = letters_overview.counts()
    (pulse, queue), outage = _pulses(now), degraded.outage()
    choices = _choices(Counter(one.state for one in every), letter_counts, state)
    # What a case is called hardly changes; the rest of a row is in the mark.
    marks = [(row.delivery.kind, row.delivery.pk, *_moving(row)) for row in rows]
    counts = [choice.count for choice in choices]
    seen = mark(pulse.age, queue.well or queue.age, outage, *counts, *marks, *(row.letter for row in letters))
    return {
        "rows": rows,
        "letters": letters,
        "letters_in_all": letter_counts[state] if state else sum(letter_counts.values()),
        "letters_failed": letter_counts["failed"],
        "state": state,
        "choices": choices,
        "nothing": _NOTHING[state],
        "pulse": pulse,
        "queue": queue,
        "outage": outage,
        "outage_why": reason(outage) if outage else "",
        "seen": seen,
        "live_path": _path("web:deliveries-live", state, seen=seen),
    }


def _row(one: Delivery, now: datetime) -> Row:
    # Only a queued one may be taken back; what is due already may go out at any moment.
    waits = one.may_cancel and one.due_at > now
    return Row(one, LOOKS[one.state], one.due_at if waits else one.turn_at)


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


def _choices(cases: Mapping[str, int], letters: Mapping[str, int], state: str) -> list[Choice]:
    counts = {one: cases.get(one, 0) + letters[one] for one in LOOKS}
    named = [
        ("", "All", sum(counts.values())),
        *((one, look.words, counts[one]) for one, look in LOOKS.items()),
    ]
    return [
        Choice(one, words, count, _path("web:deliveries", one), one == state) for one, words, count in named
    ]


def _pulses(now: datetime) -> tuple[Pulse, Pulse]:
    """The pager's and the queue's."""
    beats = dict(Heartbeat.objects.filter(name__in=(PAGER, QUEUE)).values_list("name", "at"))
    pager, queue = beats.get(PAGER), beats.get(QUEUE)
    return _pulse(pager, now, PAGER_SILENT_AFTER), _pulse(queue, now, QUEUE_SILENT_AFTER)


def _pulse(at: datetime | None, now: datetime, silent_after: timedelta) -> Pulse:
    if at is None:
        return Pulse(None, "", well=False)
    age = max(now - at, timedelta(0))
    return Pulse(at, _age(age), well=age < silent_after)


def _age(age: timedelta) -> str:
    """ "20 s" for "within the last 20 s" while it is short; "3 min", "2 h", rounded down, for "3 min ago"."""
    seconds = age.total_seconds()
    if seconds < 60:
        return f"{_AGE_STEP_SECONDS * (int(seconds) // _AGE_STEP_SECONDS + 1)} s"
    if seconds < 3600:
        return f"{int(seconds) // 60} min"
    return f"{int(seconds) // 3600} h"
