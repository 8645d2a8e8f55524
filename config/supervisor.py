"""Keeps a handful of programs running on one machine: the whole product under one process.

Not honcho, which stops everything when one program dies; not systemd or supervisord, which a laptop may not
have. What it promises, and `tests/config/test_supervisor.py` shows:

- what dies is started again at once, and slower each time that it dies young (up to 30 s), until it has been
  well for 30 s;
- what hangs (a program may say how to tell) is killed and started again;
- each program leads a process group of its own, and a group goes as a whole: django-q2's workers would go on
  without their main process;
- SIGTERM or SIGINT lets every program finish what is in flight, in order; what takes longer than its
  `stop_seconds` is killed; a second signal kills at once;
- nothing outlives the supervisor, even when it is killed (`config.tethered`);
- every line that a program prints goes to standard output with its name before it.
"""

import contextlib
import io
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

WELL_AFTER = 30.0
"""Seconds: a program that lived so long was well, and its next death is a first one."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before the second restart, doubled for each further one; the first is at once."""
LOOK_EVERY = 5.0
"""Seconds between two looks at programs that may hang."""
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class Program:
    """What to run: `arguments` as for `python` (a file or `-m module` first).

    `stop_seconds`: how long it may finish what is in flight. `hung(seconds_up)` says why it seems to hang, or
    nothing; it is asked from a thread. `stops_last`: others need it until they have ended.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    stop_seconds: float = 25.0
    hung: Callable[[float], str] | None = None
    stops_last: bool = False


def wait_before_restart(deaths: int) -> float:
    """Seconds to wait after the `deaths`-th death in a row, counted from 1."""
    return 0.0 if deaths <= 1 else min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (deaths - 2))


class Child:
    """One program's present process, and what is known of its predecessors."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.deaths = 0
        self.start_at = 0.0
        self.kill_at: float | None = None
        self.killed = False

    def start(self, now: float) -> IO[bytes]:
        """Starts the program and returns the pipe on which it speaks."""
        process = subprocess.Popen(
            [sys.executable, "-m", "config.tethered", *self.program.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "SUPERVISOR_PID": str(os.getpid()),
                "PYTHONUNBUFFERED": "1",
                **self.program.environment,
            },
            pass_fds=self.program.pass_fds,
            start_new_session=True,
        )
        self.process, self.started_at, self.killed = process, now, False
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        os.set_blocking(process.stdout.fileno(), False)
        return process.stdout

    def has_died(self) -> bool:
        """Whether the main process has ended; it stays unreaped, so that its group's number stays its own."""
        return self.process is not None and (
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        )

    def bury(self, now: float) -> int:
        """Kills what is left of the group, and says how the main process ended (as subprocess does)."""
        self.kill()
        process = self.process
        if process is None:
            raise RuntimeError(f"{self.program.name} does not run")
        code = process.wait()
        self.process = None
        self.kill_at = None
        self.deaths = 1 if now - self.started_at >= WELL_AFTER else self.deaths + 1
        self.start_at = now + wait_before_restart(self.deaths)
        return code

    def ask_to_stop(self, now: float) -> None:
        if self.process is not None and self.kill_at is None and not self.killed:
            self.kill_at = now + self.program.stop_seconds
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Runs programs until a signal says stop. `listeners` are sockets that close when the stop begins."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        listeners: Sequence[socket.socket] = (),
        look_every: float = LOOK_EVERY,
    ) -> None:
        self.look_every = look_every
        self.children = [Child(program) for program in programs]
        self.listeners = listeners
        self.stops = 0
        self.had_to_kill = False
        self.hung: dict[str, tuple[int, str]] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, self.waker = socket.socketpair()
        self.woken.setblocking(False)
        self.waker.setblocking(False)
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.rests: dict[int, bytes] = {}

    def run(self) -> int:
        """Returns the exit code: 0 when all ended in time, 1 when something had to be killed."""
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        signal.signal(signal.SIGCHLD, _only_wake)
        threading.Thread(target=self._look_for_hung, name="look-for-hung", daemon=True).start()
        try:
            while self._turn(time.monotonic()):
                pass
        finally:
            for child in self.children:
                child.kill()
        self._read_until_quiet()
        self.say("stopped")
        return 1 if self.had_to_kill else 0

    def say(self, line: str) -> None:
        """Prints a line of the supervisor's own."""
        self._print("serve", line.encode())

    def _turn(self, now: float) -> bool:
        """Does what is to be done by now and waits for the next reason to; false when all has ended."""
        for child in self.children:
            self._attend(child, now)
        if self.stops:
            self._go_on_stopping(now)
            if all(child.process is None for child in self.children):
                return False
        instants = [
            at
            for child in self.children
            for at in (child.kill_at, child.start_at if child.process is None and not self.stops else None)
            if at is not None
        ]
        wait = max(0.0, min(instants) - time.monotonic()) if instants else None
        self._read(wait)
        return True

    def _attend(self, child: Child, now: float) -> None:
        name = child.program.name
        if child.process is not None:
            pid, why = self.hung.pop(name, (0, ""))
            if pid == child.process.pid and not self.stops:
                self.say(f"{name} hangs ({why}): killing it")
                child.kill()
        if child.has_died():
            code = child.bury(now)
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
            if self.stops:
                self.say(f"{name} {how}")
            else:
                self.say(f"{name} {how}; starting it again in {child.start_at - now:g} s")
        if child.process is None and not self.stops and now >= child.start_at:
            self.selector.register(child.start(now), selectors.EVENT_READ, name)

    def _go_on_stopping(self, now: float) -> None:
        for listener in self.listeners:
            listener.close()
        first = [child for child in self.children if child.process and not child.program.stops_last]
        for child in first or self.children:
            child.ask_to_stop(now)
        for child in self.children:
            late = child.kill_at is not None and now >= child.kill_at
            if child.process is not None and not child.killed and (late or self.stops > 1):
                self.say(f"{child.program.name} did not end in time: killing it")
                child.kill()
                child.killed = self.had_to_kill = True
                child.kill_at = None

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self.stops += 1

    def _look_for_hung(self) -> None:
        while not self.stops:
            time.sleep(self.look_every)
            for child in self.children:
                process, ask = child.process, child.program.hung
                if process is None or ask is None:
                    continue
                if why := ask(time.monotonic() - child.started_at):
                    self.hung[child.program.name] = (process.pid, why)
                    with contextlib.suppress(OSError):
                        self.waker.send(b"h")

    # --- What the programs say -----------------------------------------------------------------------

    def _read(self, wait: float | None) -> None:
        for key, _ in self.selector.select(wait):
            if key.fileobj is self.woken:
                with contextlib.suppress(BlockingIOError):
                    self.woken.recv(4096)
            else:
                self._read_from(key)

    def _read_from(self, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, 65536)
        except BlockingIOError:
            return
        text = self.rests.pop(key.fd, b"") + data
        *lines, rest = text.split(b"\n")
        for line in lines:
            self._print(key.data, line)
        if data and len(rest) <= LONGEST_LINE:
            self.rests[key.fd] = rest
            return
        if rest:
            self._print(key.data, rest)
        if not data:
            self.selector.unregister(key.fileobj)
            if isinstance(key.fileobj, io.IOBase):
                key.fileobj.close()

    def _read_until_quiet(self) -> None:
        """The last words of what has ended."""
        while len(self.selector.get_map()) > 1 and (ready := self.selector.select(0.2)):
            for key, _ in ready:
                if key.fileobj is self.woken:
                    self.woken.recv(4096)
                else:
                    self._read_from(key)

    def _print(self, name: str, line: bytes) -> None:
        # A terminal that went away is no reason to stop.
        with contextlib.suppress(OSError):
            sys.stdout.buffer.write(f"{name:<9} | ".encode() + line.rstrip(b"\r") + b"\n")
            sys.stdout.buffer.flush()


def _only_wake(number: int, frame: FrameType | None) -> None:
    """A signal whose arrival is all that matters: the wake-up socket has it already."""
