"""Who kept the promise: the month for administrators, everybody's own for themselves, and the events behind it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.models import Person, Role
from reports.exports import columns, csv_lines, path_of, rows, spreadsheet
from reports.figures import Evidence, Figure, Sum, summed
from reports.models import Correction
from reports.month import FIGURES, Line, evidence_of, report_of
from reports.shown import Shown, show, show_one
from reports.standing import Status, clock
from rota.membership import programmes_of
from rota.models import Programme
from rota.quotas import month_days
from web.access import PersonRequest, open_to
from web.closing_forms import CorrectionForm
from web.duty import Month, month_of
from web.report_words import LOOKS, written
from web.words import Look

A_PAGE = 40
SHORT = "short"
"""Asked for like a status: those who will fall short with what is booked, on pace or behind."""
_IN_THE_TABLE = (
    ("Duty days", ("duty_days_served", "duty_days_owed")),
    ("Missed", ("duty_days_missed",)),
    ("Pages accepted", ("pages_accepted", "pages_offered")),
    ("Unanswered", ("pages_unanswered",)),
    ("Cases confirmed", ("cases_confirmed", "cases_taken")),
    ("Listening", ("listening_counted_seconds", "listening_owed_seconds")),
    ("Debriefs on time", ("debriefs_on_time",)),
    ("Learnings", ("learnings_logged",)),
    ("Actions done", ("actions_done", "actions_owned")),
)
"""The columns of the month's table: a figure, or one of another. All figures are on the member's own page."""


@dataclass(frozen=True)
class Cell:
    """A figure as it is shown, with the page of the events behind it."""

    text: str
    path: str
    label: str


@dataclass(frozen=True)
class Row:
    """A member's line in the month's table; `forecast` is what the month comes to, of those who will fall short.

    Each cell has its heading, a figure, and what stands between it and another, if there is one.
    """

    line: Line
    look: Look
    path: str
    cells: list[tuple[str, Cell, str, Cell | None]]
    forecast: str


@dataclass(frozen=True)
class FigureRow:
    """A figure on a member's page; `now` is what the evidence gives today where a closed month says otherwise."""

    figure: Figure
    text: str
    path: str
    corrections: list[tuple[str, str, Correction]] = field(default_factory=list)
    now: str = ""


@require_GET
@open_to(Role.ADMIN)
def month(request: PersonRequest) -> HttpResponse:
    """A programme's month, a line a member, by name; filtered by status or name."""
    programmes = list(Programme.objects.order_by("name", "pk"))
    programme = _chosen(request, programmes)
    if programme is None:
        return render(request, "web/reports/no_programme.html")
    now = timezone.now()
    asked = month_of(request.GET.get("month", ""), now.astimezone(programme.zone).date())
    shown = show(programme=programme, month=asked.first, now=now, some=True)
    counts = Counter(line.standing.status for line in shown.report.lines)
    runs = asked.first == now.astimezone(programme.zone).date().replace(day=1)
    wanted, typed = request.GET.get("status", ""), request.GET.get("q", "").strip()[:80]
    lines = [line for line in shown.report.lines if _stands(line, wanted) and _names(line, typed)]
    page = Paginator(lines, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "programme": programme,
        "programmes": programmes,
        "month": asked,
        "value": f"{asked.first:%Y-%m}",
        "shown": shown,
        "statuses": [(status.value, LOOKS[status].words, counts[status]) for status in Status],
        "runs": runs,
        "short": SHORT,
        "falling_short": sum(line.standing.falls_short for line in shown.report.lines) if runs else 0,
        "everybody": len(shown.report.lines),
        "status": wanted,
        "q": typed,
        "page": page,
        "rows": [
            _row(programme, asked.first, line, runs=runs) for line in shown.report.whole(page.object_list)
        ],
        "headings": [heading for heading, _ in _IN_THE_TABLE],
        "may_close": shown.closed is None
        and month_days(asked.first)[1] < now.astimezone(programme.zone).date(),
    }
    return render(request, "web/reports/month.html", context)


