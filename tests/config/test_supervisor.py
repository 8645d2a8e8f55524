"""The supervisor with real processes: what dies comes back, what is stopped is gone, nothing is orphaned."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import psutil
import pytest

from config.supervisor import LONGEST_WAIT, wait_before_restart

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 20.0
"""Seconds a busy machine may take for what takes tenths of one."""

STEADY = r"""
    import os, signal
    signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"finishing\n"), os._exit(0)))
    os.write(1, b"up %d\n" % os.getpid())
    while True:
        signal.pause()
"""
STUBBORN = r"""
    import os, signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b"up %d\n" % os.getpid())
    while True:
        signal.pause()
"""
FORKING = r"""
    import os, signal
    if os.fork() == 0:
        os.write(1, b"worker %d\n" % os.getpid())
        while True:
            signal.pause()
    os.write(1, b"up %d\n" % os.getpid())
    while True:
        signal.pause()
"""


class Supervised:
    """A supervisor in a process of its own; `line` waits for what it prints."""

    def __init__(self, folder: Path, programs: dict[str, str], options: str) -> None:
        for name, text in programs.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        listed = f"[Program(name, [f'{folder}/{{name}}.py']{options}) for name in {list(programs)}]"
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE.format(programs=listed, folder=str(folder))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: Queue[str] = Queue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def line(self, pattern: str) -> re.Match[str]:
        """The next line that fits; those before it are passed over."""
        try:
            while True:
                self.seen.append(self.lines.get(timeout=PATIENCE))
                if match := re.search(pattern, self.seen[-1]):
                    return match
        except Empty:
            raise AssertionError(f"no line like {pattern!r} after:\n" + "\n".join(self.seen)) from None

    def pid(self, pattern: str) -> psutil.Process:
        return psutil.Process(int(self.line(pattern + r" (\d+)")[1]))


SUPERVISE = """
import os, sys
from pathlib import Path
from config.supervisor import Program, Supervisor
hangs = lambda up: "no song" if Path({folder!r}, "silent").exists() else ""
sys.exit(Supervisor({programs}, look_every=0.05).run())
"""

Supervise = Callable[..., Supervised]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    started: list[Supervised] = []

    def start(options: str = "", **programs: str) -> Supervised:
        started.append(Supervised(tmp_path, programs, options))
        return started[-1]

    yield start
    for supervised in started:
        supervised.process.kill()
        supervised.process.wait()


def gone(*processes: psutil.Process) -> bool:
    return not psutil.wait_procs(processes, timeout=PATIENCE)[1]


def test_what_dies_is_started_again_at_once(supervise: Supervise) -> None:
    run = supervise(steady=STEADY)
    first = run.pid("steady .*up")
    first.kill()
    assert run.line(r"steady was killed by SIGKILL; starting it again in (\S+) s")[1] == "0"
    assert run.pid("steady .*up") != first


def test_the_others_are_left_alone(supervise: Supervise) -> None:
    run = supervise(steady=STEADY, dying="raise SystemExit(3)")
    run.line("dying ended with 3; starting it again in 1 s")
    said = "\n".join(run.seen)
    assert re.findall(r"dying ended with 3; starting it again in (\S+) s", said) == ["0", "0.5", "1"]
    (pid,) = re.findall(r"steady .*up (\d+)", said)
    assert psutil.Process(int(pid)).is_running()


def test_each_death_of_a_young_program_is_waited_for_longer() -> None:
    waits = [wait_before_restart(deaths) for deaths in range(1, 12)]
    assert waits == [0, 0.5, 1, 2, 4, 8, 16, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_a_main_process_takes_its_workers_with_it(supervise: Supervise) -> None:
    run = supervise(forking=FORKING)
    pids = {run.pid("forking .*(?:worker|up)"), run.pid("forking .*(?:worker|up)")}
    main = next(process for process in pids if process.ppid() == run.process.pid)
    main.kill()
    assert gone(*pids)
    run.line("forking .*up")


def test_nothing_outlives_a_supervisor_that_is_killed(supervise: Supervise) -> None:
    run = supervise(forking=FORKING, stubborn=STUBBORN)
    pids = [run.pid("(?:worker|up)") for _ in range(3)]
    run.process.kill()
    assert gone(*pids)


def test_terminate_lets_all_finish(supervise: Supervise) -> None:
    run = supervise(steady=STEADY, other=STEADY)
    pids = [run.pid("up"), run.pid("up")]
    run.process.terminate()
    run.line("finishing")
    run.line("finishing")
    assert run.process.wait(PATIENCE) == 0
    assert gone(*pids)


def test_a_keyboard_interrupt_stops_too(supervise: Supervise) -> None:
    run = supervise(steady=STEADY)
    steady = run.pid("up")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(PATIENCE) == 0
    assert gone(steady)


def test_what_others_need_stops_last(supervise: Supervise) -> None:
    run = supervise(", stops_last=name == 'network'", network=STEADY, steady=STEADY)
    run.line("up")
    run.line("up")
    run.process.terminate()
    run.line("steady ended with 0")
    run.line("network .*finishing")
    assert run.process.wait(PATIENCE) == 0


def test_what_does_not_end_in_time_is_killed_and_the_exit_code_says_so(supervise: Supervise) -> None:
    run = supervise(", stop_seconds=0.2", stubborn=STUBBORN)
    stubborn = run.pid("up")
    run.process.terminate()
    run.line("stubborn did not end in time: killing it")
    assert run.process.wait(PATIENCE) == 1
    assert gone(stubborn)


def test_a_second_signal_kills_at_once(supervise: Supervise) -> None:
    run = supervise(", stop_seconds=3600", stubborn=STUBBORN, steady=STEADY)
    pids = [run.pid("up"), run.pid("up")]
    run.process.terminate()
    run.line("steady ended with 0")
    run.process.terminate()
    assert run.process.wait(PATIENCE) == 1
    assert gone(*pids)


def test_what_hangs_is_killed_and_started_again(supervise: Supervise, tmp_path: Path) -> None:
    run = supervise(", hung=hangs", stubborn=STUBBORN)
    stubborn = run.pid("up")
    (tmp_path / "silent").touch()
    run.line(r"stubborn hangs \(no song\): killing it")
    (tmp_path / "silent").unlink()
    run.line("up")
    assert gone(stubborn)


def test_every_line_carries_its_name(supervise: Supervise) -> None:
    run = supervise(speaker="import os\nos.write(1, b'one\\n' + b'x' * 200_000 + b'\\nlast words')\n")
    assert run.line("one")[0]
    run.line(r"speaker   \| last words")
    assert all("| " in line for line in run.seen)
    assert sum(line.count("x") for line in run.seen) == 200_000


def test_a_program_whose_supervisor_is_already_dead_does_not_start(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('alive')")
    nobody = {**os.environ, "SUPERVISOR_PID": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "config.tethered", str(program)],
        cwd=ROOT,
        env=nobody,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
