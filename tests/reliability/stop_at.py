"""Runs one of the product's programs as it is shipped and kills it at a named point, as a power cut would.

    python -m tests.reliability.stop_at escalations.delivery:_claim:entered MARK manage.py run_pager

The interpreter's own profiler tells of every function that is entered and left, in every thread and in every
process that is forked; at the first one named, the process sends itself SIGKILL. The file MARK is made just before,
so that it happens once, whatever is started again.
"""

import os
import runpy
import signal
import sys
import threading
from types import FrameType

_EVENTS = {"entered": "call", "left": "return"}


def kill_at(point: str, mark: str) -> None:
    """From now on the process dies where `module:function:entered` (or `left`) says."""
    module, function, moment = point.split(":")
    wanted = _EVENTS[moment]

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event != wanted or frame.f_code.co_name != function:
            return
        if frame.f_globals.get("__name__") != module:
            return
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(watch)
    sys.setprofile(watch)


def main() -> None:
    point, mark, *program = sys.argv[1:]
    kill_at(point, mark)
    if program[0] == "-m":
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main()
