"""Runs a Python program that dies with whoever started it: nothing outlives its supervisor, not even SIGKILL.

    python -m config.tethered manage.py qcluster
    python -m config.tethered -m gunicorn config.wsgi:application

Linux sends a process a signal of its choice when its parent dies (PR_SET_PDEATHSIG, prctl(2)). The setting
survives exec but not fork, so the processes that this one forks (gunicorn's and django-q2's workers, which
otherwise work on as orphans when their main process is killed) ask for it anew as their first act. Elsewhere
than on Linux the program runs untethered.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


class Tether:
    """Ties this process, and every process that it forks, to the life of its parent."""

    def __init__(self) -> None:
        self.prctl = ctypes.CDLL(None, use_errno=True).prctl
        self.parent = os.getppid()

    def tie(self) -> None:
        self.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The parent may have died before the kernel was asked.
        if os.getppid() != self.parent:
            os._exit(1)

    def before_fork(self) -> None:
        self.parent = os.getpid()


def main() -> None:
    if sys.platform == "linux":
        tether = Tether()
        # A supervisor that died before we could look is seen by its number, which it left us.
        tether.parent = int(os.environ.get("SUPERVISOR_PID", tether.parent))
        tether.tie()
        os.register_at_fork(before=tether.before_fork, after_in_child=tether.tie)
    arguments = sys.argv[1:]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
