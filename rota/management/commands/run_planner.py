"""`manage.py run_planner`: solves the rotas that are asked for on the pages, one at a time; any number of them."""

import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection

from rota.drafting import solve_run
from rota.planning_runs import work

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Solves the rotas that are asked for on the pages. SIGTERM ends a search with the best so far."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="solve what waits, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            signal.signal(number, lambda *_: stopping.set())
        try:
            self.work_off(stopping, once=options["once"])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def work_off(self, stopping: threading.Event, *, once: bool) -> None:
        if not once:
            # Phones ring before rotas are fair: the solver takes what the others leave.
            os.nice(10)
        while not stopping.is_set():
            try:
                worked = work(solve=solve_run, stopping=stopping)
            except DatabaseError as error:
                self.stderr.write(f"The database did not answer: {error}")
                connection.close()
                worked = False
            if not worked:
                if once:
                    return
                stopping.wait(LOOK_SECONDS)
