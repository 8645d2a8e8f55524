"""`manage.py solve_rota INSTANCE.json --out PLAN.json`: the planner alone, on files.

Exit status: 0 a plan was written; 2 bad input, nothing written; 3 there is no plan, and the file says why; 4 the
time was too short to find a plan or to show that there is none, nothing written.
"""

import json
import os
import signal
import sys
from argparse import ArgumentParser
from math import inf
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rota.management.arguments import seconds, seed
from rota.planner import Result, plan_rota
from rota.planning.plan import clash_as_json, plan_as_json
from rota.planning.reading import BadInstance, read_instance
from rota.planning.search import Progress, Status

LARGEST_FILE = 200_000_000  # bytes
BAD_INPUT, NO_PLAN, TOO_SHORT = 2, 3, 4
USUAL_SECONDS = 60.0


class Command(BaseCommand):
    help = "Solves one rota instance (duty-instance/1) and writes its plan (duty-plan/1)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("instance", type=Path, metavar="INSTANCE.json")
        parser.add_argument("--out", type=Path, required=True, metavar="PLAN.json")
        parser.add_argument("--time-limit", type=seconds, default=USUAL_SECONDS, metavar="S", help="seconds")
        parser.add_argument("--seed", type=seed, default=0, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        try:
            instance = read_instance(_read(options["instance"]))
        except BadInstance as refusal:
            raise CommandError(
                f"{options['instance']} was refused:\n{_indented(str(refusal))}", returncode=BAD_INPUT
            ) from refusal
        if not out.parent.is_dir():
            raise CommandError(f"--out: there is no folder {out.parent}.", returncode=BAD_INPUT)
        if out.is_dir():
            raise CommandError(f"--out: {out} is a folder: name a file.", returncode=BAD_INPUT)
        stop = Event()
        # The first signal ends the search with the best so far; a second one ends the program.
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, lambda number, _frame: _stop(number, stop))
        self.stdout.write(
            f"{instance.name}: {len(instance.executives)} executives, {len(instance.days)} duty days, "
            f"at most {options['time_limit']:g} s."
        )
        try:
            result = plan_rota(
                instance,
                seconds=options["time_limit"],
                seed=options["seed"],
                stop=stop,
                on_progress=self._tell,
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if result.plan is not None:
            _write(out, plan_as_json(instance, result.plan))
        elif result.clash is not None:
            _write(out, clash_as_json(instance, result.clash))
        self._summarise(result, stop)
        self.stdout.flush()
        code = {Status.INFEASIBLE: NO_PLAN, Status.UNKNOWN: TOO_SHORT}.get(result.status, 0)
        if code:
            sys.exit(code)

    def _tell(self, progress: Progress) -> None:
        cost = "no plan yet" if progress.cost == inf else f"best {progress.cost:,.0f}"
        bound = "" if progress.bound == -inf else f", bound {progress.bound:,.0f}, gap {progress.gap:.1%}"
        self.stdout.write(f"{progress.seconds:7.1f} s  {progress.stage}: {cost}{bound}")
        self.stdout.flush()

    def _summarise(self, result: Result, stop: Event) -> None:
        why = "stopped by hand" if stop.is_set() else "the time was up"
        if result.status is Status.INFEASIBLE and result.clash is not None:
            self.stdout.write(f"infeasible after {result.seconds:.1f} s: there is no plan.")
            self.stdout.write(result.clash.text)
            for relaxation in result.clash.relaxations:
                self.stdout.write(f"- {relaxation.text}")
            return
        if result.plan is None:
            self.stdout.write(
                f"unknown after {result.seconds:.1f} s ({why}): no plan was found, and none was ruled out. "
                "Give more time."
            )
            return
        ended = "proven" if result.status is Status.OPTIMAL else why
        self.stdout.write(
            f"{result.status} ({ended}): objective {result.objective:,}, bound {result.bound or 0:,.0f}, "
            f"gap {result.gap:.2%}, {result.seconds:.1f} s"
        )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{path} is larger than {LARGEST_FILE:,} bytes.", returncode=BAD_INPUT)
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=BAD_INPUT) from error


def _write(path: Path, content: dict[str, Any]) -> None:
    """All or nothing: whoever reads the file never sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CommandError(
            f"--out: {path} cannot be written: {error.strerror}.", returncode=BAD_INPUT
        ) from error


def _stop(number: int, stop: Event) -> None:
    stop.set()
    signal.signal(number, signal.SIG_DFL)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
