"""Month after month: themes, feeling, effort, time to answer, share done. Each as a table; drawn by `drawing`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Avg, Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone

from learnings.models import FEELING_POINTS, Idea, Learning, LearningStatus, Rules, Theme
from people.models import Person

MONTHS = 12
LINES = 5

_POINTS = Case(
    *[When(feeling=feeling, then=Value(points)) for feeling, points in FEELING_POINTS.items()],
    default=Value(0),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class Chart:
    """A table of months (rows) by series (columns), and how it is drawn: "bar" or "dots".

    A value is None where there was nothing to measure. `unit` is what the numbers are, in words.
    """

    name: str
    title: str
    about: str
    unit: str
    kind: str
    months: tuple[date, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]

    @property
    def rows(self) -> list[tuple[date, list[float | None]]]:
        """For a table: each month with its values."""
        return [(month, [values[n] for _, values in self.series]) for n, month in enumerate(self.months)]


@dataclass(frozen=True)
class MonthOfTheme:
    """How often a theme came in a month, with which feeling (-2 to 2) and effort (means; None where unknown)."""

    month: date
    count: int
    feeling: float | None
    contacts: float | None
    transfers: float | None


def theme_by_month(theme: Theme) -> list[MonthOfTheme]:
    """Twelve months of one theme, the last first. One query."""
    months = _months()
    rows = _by_month(Learning.objects.filter(theme=theme), months).annotate(
        n=Count("pk"),
        feeling=Avg(_POINTS),
        contacts=Avg("contacts_before"),
        transfers=Avg("transfers_before"),
    )
    found = {_first(row["month"]): row for row in rows}
    return [
        MonthOfTheme(
            month=month,
            count=found[month]["n"] if month in found else 0,
            feeling=_rounded(found.get(month, {}).get("feeling")),
            contacts=_rounded(found.get(month, {}).get("contacts")),
            transfers=_rounded(found.get(month, {}).get("transfers")),
        )
        for month in reversed(months)
    ]


def charts() -> list[Chart]:
    """All of them, of the last twelve months; a constant number of queries."""
    return [draw() for draw in CHARTS.values()]


def chart(name: str) -> Chart | None:
    """One of them by name; None where there is no such."""
    draw = CHARTS.get(name)
    return draw() if draw is not None else None


def heard_this_month(person: Person, now: datetime | None = None) -> QuerySet[Learning]:
    """What this person has heard themselves since the first of the month (of the rules' zone)."""
    zone = Rules.current().zone
    first = (now or timezone.now()).astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Learning.objects.filter(author=person, created_at__gte=first).newest_first()


def owned_this_month(person: Person, now: datetime | None = None) -> QuerySet[Learning]:
    """What was learnt since the first of the month at the touchpoints of which this person is owner or deputy."""
    zone = Rules.current().zone
    first = (now or timezone.now()).astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mine = Q(touchpoint__owner=person) | Q(touchpoint__deputy=person)
    return Learning.objects.visible_to(person).filter(mine, created_at__gte=first).newest_first()


# --- Each chart -------------------------------------------------------------------------------------------


def _themes() -> Chart:
    months = _months()
    rows = list(
        _by_month(Learning.objects.filter(theme__isnull=False), months, "theme_id").annotate(n=Count("pk"))
    )
    totals: dict[int, int] = {}
    for row in rows:
        totals[row["theme_id"]] = totals.get(row["theme_id"], 0) + row["n"]
    top = sorted(totals, key=lambda key: (-totals[key], key))[:LINES]
    titles = dict(Theme.objects.filter(pk__in=top).values_list("pk", "title"))
    found = {(row["theme_id"], _first(row["month"])): row["n"] for row in rows}
    return Chart(
        name="themes",
        title="Themes",
        about=f"How often each of the {LINES} commonest themes came.",
        unit="learnings",
        kind="dots",
        months=months,
        series=tuple((titles[key], tuple(float(found.get((key, m), 0)) for m in months)) for key in top),
    )


def _feeling() -> Chart:
    months = _months()
    rows = _by_month(Learning.objects.all(), months).annotate(
        n=Count("pk"), bad=Count("pk", filter=Q(feeling__in=("annoyed", "furious")))
    )
    found = {_first(row["month"]): round(100 * row["bad"] / row["n"]) for row in rows}
    return Chart(
        name="feeling",
        title="Feeling",
        about="Of each hundred customers, how many were annoyed or furious.",
        unit="percent",
        kind="bar",
        months=months,
        series=(("Annoyed or furious", tuple(found.get(month) for month in months)),),
    )


def _effort() -> Chart:
    months = _months()
    rows = _by_month(Learning.objects.all(), months).annotate(
        contacts=Avg("contacts_before"), transfers=Avg("transfers_before")
    )
    found = {_first(row["month"]): row for row in rows}
    return Chart(
        name="effort",
        title="Effort",
        about="How often customers had asked, and were passed on, before somebody listened: means.",
        unit="times",
        kind="dots",
        months=months,
        series=(
            ("Asked before", tuple(_rounded(found.get(m, {}).get("contacts")) for m in months)),
            ("Passed on before", tuple(_rounded(found.get(m, {}).get("transfers")) for m in months)),
        ),
    )


def _answers() -> Chart:
    months, zone = _months(), Rules.current().zone
    took: dict[date, list[float]] = {}
    rows = Idea.objects.filter(answered_at__gte=_start(months[0])).values_list("clock_from", "answered_at")
    for asked, answered in rows:
        if answered is not None:
            month = answered.astimezone(zone).date().replace(day=1)
            took.setdefault(month, []).append((answered - asked) / timedelta(days=1))
    return Chart(
        name="answers",
        title="Time to answer",
        about="Days from an idea to its yes, no or when: the median of those answered in the month.",
        unit="days",
        kind="bar",
        months=months,
        series=(("Days", tuple(_rounded(median(took[m])) if m in took else None for m in months)),),
    )


def _done() -> Chart:
    months = _months()
    rows = _by_month(Learning.objects.all(), months).annotate(
        n=Count("pk"), done=Count("pk", filter=Q(status=LearningStatus.DONE))
    )
    found = {_first(row["month"]): round(100 * row["done"] / row["n"]) for row in rows}
    return Chart(
        name="done",
        title="Share done",
        about="Of each hundred things learnt in the month, about how many something was done since.",
        unit="percent",
        kind="bar",
        months=months,
        series=(("Done", tuple(found.get(month) for month in months)),),
    )


CHARTS: dict[str, Callable[[], Chart]] = {
    "themes": _themes,
    "feeling": _feeling,
    "effort": _effort,
    "answers": _answers,
    "done": _done,
}


# --- Below ------------------------------------------------------------------------------------------------


def _months(now: datetime | None = None) -> tuple[date, ...]:
    """The first days of the last twelve months, this one last."""
    first = (now or timezone.now()).astimezone(Rules.current().zone).date().replace(day=1)
    found = [first]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return tuple(reversed(found))


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=Rules.current().zone)


def _by_month(rows: QuerySet[Learning], months: Sequence[date], *by: str) -> Any:
    zone = Rules.current().zone
    kept = rows.filter(created_at__gte=_start(months[0]))
    return kept.order_by().annotate(month=TruncMonth("created_at", tzinfo=zone)).values("month", *by)


def _first(instant: datetime) -> date:
    return instant.date().replace(day=1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