@require_GET
@open_to(Role.ADMIN)
def export(request: PersonRequest, slug: str, month: str, kind: str) -> HttpResponseBase:
    """The whole month as CSV, streamed, or as a workbook."""
    programme, first = _find(slug, month)
    shown = show(programme=programme, month=first, now=timezone.now())
    name = f"compliance-{slug}-{month}.{kind}"
    table = rows(shown, base_url=settings.PUBLIC_BASE_URL)
    if kind == "xlsx":
        return FileResponse(spreadsheet(columns(), table, title=month), as_attachment=True, filename=name)
    return StreamingHttpResponse(
        csv_lines(columns(), table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
@open_to(Role.EXECUTIVE)
def own(request: PersonRequest) -> HttpResponse:
    """An executive's own month, in each of their programmes."""
    now = timezone.now()
    asked = month_of(request.GET.get("month", ""), timezone.localdate(now))
    mine = []
    for programme in programmes_of(request.user, *month_days(asked.first)):
        shown = show_one(programme=programme, person=request.user, month=asked.first, now=now)
        mine += [
            (programme, _groups(shown, line), line, LOOKS[line.standing.status], shown)
            for line in shown.report.lines
        ]
    runs = asked.first == timezone.localdate(now).replace(day=1)
    return render(request, "web/reports/own.html", {"month": asked, "mine": mine, "runs": runs})


@require_GET
@open_to(Role.ADMIN, Role.EXECUTIVE)
def member(request: PersonRequest, slug: str, month: str, pk: int) -> HttpResponse:
    """One member's month: every figure with its meaning, and what it was made of."""
    programme, first = _find(slug, month)
    person = _whose(request, pk)
    return show_member(request, programme, first, person, CorrectionForm())


def show_member(
    request: PersonRequest, programme: Programme, first: date, person: Person, form: CorrectionForm
) -> HttpResponse:
    """The page of one member's month, with the form of a correction where the month is closed."""
    now = timezone.now()
    shown = show_one(programme=programme, person=person, month=first, now=now)
    if not shown.report.lines:
        raise Http404
    line = shown.report.lines[0]
    live = None
    if shown.closed is not None and request.user.is_admin:
        live = report_of(programme=programme, person=person, month=first, now=now)
    context = {
        "programme": programme,
        "person": person,
        "month": Month(first, *_beside(first)),
        "value": f"{first:%Y-%m}",
        "line": line,
        "runs": first == now.astimezone(programme.zone).date().replace(day=1),
        "look": LOOKS[line.standing.status],
        "groups": _groups(shown, line, live),
        "shown": shown,
        "form": form if shown.closed is not None and request.user.is_admin else None,
    }
    return render(request, "web/reports/member.html", context, status=422 if form.errors else 200)


@require_GET
@open_to(Role.ADMIN, Role.EXECUTIVE)
def figure(request: PersonRequest, slug: str, month: str, pk: int, key: str) -> HttpResponse:
    """The events behind one figure of one member, and their sum."""
    programme, first = _find(slug, month)
    person = _whose(request, pk)
    known = FIGURES.get(key)
    if known is None:
        raise Http404
    now = timezone.now()
    shown = show_one(programme=programme, person=person, month=first, now=now)
    if not shown.report.lines:
        raise Http404
    events = evidence_of(programme=programme, person=person, month=first, figure=key, now=now)
    value, found = shown.report.lines[0].figures.get(key), summed(known, events)
    context = {
        "programme": programme,
        "person": person,
        "month": first,
        "value": f"{first:%Y-%m}",
        "figure": known,
        "text": written(known, value),
        "found": written(known, found),
        "differs": value != found,
        "is_sum": known.of is Sum.TOTAL,
        "events": [(event, _amount(known, event)) for event in events],
        "zone": programme.zone,
        "closed": shown.closed,
        "corrections": shown.corrections.get((person.pk, key), []),
    }
    return render(request, "web/reports/figure.html", context)


# --- Below ---------------------------------------------------------------------------------------------------


def _chosen(request: PersonRequest, programmes: list[Programme]) -> Programme | None:
    slug = request.GET.get("programme", "")
    return next((one for one in programmes if one.slug == slug), programmes[0] if programmes else None)


def find_month(slug: str, month: str) -> tuple[Programme, date]:
    """The programme of this slug, and the first day of a month such as "2026-03". Raises Http404."""
    programme = get_object_or_404(Programme, slug=slug)
    first = month_of(month, date(2000, 1, 1)).first  # which is not what was asked, where that is no month
    if f"{first:%Y-%m}" != month:
        raise Http404
    return programme, first


_find = find_month


def _whose(request: PersonRequest, pk: int) -> Person:
    """Administrators see everybody, executives themselves; for them nobody else is there."""
    if not request.user.is_admin and pk != request.user.pk:
        raise Http404
    return get_object_or_404(Person, pk=pk)


def _names(line: Line, typed: str) -> bool:
    words = typed.casefold().split()
    return all(word in f"{line.person.name} {line.person.email}".casefold() for word in words)


def _stands(line: Line, wanted: str) -> bool:
    """Whether this line is asked for: by a status, or as one of those who will fall short."""
    return line.standing.falls_short if wanted == SHORT else wanted in ("", line.standing.status.value)


def _row(programme: Programme, first: date, line: Line, *, runs: bool) -> Row:
    path = path_of(programme.slug, first, line)
    cells = []
    for heading, keys in _IN_THE_TABLE:
        one, *others = (
            Cell(written(FIGURES[key], line.figures[key]), f"{path}{key}/", _label(key)) for key in keys
        )
        cells.append((heading, one, _between(line, keys), others[0] if others else None))
    return Row(
        line, LOOKS[line.standing.status], path, cells, clock(line.forecast) if runs and line.short else ""
    )


def _between(line: Line, keys: Sequence[str]) -> str:
    """What stands between two figures: nine days "for" the one that was owed, where few share a month, not "of" it."""
    one, *others = (line.figures[key] or 0 for key in keys)
    return " for" if others and one > others[0] else " of"


def _label(key: str) -> str:
    return f"{FIGURES[key].group}, {FIGURES[key].label}".lower()


def _groups(shown: Shown, line: Line, live: Line | None = None) -> list[tuple[str, list[FigureRow]]]:
    """A member's figures by their groups, each group once."""
    path = path_of(shown.report.programme.slug, shown.report.month, line)
    groups: dict[str, list[FigureRow]] = {}
    for key, known in FIGURES.items():
        value = line.figures.get(key)
        changed = [
            (written(known, one.before), written(known, one.after), one)
            for one in shown.corrections.get((line.person.pk, key), [])
        ]
        now = live.figures[key] if live is not None else value
        groups.setdefault(known.group, []).append(
            FigureRow(
                known,
                written(known, value),
                f"{path}{key}/",
                changed,
                written(known, now) if now != value else "",
            )
        )
    return list(groups.items())


def _amount(known: Figure, event: Evidence) -> str:
    return written(known, event.amount)


def _beside(first: date) -> tuple[str, str]:
    month = month_of(f"{first:%Y-%m}", first)
    return month.before, month.after
