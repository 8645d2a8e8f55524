"""A rota planned in a process of its own: asked for, claimed, told, stopped, killed and taken up again."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.management import call_command

from people.models import Person
from rota.drafting import draft_rota, solve_run
from rota.errors import CannotPlan
from rota.models import PlanningRun, PlanningStatus, Programme, Rota
from rota.planning_runs import LEASE, MOST_TRIES, apply_relaxation, ask_for_plan, claim, stop, work
from rota.publishing import publish
from tests.product import ROOT, Product
from tests.rota.offices import away, make_office, members_of

MONDAY = date(2027, 3, 1)
LAST = date(2027, 3, 31)


@pytest.fixture
def office(db: None) -> Programme:
    return make_office(6)


@pytest.fixture
def run(office: Programme, dora: Person) -> PlanningRun:
    return ask_for_plan(programme=office, first=MONDAY, last=LAST, by=dora, seconds=30)


def solved(run: PlanningRun) -> PlanningRun:
    call_command("run_planner", "--once")
    run.refresh_from_db()
    return run


class TestInOneProcess:
    def test_what_is_asked_for_becomes_a_draft_with_its_proof(
        self, run: PlanningRun, office: Programme
    ) -> None:
        assert run.status == PlanningStatus.WAITING
        solved(run)
        assert run.status == PlanningStatus.OPTIMAL
        assert run.objective == run.bound
        assert run.gap == 0
        assert run.seconds is not None
        assert run.ended_at is not None
        assert run.rota is not None
        assert run.rota.duties.count() == 46
        assert run.report["coverage"] == {"filled": 46, "seats": 46}
        assert {line["name"] for line in run.report["fairness"]} == {one.name for one in members_of(office)}
        assert run.report["notes"] == []

    def test_a_clash_is_kept_in_words_and_given_up_by_a_click(
        self, run: PlanningRun, office: Programme, dora: Person
    ) -> None:
        tuesday = date(2027, 3, 2)
        for person in members_of(office)[:5]:
            away(person, tuesday, tuesday)
        solved(run)
        assert run.status == PlanningStatus.INFEASIBLE
        assert "2 March 2027: only Exec 5 can serve." in run.clash["text"]
        choice = run.relaxation["choices"][0]
        assert choice["text"] == "Ask 1 executive who is away to be free on 2 March 2027."
        assert run.report["notes"] == [
            "Nobody is backup on 2 March 2027: of 5 others 5 are away.",
        ]
        assert run.rota is not None, "what can be drafted is drafted"
        with pytest.raises(CannotPlan, match="Only administrators"):
            apply_relaxation(run=run, by=members_of(office)[0])
        again = solved(apply_relaxation(run=run, by=dora))
        assert again.status == PlanningStatus.OPTIMAL
        assert again.rota == run.rota
        backup = again.rota.duties.get(day=tuesday, seat=1)
        assert "fair share" in backup.why

    def test_one_programme_is_planned_once_at_a_time(self, run: PlanningRun, office: Programme) -> None:
        with pytest.raises(CannotPlan, match="being planned already"):
            ask_for_plan(programme=office, first=MONDAY, last=MONDAY, by=None)
        other = make_office(2, slug="other")
        ask_for_plan(programme=other, first=MONDAY, last=MONDAY, by=None)

    def test_what_waits_is_stopped_at_once_and_what_ended_cannot_be(
        self, run: PlanningRun, dora: Person
    ) -> None:
        assert stop(run=run, by=dora).status == PlanningStatus.CANCELLED
        with pytest.raises(CannotPlan, match="ended already"):
            stop(run=run, by=dora)
        assert solved(run).status == PlanningStatus.CANCELLED

    def test_a_dead_process_s_run_is_taken_up_once_its_lease_is_over(self, run: PlanningRun) -> None:
        now = datetime.now(UTC)
        assert claim(now=now) == run
        assert claim(now=now + LEASE - timedelta(seconds=1)) is None
        assert claim(now=now + LEASE) == run

    def test_a_run_that_ends_its_process_again_and_again_fails(self, run: PlanningRun) -> None:
        now = datetime.now(UTC)
        for turn in range(MOST_TRIES):
            assert claim(now=now + turn * LEASE) == run
        assert claim(now=now + MOST_TRIES * LEASE) is None
        run.refresh_from_db()
        assert run.status == PlanningStatus.FAILED
        assert f"died {MOST_TRIES} times" in run.error

    def test_whoever_lost_the_run_meanwhile_keeps_its_hands_off(self, run: PlanningRun) -> None:
        def slow(*, run: PlanningRun, **arguments: Any) -> None:
            # Another process takes it up while this one is away beyond its lease.
            PlanningRun.objects.filter(pk=run.pk).update(started_at=datetime.now(UTC) + timedelta(minutes=1))
            solve_run(run=run, **arguments)

        assert work(solve=slow, stopping=Event())
        run.refresh_from_db()
        assert run.status == PlanningStatus.RUNNING
        assert not Rota.objects.exists()

    def test_nothing_to_plan_is_said(self, run: PlanningRun, office: Programme) -> None:
        rota = draft_rota(programme=office, first=MONDAY, last=LAST).rota
        assert rota is not None
        publish(rota=rota)
        solved(run)
        assert run.status == PlanningStatus.FAILED
        assert "published already" in run.error

    def test_progress_is_told_in_figures(self, run: PlanningRun) -> None:
        told: list[dict[str, float | None]] = []
        claimed = claim(now=datetime.now(UTC))
        assert claimed is not None
        solve_run(run=claimed, stop=Event(), on_progress=lambda **figures: told.append(figures))
        assert told
        assert set(told[-1]) == {"objective", "bound", "gap"}


# --- Real processes -------------------------------------------------------------------------------------------


SEED = """
import random
from datetime import date, time, timedelta
from people.models import Person
from rota.models import Membership, Programme
from rota.planning_runs import ask_for_plan
start = date(2027, 1, 1)
chance = random.Random(35)
programme = Programme.objects.create(
    slug="long", name="Long", time_zone="UTC", duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    hours_from=time(0), hours_to=time(0), weights={"value": 100}, listening_minutes_per_month=0,
    special_days=[
        {"date": (start + timedelta(days=n)).isoformat(), "name": "", "burden": chance.choice([3, 4, 5, 6, 7])}
        for n in range(365)
    ],
)
for n in range(17):
    person = Person.objects.create_user(f"e{n}@example.com", name=f"Exec {n}", is_executive=True)
    Membership.objects.create(programme=programme, person=person, share=chance.choice([100, 80, 70, 60]))
