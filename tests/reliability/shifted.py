"""Runs one of the product's programs with its clock so many seconds wrong: `… shifted 30 manage.py run_pager`."""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    seconds, *program = sys.argv[1:]
    wrong = datetime.now(UTC) + timedelta(seconds=float(seconds))
    sys.argv = program
    with time_machine.travel(wrong, tick=True):
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main()
