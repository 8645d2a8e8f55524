"""Availability: when somebody is away, what they would rather, and when their own calendar says that they are busy.

Executives have their own, assistants those of whom they look after, administrators anybody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people.errors import Refused
from people.models import Person
from rota.absences import STANDING, clashes, enter_absence, withdraw_absence
from rota.acting_for import speaks_for
from rota.busy_calendars import taken_days
from rota.busy_fetching import STALE, shown_address
from rota.calendar_keeping import keeps_calendar
from rota.hours import WEEKDAYS, duty_days
from rota.membership import programmes_of
from rota.models import Absence, AbsenceStatus, BusyCalendar, Duty, Preference, Programme
from rota.preferences import Wish, clear_preference, counting, set_preference
from rota.quotas import month_days
from web.access import ANY_ROLE, ASSISTANT, PersonRequest, open_to
from web.availability_forms import AbsenceForm, CalendarForm, WeekdaysForm, WishForm, liking_words
from web.refusals import onto_form, onto_page, status_of

LOOKING_BACK = timedelta(days=31)
LOOKING_AHEAD = timedelta(days=56)
"""How far the page tells of days that a busy calendar takes."""


@dataclass(frozen=True)
class AbsenceLine:
    """One absence as it stands on the page, with the published duties that it clashes with."""

    absence: Absence
    duties: list[Duty]
    may_withdraw: bool


@dataclass(frozen=True)
class WishLine:
    """A wish about a date. `idle` says why it counts for nothing, by programme; empty where it counts."""

    preference: Preference
    words: str
    idle: list[str]


@dataclass(frozen=True)
class Heeded:
    """What one programme heeds: for this month and the next, the days whose wishes count."""

    programme: Programme
    months: list[tuple[date, list[date]]]


@dataclass(frozen=True)
class CalendarLine:
    """One busy calendar; of its address no more than is shown."""

    calendar: BusyCalendar
    address: str
    stale: bool


@dataclass(frozen=True)
class Taken:
    """The duty days of one programme that the busy calendars take in the next weeks, and why."""

    programme: Programme
    days: list[tuple[date, str]]


@require_GET
@open_to(*ANY_ROLE, ASSISTANT)
def mine(request: PersonRequest) -> HttpResponse:
    """One's own availability, or the choice of those whom one looks after."""
    if request.user.is_executive:
        return show(request, request.user)
    return render(request, "web/availability/choose.html", {"people": speaks_for(request.user)})


