"""Listening: an executive's month, times to book in two taps, sessions to come and those that were.

Executives have their own page, assistants that of those whom they look after, administrators anybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, Sum
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from listening import booking
from listening.booking import FreeSlot
from listening.models import CreditKind, Debrief, Session, SessionKind, SessionStatus
from listening.pace import Pace, pace_of
from listening.rules import rules_of
from people.errors import Refused
from people.models import Person
from rota.acting_for import speaks_for
from rota.calendar_keeping import keeps_calendar
from rota.membership import programmes_of
from rota.models import Programme
from telephony import clock
from web.access import ANY_ROLE, ASSISTANT, PersonRequest, open_to
from web.listening_words import KIND_ICONS, minutes, session_look
from web.refusals import onto_page
from web.words import Look

SHOWN_AT_FIRST, MOST_SLOTS = 5, 40
AHEAD = timedelta(days=27)
PAST = 12


@dataclass(frozen=True)
class Line:
    """One session as a row. `credit` is what the ledger has of it, "34:00"; "" while it has nothing."""

    session: Session
    look: Look
    icon: str
    credit: str
    debriefed: bool
    may_change: bool
    waits_for_debrief: bool
    may_debrief: bool


@dataclass(frozen=True)
class Times:
    """The times of one programme that may be booked: at once, the next few, and the rest."""

    programme: Programme
    now: list[FreeSlot]
    first: list[FreeSlot]
    more: list[FreeSlot]


@dataclass(frozen=True)
class PaceLine:
    """One programme's month as a ring and a sentence; `planned` is how full what is booked makes it (percent).

    `kinds` are what was credited, each on its own line, and whether it counts toward the quota.
    """

    programme: Programme
    told: Pace
    planned: int
    kinds: list[tuple[str, str, bool]]

    @property
    def month(self) -> date:
        return self.told.month

    @property
    def reasons(self) -> list[str]:
        """Why less than the full quota is owed."""
        return self.told.total.reasons


@require_GET
@open_to(*ANY_ROLE, ASSISTANT)
def mine(request: PersonRequest) -> HttpResponse:
    """One's own, or the choice of those whom one looks after."""
    if request.user.is_executive:
        return _show(request, request.user)
    return render(request, "web/listening/choose.html", {"people": speaks_for(request.user)})


