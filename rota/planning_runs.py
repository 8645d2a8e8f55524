"""A rota is planned in a process of its own (`manage.py run_planner`): asked for here, claimed there, kept as a draft.

WAITING → RUNNING → OPTIMAL, FEASIBLE, INFEASIBLE, NOTHING or FAILED; CANCELLED where it was stopped before anything
was found. A run whose process died is taken up again once its lease is over.
"""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q

from people.models import Person
from rota.errors import CannotPlan
from rota.instances import check_period
from rota.models import PlanningRun, PlanningStatus, Programme

logger = logging.getLogger(__name__)

USUAL_SECONDS = 60
LONGEST_SECONDS = 3600
LEASE = timedelta(seconds=30)
MOST_TRIES = 3
"""A run that ended its process as often as this is not tried again: it would do so for ever."""
_TELL_SECONDS = 1.0


class Progress(Protocol):
    """What a solver says while it works: the objective of the best rota so far, and what none can be below."""

    def __call__(self, *, objective: float | None, bound: float | None, gap: float | None) -> None: ...


class Solve(Protocol):
    """Solves a run's days and fills in its result (`status`, `rota`, `objective`, `bound`, `gap`, `report`, `clash`,
    `relaxation`) without saving it; ends soon, with the best so far, once `stop` is set."""

    def __call__(self, *, run: PlanningRun, stop: threading.Event, on_progress: Progress) -> None: ...


def ask_for_plan(
    *,
    programme: Programme,
    first: date,
    last: date,
    by: Person | None,
    seconds: int = USUAL_SECONDS,
    seed: int = 0,
    relax: Sequence[dict[str, Any]] = (),
    monthly: bool = False,
) -> PlanningRun:
    """Asks for the days from `first` to `last`, both inclusive, to be planned; returns the run, which is WAITING.

    Watch the row: `status`, `objective`, `bound`, `gap`, `seconds` and `progress` move each second while it runs; at
    the end `rota` is the draft. Raises CannotPlan for a bad period, and where the programme is being planned already.
    """
    _check_admin(by)
    check_period(first, last)
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise CannotPlan(f"Give it 1 to {LONGEST_SECONDS} seconds.", field="seconds", code="invalid")
    try:
        with transaction.atomic():
            return PlanningRun.objects.create(
                programme=programme,
                first_day=first,
                last_day=last,
                by=by,
                time_limit=seconds,
                seed=seed,
                relax=list(relax),
                monthly=monthly,
                created_at=datetime.now(UTC),
            )
    except IntegrityError as error:
        raise CannotPlan(
            "This programme is being planned already. Wait for it, or stop it.", code="running"
        ) from error


def stop(*, run: PlanningRun, by: Person) -> PlanningRun:
    """Ends the run with the best rota so far, soon; at once where it has not begun. Raises CannotPlan."""
    _check_admin(by)
    mine = PlanningRun.objects.filter(pk=run.pk)
    now = datetime.now(UTC)
    waits = mine.filter(status=PlanningStatus.WAITING)
    runs = mine.filter(status=PlanningStatus.RUNNING)
    if not (waits.update(status=PlanningStatus.CANCELLED, ended_at=now) or runs.update(stop_asked=True)):
        raise CannotPlan("It has ended already.", code="ended")
    run.refresh_from_db()
    return run


def apply_relaxation(*, run: PlanningRun, by: Person, choice: int = 0) -> PlanningRun:
    """Plans the period again, giving up what the run proposes: `choice` counts its `relaxation["choices"]` from 0.

    Only by an administrator's click. Raises CannotPlan where nothing is proposed or it cannot be given up by a rule.
    """
    _check_admin(by)
    choices = run.relaxation.get("choices", [])
    if not 0 <= choice < len(choices):
        raise CannotPlan("Nothing is proposed that could be given up.", code="nothing")
    return ask_for_plan(
        programme=run.programme,
        first=run.first_day,
        last=run.last_day,
        by=by,
        seconds=run.time_limit,
        seed=run.seed,
        relax=[*run.relax, choices[choice]["relax"]],
    )