@require_GET
@open_to()
def of(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody's, for themselves, their assistant and administrators."""
    return show(request, somebody(request, pk))


@require_POST
@open_to()
def enter(request: PersonRequest, pk: int) -> HttpResponseBase:
    """They are away."""
    person = somebody(request, pk)
    form = AbsenceForm(request.POST)

    def verb() -> str:
        absence = enter_absence(person=person, by=request.user, **form.cleaned_data)
        waits = absence.status == AbsenceStatus.WAITING
        return "Entered: an administrator decides, and you are told." if waits else "Entered."

    return _do(request, person, "absence_form", form, verb)


@require_POST
@open_to()
def withdraw(request: PersonRequest, pk: int) -> HttpResponseBase:
    """They are not away after all."""
    absence = get_object_or_404(Absence.objects.select_related("person"), pk=pk)
    person = somebody(request, absence.person_id)
    try:
        withdraw_absence(absence=absence, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Withdrawn.")
    return redirect(address_of(request, person))


@require_POST
@open_to()
def set_weekdays(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What they would rather on each day of the week."""
    person = somebody(request, pk)
    form = WeekdaysForm(request.POST)

    def verb() -> str:
        with transaction.atomic():
            there = {row.weekday: row for row in person.preferences.exclude(weekday="")}
            for weekday in WEEKDAYS:
                liking = form.cleaned_data[weekday]
                if liking:
                    set_preference(person=person, by=request.user, weekday=weekday, liking=liking)
                elif weekday in there:
                    clear_preference(preference=there[weekday], by=request.user)
        return "Saved."

    return _do(request, person, "weekdays_form", form, verb)


@require_POST
@open_to()
def wish(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What they would rather on a date."""
    person = somebody(request, pk)
    form = WishForm(request.POST)

    def verb() -> str:
        set_preference(person=person, by=request.user, **form.cleaned_data)
        return "Noted."

    return _do(request, person, "wish_form", form, verb)


@require_POST
@open_to()
def clear_wish(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The wish is no more."""
    preference = get_object_or_404(Preference.objects.select_related("person"), pk=pk)
    person = somebody(request, preference.person_id)
    try:
        clear_preference(preference=preference, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Cleared.")
    return redirect(address_of(request, person))


def somebody(request: PersonRequest, pk: int) -> Person:
    """An executive whose calendar the reader looks after; for everybody else they do not exist."""
    person = get_object_or_404(Person.objects.executives().select_related("assistant"), pk=pk)
    if not keeps_calendar(request.user, person):
        raise Http404("Not theirs to look after.")
    return person


def address_of(request: PersonRequest, person: Person) -> str:
    """Where the reader looks at this person's availability."""
    return "/availability/" if person.pk == request.user.pk else f"/availability/{person.pk}/"


def _do(
    request: PersonRequest, person: Person, name: str, form: forms.Form, verb: Callable[[], str]
) -> HttpResponseBase:
    """One verb with what a form says; where it is refused, the page with the form as it was typed."""
    if form.is_valid():
        try:
            said = verb()
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, said)
            return redirect(address_of(request, person))
    return show(request, person, **{name: form})


def show(request: PersonRequest, person: Person, **bound: forms.Form) -> HttpResponse:
    """The whole page; a `bound` form stands in the place of the empty one."""
    today = timezone.now().astimezone(person.zone).date()
    programmes = programmes_of(person, today, today + timedelta(days=366))
    preferences = list(person.preferences.all())
    weekly = {row.weekday: row.liking for row in preferences if row.weekday}
    context: dict[str, Any] = {
        "person": person,
        "own": person.pk == request.user.pk,
        "others": [one for one in speaks_for(request.user) if one.pk != person.pk],
        "programmes": programmes,
        "absences": _absences(person, today, request.user),
        "wishes": _wishes(preferences, programmes, today),
        "heeded": [_heeded(preferences, programme, today) for programme in programmes],
        "calendars": _calendars(person),
        "taken": _taken(person, programmes, today),
        "weekly": weekly,
        "absence_form": AbsenceForm(),
        "weekdays_form": WeekdaysForm(initial=weekly),
        "wish_form": WishForm(),
        "calendar_form": CalendarForm(),
    } | bound
    statuses = [status_of(form) for form in bound.values()]
    return render(request, "web/availability/page.html", context, status=max(statuses, default=200))


def _absences(person: Person, today: date, reader: Person) -> list[AbsenceLine]:
    """Those to come and those of the last month, but for what was withdrawn."""
    rows = list(
        person.absences.filter(last_day__gte=today - LOOKING_BACK).exclude(status=AbsenceStatus.WITHDRAWN)
    )
    standing = [row for row in rows if row.status in STANDING]
    duties = clashes(standing)
    return [
        AbsenceLine(
            absence=row,
            duties=duties.get(row.pk, []),
            may_withdraw=row in standing and (row.last_day >= today or reader.is_admin),
        )
        for row in rows
    ]


def _wishes(
    preferences: Sequence[Preference], programmes: Sequence[Programme], today: date
) -> list[WishLine]:
    """The dates to come that were named, each with the programmes in which it counts for nothing."""
    named = [row for row in preferences if row.day is not None and row.day >= today]
    months = sorted({row.day.replace(day=1) for row in named if row.day is not None})
    idle: dict[int, list[str]] = {row.pk: [] for row in named}
    for programme in programmes:
        days = [day for month in months for day in duty_days(programme.rules, *month_days(month))]
        counted = _counting(preferences, days, programme)
        for row in named:
            if row.day not in days:
                idle[row.pk].append(f"no duty day of {programme.name}")
            elif row.day not in counted:
                idle[row.pk].append(
                    f"more than the {programme.wishes_per_month} days of a month that count in {programme.name}"
                )
    return [WishLine(row, liking_words(row), idle[row.pk]) for row in named]


def _heeded(preferences: Sequence[Preference], programme: Programme, today: date) -> Heeded:
    months = [today.replace(day=1), month_days(today)[1] + timedelta(days=1)]
    found = []
    for month in months:
        days = duty_days(programme.rules, *month_days(month))
        found.append((month, sorted(_counting(preferences, days, programme))))
    return Heeded(programme, found)


def _counting(
    preferences: Sequence[Preference], days: Sequence[date], programme: Programme
) -> dict[date, int]:
    wishes = [Wish(row.liking, row.day, row.weekday) for row in preferences]
    return counting(wishes, days, per_month=programme.wishes_per_month)


def _calendars(person: Person) -> list[CalendarLine]:
    now = timezone.now()
    return [
        CalendarLine(row, shown_address(row), now - (row.good_at or row.created_at) >= STALE)
        for row in person.busy_calendars.all()
    ]


def _taken(person: Person, programmes: Sequence[Programme], today: date) -> list[Taken]:
    last = today + LOOKING_AHEAD
    found = []
    for programme in programmes:
        days = taken_days(programme=programme, people=[person.pk], first=today, last=last).get(person.pk, {})
        served = set(duty_days(programme.rules, today, last))
        found.append(Taken(programme, [(day, why) for day, why in days.items() if day in served]))
    return found
