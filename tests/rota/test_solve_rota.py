"""`manage.py solve_rota`: what it writes, what it says, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from rota.planning.reading import read_instance
from rota.planning.score import score
from tests.rota.invented_rotas import as_text, invent
from tests.rota.plans_on_file import plan_on_file
from tests.rota.test_planner_clock import long_content

ROOT = Path(__file__).resolve().parent.parent.parent


def solve(folder: Path, content: dict[str, Any] | str, *options: str) -> tuple[int, str, Path]:
    """Exit status, what it printed, and where the plan would be."""
    file, out = folder / "instance.json", folder / "plan.json"
    file.write_text(content if isinstance(content, str) else as_text(content))
    printed = StringIO()
    try:
        call_command("solve_rota", str(file), "--out", str(out), *options, stdout=printed)
    except SystemExit as end:
        return int(end.code or 0), printed.getvalue(), out
    except CommandError as refusal:
        return refusal.returncode, str(refusal), out
    return 0, printed.getvalue(), out


def test_a_plan_is_written_and_its_proof_told(tmp_path: Path) -> None:
    content = invent(seed=1, people=8, days=20)

    status, said, out = solve(tmp_path, content, "--seed", "4", "--time-limit", "60")

    instance, plan = read_instance(as_text(content)), plan_on_file(out)
    assert status == 0
    assert f"optimal (proven): objective {score(instance, plan):,}" in said
    assert "gap 0.00%" in said
    written = json.loads(out.read_text())
    assert written["format"] == "duty-plan/1"
    assert written["instance"] == instance.name
    assert list(written["assignments"]) == [day.date.isoformat() for day in instance.days]
    assert {file.name for file in tmp_path.iterdir()} == {"instance.json", "plan.json"}


def test_an_infeasible_instance_ends_with_3_and_the_reason(tmp_path: Path) -> None:
    content = invent(seed=1, people=8, days=20)
    for executive in content["executives"]:
        executive["unavailable"].append({"from": "2026-03-10", "to": "2026-03-10", "why": "offsite"})

    status, said, out = solve(tmp_path, content)

    written = json.loads(out.read_text())
    assert status == 3
    assert "10 March 2026: none of the 8 executives can serve" in said
    assert "Ask 2 executives who are away to be free on 10 March 2026." in said
    assert written["status"] == "infeasible"
    assert written["infeasible"]["rules"] == ["coverage", "unavailable"]
    assert written["infeasible"]["dates"] == ["2026-03-10"]
    relaxation = written["infeasible"]["relaxation"]
    assert (relaxation["kind"], relaxation["date"], relaxation["executives"]) == ("release", "2026-03-10", 2)


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '{"format": "duty-instance/1"}', '{"format": "x"'])
def test_bad_input_ends_with_2_and_writes_nothing(tmp_path: Path, text: str) -> None:
    status, said, out = solve(tmp_path, text)

    assert status == 2
    assert "was refused" in said
    assert not out.exists()


def test_a_bad_field_is_named(tmp_path: Path) -> None:
    content = invent(seed=1, people=4, days=8)
    content["executives"][3]["share"] = "most"

    status, said, _ = solve(tmp_path, content)

    assert status == 2
    assert "executives[3].share: must be a whole number." in said


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read") as refusal:
        call_command("solve_rota", str(tmp_path / "none.json"), "--out", str(tmp_path / "plan.json"))
    assert refusal.value.returncode == 2


def test_a_folder_that_is_not_there_is_told_before_any_work(tmp_path: Path) -> None:
    file = tmp_path / "instance.json"
    file.write_text(as_text(invent(seed=1, people=4, days=8)))
    with pytest.raises(CommandError, match="there is no folder") as refusal:
        call_command("solve_rota", str(file), "--out", str(tmp_path / "none" / "plan.json"))
    assert refusal.value.returncode == 2


@pytest.mark.parametrize("option", [("--time-limit", "0"), ("--time-limit", "soon"), ("--seed", "-1")])
def test_bad_options_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    status, said, out = solve(tmp_path, invent(seed=1, people=4, days=8), *option)

    assert status != 0
    assert option[0] in said
    assert not out.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_best_so_far(tmp_path: Path, number: signal.Signals) -> None:
    file, out = tmp_path / "instance.json", tmp_path / "plan.json"
    file.write_text(as_text(long_content()))
    command = [sys.executable, "manage.py", "solve_rota", str(file), "--out", str(out), "--time-limit", "300"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "best" in line and process.poll() is None:
                process.send_signal(number)
                break
        said += process.stdout.readlines()
        status = process.wait(timeout=60)

    assert status == 0, said
    assert "feasible (stopped by hand)" in said[-1]
    assert "Traceback" not in "".join(said)
    assert len(plan_on_file(out).holders) == 2 * 365
