"""The board of a draft: who sits where and why, changed by hand with the cost shown at once, locked, published."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.errors import Refused
from people.models import Person, Role
from rota import draft_changes
from rota.hours import duty_days
from rota.models import Duty, PlanningRun, Rota, RotaStatus
from rota.publishing import publish
from web.access import PersonRequest, is_fragment, open_to
from web.duty import Month, month_of
from web.refusals import onto_page

MOST_CANDIDATES = 25
MOST_PROBLEMS = 12


@dataclass(frozen=True)
class Seat:
    """One seat of a day; `duty` is None while it is empty."""

    number: int
    duty: Duty | None

    @property
    def role(self) -> str:
        return role_of(self.number)


@dataclass(frozen=True)
class BoardDay:
    """One day of the board, its seats in order; `published` where it was published by another rota before.

    None is where there is no such seat on that day.
    """

    day: date
    seats: list[Seat | None]
    published: bool = False

    @property
    def weekend(self) -> bool:
        return self.day.weekday() >= 5


def role_of(seat: int) -> str:
    """ "Primary", "Backup" (the first), "Backup 2", …"""
    return "Primary" if seat == 0 else "Backup" if seat == 1 else f"Backup {seat}"


@require_GET
@open_to(Role.ADMIN)
def board(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One month of the draft, what is missing before it can be published, and how good it is."""
    rota = _rota(pk)
    if rota.status == RotaStatus.PUBLISHED:
        return _to_its_duties(rota)
    month = month_of(
        request.GET.get("month", ""), max(rota.first_day, min(timezone.localdate(), rota.last_day))
    )
    problems = draft_changes.readiness(rota=rota)
    days = board_days(rota, month)
    context = {
        "rota": rota,
        "month": month,
        "has_before": month.first > rota.first_day,
        "has_after": month.last < rota.last_day,
        "days": days,
        "roles": [role_of(seat) for seat in range(max((len(one.seats) for one in days), default=0))],
        "run": PlanningRun.objects.filter(rota=rota).first(),
        "problems": problems[:MOST_PROBLEMS],
        "more_problems": max(0, len(problems) - MOST_PROBLEMS),
        "blocked": any(problem.blocks for problem in problems),
        "locked": rota.duties.filter(locked=True).count(),
    }
    return render(request, "web/rota/board.html", context)


def _to_its_duties(rota: Rota) -> HttpResponseBase:
    """A published rota is no draft any more: its days stand among the duties."""
    return redirect(f"{reverse('web:duty')}?month={rota.first_day:%Y-%m}#programme-{rota.programme_id}")


def board_days(rota: Rota, month: Month) -> list[BoardDay]:
    """The duty days of the month that lie in the rota's period, and whatever else it seats there. Two queries.

    A seat or a day that the programme's rules no longer know is shown as long as somebody of the draft sits there:
    it stands in the way of publishing.
    """
    first, last = max(month.first, rota.first_day), min(month.last, rota.last_day)
    if first > last:
        return []
    held = _by_day(rota.duties.filter(day__range=(first, last)))
    others = Duty.objects.published().filter(programme=rota.programme_id, day__range=(first, last))
    published = _by_day(others.exclude(rota=rota))
    seats = 1 + max([rota.programme.seats_backup, *(seat for there in held.values() for seat in there)])
    days = {*duty_days(rota.programme.rules, first, last), *held}
    return [_board_day(day, held.get(day, {}), published.get(day, {}), seats) for day in sorted(days)]


def _by_day(duties: QuerySet[Duty]) -> dict[date, dict[int, Duty]]:
    found: dict[date, dict[int, Duty]] = {}
    for duty in duties.select_related("person"):
        found.setdefault(duty.day, {})[duty.seat] = duty
    return found


def _board_day(day: date, held: dict[int, Duty], published: dict[int, Duty], seats: int) -> BoardDay:
    if published and not held:
        there = [Seat(seat, published[seat]) if seat in published else None for seat in range(seats)]
        return BoardDay(day, there, published=True)
    return BoardDay(day, [Seat(seat, held.get(seat)) for seat in range(seats)])