@require_GET
@open_to()
def of(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody's, for themselves, their assistant and administrators."""
    return _show(request, somebody(request, pk))


@require_POST
@open_to()
def book(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One tap on a time: it is theirs."""
    person = somebody(request, pk)
    slot = booking.find_slot(person=person, key=request.POST.get("slot", "")[:40], now=clock.now())
    if slot is None:
        messages.error(request, "This time is not to be had any more. Choose another.")
        return back_to(request, person)
    try:
        booking.book(person=person, slot=slot, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        if slot.start <= clock.now():
            messages.success(request, "The phone rings in a moment: press 1 to listen.")
        else:
            messages.success(request, f"Booked: {_in_words(slot.start)}. It is in the calendar.")
    return back_to(request, person)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def move(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Another time for a session."""
    session = keepers_session(request, pk)
    if request.method == "POST":
        now = clock.now()
        slot = booking.find_slot(person=session.person, key=request.POST.get("slot", "")[:40], now=now)
        if slot is None:
            messages.error(request, "This time is not to be had any more. Choose another.")
            return redirect("web:session-move", pk=pk)
        try:
            booking.move(session=session, slot=slot, by=request.user)
        except Refused as refused:
            onto_page(request, refused)
            return redirect("web:session-move", pk=pk)
        messages.success(request, f"Moved: {_in_words(slot.start)}.")
        return back_to(request, session.person)
    context = {
        "session": session,
        "person": session.person,
        "own": session.person_id == request.user.pk,
        "times": _times(session.programme, session.person, clock.now()),
        "may": session.status == SessionStatus.BOOKED,
    }
    return render(request, "web/listening/move.html", context)


@require_POST
@open_to()
def give_back(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The seat is free again."""
    session = keepers_session(request, pk)
    try:
        booking.cancel(session=session, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Given back: the seat is free again.")
    return back_to(request, session.person)


# --- Also for the pages of one session ---------------------------------------------------------------------------


def somebody(request: PersonRequest, pk: int) -> Person:
    """The executive whose calendar side the reader keeps; else there is none."""
    person = get_object_or_404(Person.objects.executives().select_related("assistant"), pk=pk)
    if not keeps_calendar(request.user, person):
        raise Http404("Nobody whom you look after.")
    return person


def keepers_session(request: PersonRequest, pk: int) -> Session:
    """A session of somebody whose calendar side the reader keeps; else there is none."""
    session = (
        Session.objects.select_related("programme", "person__assistant", "hold__window").filter(pk=pk).first()
    )
    if session is None or not keeps_calendar(request.user, session.person):
        raise Http404("No such session.")
    return session


def back_to(request: PersonRequest, person: Person) -> HttpResponseBase:
    """Where the reader came from: their own page, or the page of whom they look after."""
    if person.pk == request.user.pk:
        return redirect("web:listening")
    return redirect("web:listening-of", pk=person.pk)


# --- Below -------------------------------------------------------------------------------------------------------


def _show(request: PersonRequest, person: Person) -> HttpResponse:
    now = clock.now()
    today = now.astimezone(person.zone).date()
    programmes = programmes_of(person, today, today + AHEAD)
    sessions = _sessions(person, now)
    under_way = [one for one in sessions if one.status in (SessionStatus.RINGING, SessionStatus.RUNNING)]
    to_come = [one for one in sessions if one.status == SessionStatus.BOOKED]
    past = [one for one in sessions if one not in under_way and one not in to_come]
    context: dict[str, Any] = {
        "person": person,
        "own": person.pk == request.user.pk,
        "others": [one for one in speaks_for(request.user) if one.pk != person.pk],
        "under_way": [_line(one, request.user, now) for one in under_way],
        "to_come": [_line(one, request.user, now) for one in to_come],
        "past": [_line(one, request.user, now) for one in sorted(past, key=_latest_first)][:PAST],
        "times": [_times(programme, person, now) for programme in programmes],
        "paces": [_pace(programme, person, now) for programme in programmes],
        "programmes": programmes,
    }
    return render(request, "web/listening/page.html", context)


def _sessions(person: Person, now: datetime) -> list[Session]:
    """All that are to come, and the latest that were. One query."""
    recent = Q(status=SessionStatus.BOOKED) | Q(planned_start__gt=now - timedelta(days=70))
    return list(
        Session.objects.filter(recent, person=person)
        .select_related("programme", "hold__window")
        .annotate(
            credited=Sum("credits__seconds"),
            debriefed=Exists(Debrief.objects.filter(session=OuterRef("pk"))),
        )
        .order_by("planned_start", "pk")
    )


def _latest_first(session: Session) -> tuple[float, int]:
    return (-session.planned_start.timestamp(), -session.pk)


def _line(session: Session, reader: Person, now: datetime) -> Line:
    credited: int | None = getattr(session, "credited", None)
    debriefed: bool = getattr(session, "debriefed", False)
    waits = session.status == SessionStatus.BOOKED and session.planned_start > now
    due = session.debrief_due_at
    in_time = session.status == SessionStatus.FINISHED and not debriefed and due is not None and due > now
    return Line(
        session=session,
        look=session_look(session),
        icon=KIND_ICONS[session.kind],
        credit=minutes(credited) if credited is not None else "",
        debriefed=debriefed,
        may_change=waits and session.kind == SessionKind.LISTENING and session.hold_id is not None,
        waits_for_debrief=in_time,
        may_debrief=in_time and session.person_id == reader.pk,
    )


def _pace(programme: Programme, person: Person, now: datetime) -> PaceLine:
    told = pace_of(person=person, programme=programme, now=now)
    counting = {*rules_of(programme).counts, CreditKind.CARRIED.value}
    return PaceLine(
        programme=programme,
        told=told,
        planned=min(100, 100 * told.forecast // told.owed) if told.owed else 0,
        kinds=[
            (str(CreditKind(kind).label), minutes(seconds), kind in counting)
            for kind, seconds in sorted(told.total.seconds.items())
        ],
    )


def _times(programme: Programme, person: Person, now: datetime) -> Times:
    first: date = now.astimezone(programme.zone).date()
    slots: Sequence[FreeSlot] = booking.free_slots(
        programme=programme, person=person, first=first, last=first + AHEAD, now=now
    )
    running = [slot for slot in slots if slot.start <= now]
    slots = [slot for slot in slots if slot.start > now]
    # What fits the person's own calendar stands first.
    shown = [slot for slot in slots if not (slot.busy or slot.on_duty)][:SHOWN_AT_FIRST] or list(
        slots[:SHOWN_AT_FIRST]
    )
    more = [slot for slot in slots if slot not in shown][:MOST_SLOTS]
    return Times(programme, running[:1], shown, more)


def _in_words(instant: datetime) -> str:
    local = timezone.localtime(instant)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M %Z}"
