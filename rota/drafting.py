"""A draft of a rota: the duty days of a period that are not published yet, seated by the planner, kept as rows.

Asked and kept are apart: in between the planner runs, for seconds or minutes, without a lock and without the database.
What was locked, published or discarded meanwhile is heeded when the draft is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, isfinite
from threading import Event
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.models import Person
from rota.draft_report import Missed, Unmet, empty_seats, missed, report_of
from rota.errors import CannotPlan
from rota.hours import duty_period
from rota.instances import Question, question_for, seat_of
from rota.models import Duty, ListeningHold, PlanningRun, PlanningStatus, Programme, Rota, RotaStatus
from rota.planner import Result, plan_rota
from rota.planning.instance import Seat, month_of
from rota.planning.plan import Plan
from rota.planning.reasons import reasons
from rota.planning.search import Progress, Status
from rota.planning.wording import period_in_words
from rota.planning_runs import Progress as Tell
from rota.relaxing import choices_of

USUAL_SECONDS = 60.0
LONGEST_WHY = 400
AT_ONCE = 500
"""Rows in one statement."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was drafted. `rota` is None where every duty day of the period is published already, or nothing was found.

    `result` is the planner's own word: how good the rota is known to be, or why there is none that keeps all the
    rules; then the draft is the most of one, and `unmet` and `missed` say what it lacks. `report` is all of it for a
    page.
    """

    rota: Rota | None
    days: list[date]
    published_days: list[date]
    seats: int
    unmet: tuple[Unmet, ...]
    missed: tuple[Missed, ...]
    served: dict[Person, int]
    result: Result | None
    report: dict[str, Any]

    @property
    def coverage(self) -> tuple[int, int]:
        """How many seats of the drafted days have somebody, of how many."""
        wanted = int(self.report["coverage"]["seats"])
        return int(self.report["coverage"]["filled"]), wanted

    @property
    def fairness(self) -> tuple[int, int]:
        """The fewest and the most duties that a member has in this draft."""
        return (min(self.served.values(), default=0), max(self.served.values(), default=0))


def draft_rota(
    *,
    programme: Programme,
    first: date,
    last: date,
    seconds: float = USUAL_SECONDS,
    seed: int = 0,
    relax: Sequence[Mapping[str, Any]] = (),
    stop: Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Draft:
    """Drafts the duty days from `first` to `last`, both inclusive; published days are left as they are.

    An earlier draft of the very same period is replaced; what is locked in it stays. Takes up to so many seconds.
    How good it is is kept beside it, as a run that has ended. Raises CannotPlan for a period that is none.
    """
    began = timezone.now()
    today = began.astimezone(programme.zone).date()
    question = question_for(programme=programme, first=first, last=last, relax=relax, listen_from=today)
    if not question.open_seats:
        return keep_draft(question=question, result=None)
    result = solve(question, seconds=seconds, seed=seed, stop=stop, on_progress=on_progress)
    draft = keep_draft(question=question, result=result)
    run = PlanningRun(
        programme=programme,
        first_day=first,
        last_day=last,
        time_limit=ceil(seconds),
        seed=seed,
        relax=list(relax),
        rota=draft.rota,
        report=draft.report if draft.rota is not None else {},
        seconds=round(result.seconds, 2),
        created_at=began,
        started_at=began,
        ended_at=timezone.now(),
    )
    _fill_in(run, result, stopped=stop is not None and stop.is_set())
    run.save()
    return draft


def solve_run(*, run: PlanningRun, stop: Event, on_progress: Tell) -> None:
    """Solves what the run asks for and keeps the draft; fills in the run's result without saving the run.

    What another process took up meanwhile is not kept. Raises CannotPlan where there is nothing to plan.
    """
    programme = run.programme
    question = question_for(
        programme=programme,
        first=run.first_day,
        last=run.last_day,
        relax=run.relax,
        listen_from=timezone.now().astimezone(programme.zone).date(),
    )
    if not question.open_seats:
        none = "No day of this period is a duty day." if not question.instance.days else ""
        raise CannotPlan(none or "Every duty day of this period is published already.", code="published")

    def tell(progress: Progress) -> None:
        cost, bound = _known(progress.cost), _known(progress.bound)
        on_progress(objective=cost, bound=bound, gap=progress.gap if cost is not None else None)

    result = solve(question, seconds=run.time_limit, seed=run.seed, stop=stop, on_progress=tell)
    _fill_in(run, result, stopped=stop.is_set())
    mine = PlanningRun.objects.filter(pk=run.pk, status=PlanningStatus.RUNNING, started_at=run.started_at)
    if plan_of(result) is not None and mine.exists():
        draft = keep_draft(question=question, result=result)
        run.rota, run.report = draft.rota, draft.report


def _fill_in(run: PlanningRun, result: Result, *, stopped: bool) -> None:
    run.objective, run.bound, run.gap = result.objective, result.bound, result.gap
    run.status = _STATUS[result.status]
    if run.status == PlanningStatus.NOTHING and stopped:
        run.status = PlanningStatus.CANCELLED
    if result.clash is not None:
        run.clash = result.clash.as_json()
        run.relaxation = {"choices": choices_of(result.clash)}


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


_STATUS = {
    Status.OPTIMAL: PlanningStatus.OPTIMAL,
    Status.FEASIBLE: PlanningStatus.FEASIBLE,
    Status.INFEASIBLE: PlanningStatus.INFEASIBLE,
    Status.UNKNOWN: PlanningStatus.NOTHING,
}


def solve(
    question: Question,
    *,
    seconds: float,
    seed: int = 0,
    stop: Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Result:
    """The planner's answer, with the most of a rota where none keeps all the rules. No database."""
    return plan_rota(
        question.instance,
        seconds=seconds,
        seed=seed,
        draft=question.draft,
        stop=stop,
        on_progress=on_progress,
        partly=True,
    )