@require_GET
@open_to(Role.ADMIN)
def balance(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Who is ahead and who is owed, over the months that count and with this draft."""
    rota = _rota(pk)
    if rota.status == RotaStatus.PUBLISHED:
        return _to_its_duties(rota)
    return render(
        request,
        "web/rota/balance.html",
        {"rota": rota, "standings": draft_changes.standings(rota=rota)},
    )


@require_GET
@open_to(Role.ADMIN)
def candidates(request: PersonRequest, pk: int) -> HttpResponse:
    """Who could sit there, the best first, each with what it would bring."""
    rota = _rota(pk)
    day, seat = _place(request.GET)
    try:
        every = draft_changes.candidates(rota=rota, day=day, seat=seat)
    except Refused as refused:
        return _refused(request, "candidates", rota, refused)
    sought = request.GET.get("q", "").strip()
    found = [one for one in every if sought.lower() in one.person.name.lower()] if sought else every
    context = {
        "rota": rota,
        "day": day,
        "seat": seat,
        "role": role_of(seat),
        "q": sought,
        "duty": rota.duties.filter(day=day, seat=seat).select_related("person").first(),
        "candidates": found[:MOST_CANDIDATES],
        "more": max(0, len(found) - MOST_CANDIDATES),
    }
    return render(request, _template(request, "candidates"), context)


@require_POST
@open_to(Role.ADMIN)
def assign(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Seat somebody."""
    rota = _rota(pk)
    day, seat = _place(request.POST)
    to = get_object_or_404(Person, pk=_number(request.POST.get("to")))
    try:
        draft_changes.assign(rota=rota, day=day, seat=seat, to=to, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(
            request,
            f"{to.name} is {role_of(seat).lower()} on {_said(day)}, and stays there when it is solved again.",
        )
    return _back(rota, day)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def exchange(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What it would bring if two duties changed hands; and then the exchange itself."""
    rota = _rota(pk)
    given = request.POST if request.method == "POST" else request.GET
    duties = rota.duties.select_related("person")
    one = get_object_or_404(duties, pk=_number(given.get("one")))
    other = get_object_or_404(duties, pk=_number(given.get("other")))
    if request.method == "POST":
        names = f"{one.person.name} and {other.person.name}"
        try:
            draft_changes.exchange(one=one, other=other, by=request.user)
        except Refused as refused:
            onto_page(request, refused)
        else:
            messages.success(request, f"{names} changed places, and stay there when it is solved again.")
        return _back(rota, one.day)
    try:
        cost = draft_changes.cost_of_exchange(one=one, other=other)
    except Refused as refused:
        return _refused(request, "exchange", rota, refused)
    context = {"rota": rota, "day": one.day, "one": one, "other": other, "cost": cost}
    return render(request, _template(request, "exchange"), context)


@require_GET
@open_to(Role.ADMIN)
def fill(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What it would bring if the officer of one duty sat in an empty seat instead; the seat is theirs by `assign`."""
    rota = _rota(pk)
    day, seat = _place(request.GET)
    one = get_object_or_404(rota.duties.select_related("person"), pk=_number(request.GET.get("one")))
    try:
        cost = draft_changes.cost_of(rota=rota, day=day, seat=seat, to=one.person)
    except Refused as refused:
        return _refused(request, "fill", rota, refused)
    context = {"rota": rota, "day": day, "seat": seat, "role": role_of(seat), "cost": cost}
    return render(request, _template(request, "fill"), context)


@require_POST
@open_to(Role.ADMIN)
def lock(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Hold a duty where it is when the draft is solved again, or let it move."""
    duty = get_object_or_404(Duty.objects.select_related("person", "rota"), pk=pk)
    holds = request.POST.get("hold") == "yes"
    try:
        (draft_changes.lock if holds else draft_changes.unlock)(duty=duty, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    return _back(duty.rota, duty.day)


@require_POST
@open_to(Role.ADMIN)
def solve_again(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Solve the draft again around what is locked."""
    rota = _rota(pk)
    try:
        run = draft_changes.solve_again(rota=rota, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:rota-board", pk=pk)
    return redirect("web:rota-run", pk=run.pk)


@require_POST
@open_to(Role.ADMIN)
def discard(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Throw the draft away."""
    rota = _rota(pk)
    try:
        draft_changes.discard(rota=rota, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:rota-board", pk=pk)
    messages.success(request, "The draft is gone. What is published stays as it is.")
    return redirect("web:rota")


@require_POST
@open_to(Role.ADMIN)
def publish_draft(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Publish it; what is missing must have been seen."""
    rota = _rota(pk)
    if (
        rota.status == RotaStatus.DRAFT
        and draft_changes.readiness(rota=rota)
        and "all_the_same" not in request.POST
    ):
        messages.error(request, "Something is missing. Mend it, or tick that you publish all the same.")
        return redirect("web:rota-board", pk=pk)
    try:
        publish(rota=rota, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:rota-board", pk=pk)
    messages.success(request, "Published. Everybody concerned gets an invitation.")
    # To the top of the page, where that is said; the board would lead to the programme's own part further down.
    return redirect(f"{reverse('web:duty')}?month={rota.first_day:%Y-%m}")


def _rota(pk: int) -> Rota:
    return get_object_or_404(Rota.objects.select_related("programme"), pk=pk)


def _refused(request: PersonRequest, name: str, rota: Rota, refused: Refused) -> HttpResponse:
    """The refusal in the place of what was asked for; the part of an open page can show it with status 200 only."""
    context = {"rota": rota, "refused": str(refused)}
    return render(request, _template(request, name), context, status=200 if is_fragment(request) else 409)


def _template(request: PersonRequest, name: str) -> str:
    """The part alone where a page that is open asks for it, else a page of its own."""
    return f"web/rota/{name}.html" if is_fragment(request) else f"web/rota/{name}_page.html"


def _place(given: Any) -> tuple[date, int]:
    """The day and seat that an address names; 404 for none."""
    try:
        return date.fromisoformat(given.get("day", "")), _number(given.get("seat"))
    except ValueError:
        raise Http404 from None


def _number(given: str | None) -> int:
    if given is None or not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise Http404
    return int(given)


def _said(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _back(rota: Rota, day: date) -> HttpResponseBase:
    return redirect(f"{reverse('web:rota-board', args=[rota.pk])}?month={day:%Y-%m}#day-{day:%Y-%m-%d}")
