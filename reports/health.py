"""How the programme itself does in a month: coverage, how fast, who was reached, what was at stake, what was learnt.

Nothing here is about one person. A handful of queries, whatever the number of cases; drills are no cases.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q

from customers.rates import convert, has_rate
from escalations.models import Answer, Escalation, Outcome, PageStatus, Purpose
from learnings.models import ActionStatus, Feeling, Learning
from reports.bare import bare_rows, instant
from reports.drills import drill_cases, passed_in
from reports.figures import Value, median, percentile_90
from reports.help_desk import Desk, desk_of
from reports.material import is_case_of
from reports.month import Report
from reports.standing import Status
from rota.models import Duty, Programme
from rota.quotas import month_days

GOOD, BAD = (Feeling.DELIGHTED, Feeling.PLEASED), (Feeling.ANNOYED, Feeling.FURIOUS)
_NAMED = 3


@dataclass(frozen=True)
class Trend:
    """A touchpoint and cause, and how often it came in the month and in the one before."""

    name: str
    before: int
    now: int

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True, kw_only=True)
class Health:
    """A programme's month. Times are whole seconds, money whole units of the programme's currency.

    `covered` and `hours` are seconds; `by_rung` counts cases by the rung (from 1) whose officer took them. `feeling`
    counts learnings with good and bad feelings: a sample of what was written down, and no survey.
    """

    programme: Programme
    month: date
    covered: int
    hours: int
    cases: int
    critical: int
    to_ring: Value
    to_voice: Value
    to_voice_90: Value
    by_rung: Mapping[int, int]
    unreached: int
    confirmed: int
    reopened: int
    at_stake: Decimal
    kept: Decimal
    currency: str
    learnings: int
    learnings_done: int
    feeling: tuple[int, int]
    rising: Sequence[Trend]
    falling: Sequence[Trend]
    drills: tuple[int, int]
    """Passed, of all."""
    desk: Desk

    @property
    def coverage(self) -> int:
        """Percent of the month's hours in which an officer could be rung, cut off."""
        return 100 * self.covered // self.hours if self.hours else 0

    def share(self, cases: int) -> int:
        """Percent of the month's cases, cut off."""
        return 100 * cases // self.cases if self.cases else 0

    @property
    def done_share(self) -> int:
        """Percent of the month's learnings from which an action was done, cut off."""
        return 100 * self.learnings_done // self.learnings if self.learnings else 0


def health(*, programme: Programme, month: date, now: datetime) -> Health:
    """The month of this date, as the evidence has it now; of a month that runs, what is over of it."""
    first, last = month_days(month)
    before = (first - timedelta(days=1)).replace(day=1)
    # In UTC: between two instants of one zone Python reckons by the wall clock, and a day has 23 hours once a year.
    start, end, earlier = (
        datetime.combine(day, time(), tzinfo=programme.zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1), before)
    )
    until = max(min(end, now), start)
    cases = Escalation.objects.filter(programme=programme, created_at__gte=start, created_at__lt=end).exclude(
        pk__in=drill_cases(programme)
    )
    answers = Outcome.objects.filter(is_case_of(programme), answered_at__gte=start, answered_at__lt=end)
    learnt = Learning.objects.filter(created_at__gte=start, created_at__lt=end)
    counted = cases.aggregate(
        all=Count("pk"),
        critical=Count("pk", filter=Q(severity="critical") | Q(public_risk=True)),
        unreached=Count("pk", filter=Q(unreached_at__isnull=False)),
    )
    answered = Counter(answers.order_by().values_list("answer", flat=True))
    rings, voices, rungs = _times(cases)
    feelings = Counter(learnt.order_by().values_list("feeling", flat=True))
    rising, falling = _trends(earlier, start, end)
    at_stake, kept = _value(programme, cases)
    return Health(
        programme=programme,
        month=first,
        covered=_covered(programme, start, until),
        hours=int((until - start).total_seconds()),
        cases=counted["all"],
        critical=counted["critical"],
        to_ring=median(rings),
        to_voice=median(voices),
        to_voice_90=percentile_90(voices),
        by_rung=dict(sorted(rungs.items())),
        unreached=counted["unreached"],
        confirmed=answered[Answer.FIXED],
        reopened=answered[Answer.NOT_FIXED],
        at_stake=at_stake,
        kept=kept,
        currency=programme.full_marks_currency,
        learnings=learnt.count(),
        learnings_done=learnt.filter(actions__status=ActionStatus.DONE).distinct().count(),
        feeling=(sum(feelings[one] for one in GOOD), sum(feelings[one] for one in BAD)),
        rising=rising,
        falling=falling,
        drills=passed_in(programme, start, end),
        desk=desk_of(programme, first),
    )