# --- In the planner's process ---------------------------------------------------------------------------------


def work(*, solve: Solve, stopping: threading.Event) -> bool:
    """Solve the run that waits the longest, if any. Returns whether there was one.

    `stopping` ends it with the best so far, as an administrator's word does.
    """
    run = claim(now=datetime.now(UTC))
    if run is None:
        return False
    with _kept_alive(run, stopping) as (ended, on_progress):
        try:
            solve(run=run, stop=ended, on_progress=on_progress)
        except DatabaseError:
            raise  # another try, after the lease
        except Exception as error:
            logger.exception("Planning %s failed", run)
            run.status, run.error = PlanningStatus.FAILED, f"{type(error).__name__}: {error}"
    _finish(run)
    return True


def claim(*, now: datetime) -> PlanningRun | None:
    """Take a run for this process, or one whose process died; None where nothing is to be done."""
    with transaction.atomic():
        dead = Q(status=PlanningStatus.RUNNING, lease_until__lte=now)
        rows = PlanningRun.objects.filter(Q(status=PlanningStatus.WAITING) | dead).order_by(
            "created_at", "pk"
        )
        run = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if run is None:
            return None
        tries = run.progress.get("tries", 0) + 1
        if tries > MOST_TRIES:
            run.status, run.ended_at = PlanningStatus.FAILED, now
            run.error = f"The planner died {MOST_TRIES} times over it. See its log; plan fewer days at once."
            run.save(update_fields=["status", "ended_at", "error"])
            return None
        run.status, run.started_at, run.lease_until = PlanningStatus.RUNNING, now, now + LEASE
        run.progress = {"tries": tries}
        run.save(update_fields=["status", "started_at", "lease_until", "progress"])
    return PlanningRun.objects.select_related("programme", "by").get(pk=run.pk)


@contextmanager
def _kept_alive(run: PlanningRun, stopping: threading.Event) -> Any:
    """While a run is solved: its lease and its progress go into the row each second, and words to stop come out."""
    ended, done = threading.Event(), threading.Event()
    said: dict[str, float | None] = {"objective": None, "bound": None, "gap": None}
    began = time.monotonic()

    def on_progress(*, objective: float | None, bound: float | None, gap: float | None) -> None:
        said.update(objective=objective, bound=bound, gap=gap)

    def tell() -> None:
        row = PlanningRun.objects.filter(pk=run.pk, status=PlanningStatus.RUNNING, started_at=run.started_at)
        alive = row.update(
            lease_until=datetime.now(UTC) + LEASE, seconds=round(time.monotonic() - began, 1), **said
        )
        if not alive or stopping.is_set() or row.filter(stop_asked=True).exists():
            ended.set()

    def watch() -> None:
        while not done.wait(_TELL_SECONDS):
            try:
                tell()
            except DatabaseError:
                logger.warning("The progress of %s could not be kept", run, exc_info=True)
                connection.close()
        connection.close()

    watcher = threading.Thread(target=watch, name="planning-watch", daemon=True)
    watcher.start()
    try:
        yield ended, on_progress
    finally:
        done.set()
        watcher.join()
        run.seconds = round(time.monotonic() - began, 2)


def _finish(run: PlanningRun) -> None:
    """The result into the row, unless it is another process's by now."""
    run.ended_at = datetime.now(UTC)
    kept = PlanningRun.objects.filter(
        pk=run.pk, status=PlanningStatus.RUNNING, started_at=run.started_at
    ).update(
        **{
            field: getattr(run, field)
            for field in (
                "status", "rota", "objective", "bound", "gap", "seconds", "report", "clash", "relaxation",
                "error", "ended_at",
            )
        }
    )  # fmt: skip
    if not kept:
        logger.warning("%s was ended by another process: this result is dropped", run)


def _check_admin(by: Person | None) -> None:
    if by is not None and not by.is_admin:
        raise CannotPlan("Only administrators plan a rota.", code="not_allowed")