def plan_of(result: Result) -> Plan | None:
    """The plan of an answer, or as much of one as there is."""
    if result.plan is not None:
        return result.plan
    return result.partial.plan if result.partial is not None else None


def keep_draft(*, question: Question, result: Result | None) -> Draft:
    """Keeps the answer as the draft of its period, in one transaction, and says what it comes to.

    The row of the earlier draft is kept where there is one. Seats that were published meanwhile are left out, and
    those that were locked meanwhile stay as they are.
    """
    plan = plan_of(result) if result is not None else None
    if plan is None or not question.open_seats:
        return _told(question, plan or _as_it_is(question), None, result)
    why = _whys(question, plan)
    with transaction.atomic():
        # The programme's row is the lock of all its rotas.
        Programme.objects.select_for_update(no_key=True).get(pk=question.programme.pk)
        rota, plan = _keep(question, plan, why)
    return _told(question, plan, rota, result)


def _told(question: Question, plan: Plan, rota: Rota | None, result: Result | None) -> Draft:
    open_days = sorted({day for day, _ in question.open_seats})
    served = {question.people[one.id]: 0 for one in question.instance.executives if one.share}
    for seat, who in plan.holders.items():
        if seat in question.open_seats:
            served[question.people[who]] = served.get(question.people[who], 0) + 1
    return Draft(
        rota=rota,
        days=open_days,
        published_days=list(question.published_days),
        seats=len(question.instance.rules.roles),
        unmet=tuple(empty_seats(question, plan)),
        missed=tuple(missed(question, plan)) if open_days else (),
        served=served,
        result=result,
        report=report_of(question, plan),
    )


def _as_it_is(question: Question) -> Plan:
    """What stands already: published seats, and what was locked."""
    return Plan(dict(question.instance.pinned))


def _whys(question: Question, plan: Plan) -> dict[Seat, str]:
    told = reasons(
        question.instance,
        plan,
        period=period_in_words(question.first, question.last),
        last_served={str(key): max(days) for key, days in question.last_served.items() if days},
    )
    return {seat: reason.text[:LONGEST_WHY] for seat, reason in told.items()}