def statuses(report: Report) -> dict[Status, int]:
    """How many members stand how: no names."""
    counted = Counter(line.standing.status for line in report.lines)
    return {status: counted[status] for status in Status}


def _covered(programme: Programme, start: datetime, end: datetime) -> int:
    """Seconds in which at least one published officer had a verified phone. Overlaps count once. One query."""
    duties = Duty.objects.published().filter(
        programme=programme, starts_at__lt=end, ends_at__gt=start, person__is_active=True
    )
    rung = duties.exclude(person__phone="").filter(person__phone_verified_at__lte=F("ends_at"))
    return together(rung.order_by("starts_at").values_list("starts_at", "ends_at"), start, end)


def together(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> int:
    """Whole seconds from `start` to `end` that lie in any of the spans, which come in order of their beginnings."""
    covered = timedelta(0)
    reached = start
    for begins, ends in spans:
        begins, ends = max(begins, reached), min(ends, end)  # noqa: PLW2901 - cut to what is not counted yet
        if ends > begins:
            covered += ends - begins
            reached = ends
    return int(covered.total_seconds())


def _times(cases: Any) -> tuple[list[int], list[int], Counter[int]]:
    """Seconds from raised to the first ring and to the yes, and which rung's officer said it. One query."""
    accepted = Q(pages__status=PageStatus.ACCEPTED)
    grouped = (
        cases.filter(pages__purpose=Purpose.OFFER)
        .order_by()
        .values("pk")
        .annotate(
            raised_at=F("created_at"),
            rang_at=Min("pages__sent_at"),
            voice_at=Min("pages__ended_at", filter=accepted),
            rung=Max("pages__rung", filter=accepted),
        )
    )
    rings, voices, rungs = [], [], Counter[int]()
    for raised_at, rang_at, voice_at, rung in bare_rows(
        grouped, ("raised_at", "rang_at", "voice_at", "rung")
    ):
        raised = instant(raised_at)
        if rang_at is not None:
            rings.append(max(int((instant(rang_at) - raised).total_seconds()), 0))
        if voice_at is not None:
            voices.append(max(int((instant(voice_at) - raised).total_seconds()), 0))
            rungs[rung + 1] += 1
    return rings, voices, rungs


def _value(programme: Programme, cases: Any) -> tuple[Decimal, Decimal]:
    """A year's value of the accounts that had a case, and of those that called one fixed and have none open."""
    to = programme.full_marks_currency
    at_stake = kept = Decimal(0)
    rows = (
        cases.order_by()
        .values_list("account", "account__annual_value", "account__currency")
        .annotate(
            fixed=Count("pk", filter=Q(status="closed")),
            open=Count("pk", filter=Q(next_action_at__isnull=False)),
        )
    )
    for _, amount, currency, fixed, still_open in rows:
        if not (has_rate(currency) and has_rate(to)):
            continue
        value = convert(amount, currency=currency, to=to)
        at_stake += value
        kept += value if fixed and not still_open else 0
    return at_stake.quantize(Decimal(1)), kept.quantize(Decimal(1))


def _trends(earlier: datetime, start: datetime, end: datetime) -> tuple[list[Trend], list[Trend]]:
    """The touchpoints and causes that came more often than in the month before, and less often. Two queries."""
    now, before = _themes(start, end), _themes(earlier, start)
    trends = [Trend(name, before[name], now[name]) for name in now.keys() | before.keys()]
    rising = sorted((one for one in trends if one.change > 0), key=lambda one: (-one.change, one.name))
    falling = sorted((one for one in trends if one.change < 0), key=lambda one: (one.change, one.name))
    return rising[:_NAMED], falling[:_NAMED]


def _themes(start: datetime, end: datetime) -> Counter[str]:
    rows = Learning.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    counted = rows.values_list("touchpoint__name", "cause").annotate(many=Count("pk"))
    return Counter({f"{name}: {cause}": many for name, cause, many in counted})