ask_for_plan(programme=programme, first=start, last=start + timedelta(days=364), by=None, seconds=600)
"""
"""A year whose days weigh this and that: a rota within seconds, a proof not within minutes."""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    product = Product(tmp_path_factory.mktemp("planning"))
    product.manage("migrate", "--verbosity", "0")
    product.manage("shell", "--command", SEED)
    return product.folder / "officer.sqlite3"


@pytest.mark.once
class TestRealProcesses:
    @pytest.fixture
    def product(self, tmp_path: Path, migrated: Path) -> Product:
        (tmp_path / "officer.sqlite3").write_bytes(migrated.read_bytes())
        return Product(tmp_path)

    @pytest.fixture
    def planner(self, product: Product) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
        """Starts a planner's process; all are gone at the end."""
        started: list[subprocess.Popen[bytes]] = []

        def start() -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_planner"],
                cwd=ROOT,
                env=product.environment,
                stdout=product.output.open("ab"),
                stderr=subprocess.STDOUT,
            )
            started.append(process)
            return process

        yield start
        for process in started:
            process.kill()
            process.wait()

    def look(self, product: Product) -> dict[str, Any]:
        said = product.manage(
            "shell",
            "--command",
            "import json; from rota.models import *; run = PlanningRun.objects.get();"
            "print(json.dumps({'status': run.status, 'objective': run.objective, 'rota': run.rota_id,"
            " 'duties': Duty.objects.count(), 'tries': run.progress.get('tries'), 'gap': run.gap}))",
        )
        found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
        return found

    def until(self, product: Product, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for _ in range(60):
            seen = self.look(product)
            if true(seen):
                return seen
        raise AssertionError(f"{seen}\n{product.output.read_text()}")

    def test_killed_it_is_taken_up_and_stopped_it_keeps_the_best(
        self, product: Product, planner: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        first = planner()
        self.until(product, lambda run: run["objective"] is not None)
        first.kill()
        first.wait()
        assert self.look(product)["status"] == "running"
        product.manage(
            "shell",
            "--command",
            "from rota.models import *; from django.utils import timezone;"
            "PlanningRun.objects.update(lease_until=timezone.now(), objective=None)",
        )
        planner()
        taken_up = self.until(product, lambda run: run["objective"] is not None)
        assert (taken_up["tries"], taken_up["status"]) == (2, "running")
        product.manage(
            "shell", "--command", "from rota.models import *; PlanningRun.objects.update(stop_asked=True)"
        )
        ended = self.until(product, lambda run: run["status"] != "running")
        assert ended["status"] == "feasible"
        assert ended["duties"] == 730
        assert ended["gap"] > 0

    def test_a_signal_keeps_the_best_so_far(
        self, product: Product, planner: Callable[[], subprocess.Popen[bytes]]
    ) -> None:
        process = planner()
        self.until(product, lambda run: run["objective"] is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        ended = self.look(product)
        assert (ended["status"], ended["duties"]) == ("feasible", 730)
        assert ended["rota"] is not None
