"""Who is on duty now, who is next, and the month's published duties, a programme at a time."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.models import Role
from rota.coverage import AHEAD
from rota.gaps import Stretch, gaps, stretches
from rota.hours import NoDutyDays
from rota.models import Duty, Programme
from rota.on_duty import OnDuty, who_is_on_duty
from rota.standings import member_standings
from web.access import ASSISTANT, PersonRequest, open_to, roles_of


@dataclass(frozen=True)
class Month:
    """One month of a programme's calendar, with the ones beside it as "2026-08"."""

    first: date
    before: str
    after: str

    @property
    def last(self) -> date:
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class ProgrammeDuties:
    """One programme's part of the page; `days` are its published duty days of the month, seats in order.

    `gaps` are those of the next 30 days, where the reader looks after them.
    """

    programme: Programme
    on_duty: OnDuty
    today: date
    days: list[tuple[date, list[Duty]]]
    gaps: list[Stretch] = field(default_factory=list)


def month_of(given: str, today: date) -> Month:
    """The month that the address asks for ("2026-08"), else the one of `today`."""
    first = today.replace(day=1)
    year, _, month = given.partition("-")
    if (
        given.isascii()
        and year.isdecimal()
        and month.isdecimal()
        and 2000 <= int(year) <= 2200
        and 1 <= int(month) <= 12
    ):
        first = date(int(year), int(month), 1)
    before = first - timedelta(days=1)
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Month(first, f"{before:%Y-%m}", f"{after:%Y-%m}")


def duties_of_month(programme: Programme, month: Month, at: datetime) -> ProgrammeDuties:
    """Three queries, whatever the number of days."""
    duties = (
        Duty.objects.published()
        .filter(programme=programme, day__range=(month.first, month.last))
        .select_related("person")
        .order_by("day", "seat")
    )
    return ProgrammeDuties(
        programme=programme,
        on_duty=who_is_on_duty(programme=programme, at=at),
        today=at.astimezone(programme.zone).date(),
        days=[(day, list(seats)) for day, seats in groupby(duties, key=lambda duty: duty.day)],
    )


@require_GET
@open_to(Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT)
def duty(request: PersonRequest) -> HttpResponse:
    """Everybody's duties, as published."""
    now = timezone.now()
    month = month_of(request.GET.get("month", ""), timezone.localdate())
    programmes = [duties_of_month(programme, month, now) for programme in Programme.objects.order_by("name")]
    if request.user.is_admin:
        programmes = [replace(one, gaps=_gaps(one.programme, now)) for one in programmes]
    context = {
        "programmes": programmes,
        "month": month,
        "now": now,
        "may_swap": bool(roles_of(request.user) & {Role.EXECUTIVE, Role.ADMIN, ASSISTANT}),
    }
    return render(request, "web/duty/page.html", context)


@require_GET
@open_to(Role.EXECUTIVE, Role.ADMIN, ASSISTANT)
def balance(request: PersonRequest, slug: str) -> HttpResponse:
    """Who is ahead and who is owed in a programme: for all who serve, so that nobody has to ask."""
    programme = get_object_or_404(Programme, slug=slug)
    today = timezone.now().astimezone(programme.zone).date()
    standings = member_standings(programme=programme, today=today)
    return render(request, "web/duty/balance.html", {"programme": programme, "standings": standings})


def _gaps(programme: Programme, now: datetime) -> list[Stretch]:
    try:
        return stretches(gaps(programme=programme, now=now, days=AHEAD))
    except NoDutyDays:
        return []