def _keep(question: Question, plan: Plan, why: Mapping[Seat, str]) -> tuple[Rota | None, Plan]:
    programme = question.programme
    days = sorted({day for day, _ in question.open_seats})
    published = {
        (day, seat): person
        for day, seat, person in Duty.objects.published()
        .filter(programme=programme, day__in=days)
        .values_list("day", "seat", "person")
    }
    rota = _row(question)
    before = {(duty.day, duty.seat): duty for duty in rota.duties.all()} if rota is not None else {}
    locked = {place: duty for place, duty in before.items() if duty.locked and place not in published}
    taken = {(day, person) for (day, _), person in published.items()}
    taken |= {(day, duty.person_id) for (day, _), duty in locked.items()}
    wanted: dict[tuple[date, int], int] = {}
    for seat, who in plan.holders.items():
        place = (seat[0], seat_of(seat[1]))
        is_open = seat in question.open_seats and place not in published and place not in locked
        if is_open and (seat[0], int(who)) not in taken:
            wanted[place] = int(who)
    holders = _holders(question, wanted, published, locked)
    if not wanted and not locked:
        return None, Plan(holders, plan.sessions)
    if rota is None:
        rota = Rota.objects.create(programme=programme, first_day=question.first, last_day=question.last)
    _seat(rota, before, wanted, locked, {(day, seat_of(role)): text for (day, role), text in why.items()})
    _hold(rota, question, plan)
    return rota, Plan(holders, plan.sessions)


def _row(question: Question) -> Rota | None:
    """The earlier draft, unless it was published or discarded meanwhile, or another of the same period made."""
    drafts = Rota.objects.select_for_update().filter(
        programme=question.programme,
        first_day=question.first,
        last_day=question.last,
        status=RotaStatus.DRAFT,
    )
    return drafts.order_by("-pk").first()


def _holders(
    question: Question,
    wanted: Mapping[tuple[date, int], int],
    published: Mapping[tuple[date, int], int],
    locked: Mapping[tuple[date, int], Duty],
) -> dict[Seat, str]:
    """What holds after all, as the planner names it; whoever it does not know is left out."""
    now = {**published, **{place: duty.person_id for place, duty in locked.items()}, **wanted}
    return {
        seat: str(now[seat[0], seat_of(seat[1])])
        for seat in question.instance.seats
        if str(now.get((seat[0], seat_of(seat[1])), "")) in question.people
    } | {seat: who for seat, who in question.instance.pinned.items() if seat not in question.open_seats}


def _seat(
    rota: Rota,
    before: Mapping[tuple[date, int], Duty],
    wanted: Mapping[tuple[date, int], int],
    locked: Mapping[tuple[date, int], Duty],
    why: Mapping[tuple[date, int], str],
) -> None:
    """Rows follow the plan: those that are there change, few come or go."""
    rules = rota.programme.rules
    periods = {day: duty_period(rules, day) for day in {day for day, _ in wanted}}
    changed, new = [], []
    for place, person in wanted.items():
        duty = before.get(place)
        if duty is None:
            duty = Duty(rota=rota, programme=rota.programme, day=place[0], seat=place[1])
            new.append(duty)
        else:
            changed.append(duty)
        duty.person_id = person
        duty.starts_at, duty.ends_at = periods[place[0]].start, periods[place[0]].end
        duty.why = why.get(place, "")
    gone = [duty.pk for place, duty in before.items() if place not in wanted and place not in locked]
    Duty.objects.filter(pk__in=gone).delete()
    Duty.objects.bulk_update(changed, ["person", "starts_at", "ends_at", "why"], batch_size=AT_ONCE)
    Duty.objects.bulk_create(new, batch_size=AT_ONCE)


def _hold(rota: Rota, question: Question, plan: Plan) -> None:
    """Times to listen that the draft proposes; nobody is told of them before they are published."""
    before = {
        (hold.person_id, hold.starts_at): hold.pk
        for hold in ListeningHold.objects.filter(rota=rota, published=False, cancelled_at=None)
    }
    wanted = {(int(who), question.offers[slot].start): question.offers[slot] for who, slot in plan.sessions}
    gone = [key for place, key in before.items() if place not in wanted]
    for first in range(0, len(gone), AT_ONCE):
        ListeningHold.objects.filter(pk__in=gone[first : first + AT_ONCE]).delete()
    now = timezone.now()
    zone = question.programme.zone
    ListeningHold.objects.bulk_create(
        [
            ListeningHold(
                programme=question.programme,
                person_id=person,
                window=offer.window,
                rota=rota,
                starts_at=offer.start,
                ends_at=offer.end,
                month=date.fromisoformat(f"{month_of(offer.start.astimezone(zone).date())}-01"),
                created_at=now,
            )
            for (person, _), offer in wanted.items()
            if (person, offer.start) not in before
        ],
        batch_size=AT_ONCE,
    )
