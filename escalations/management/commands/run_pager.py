"""`python manage.py run_pager`: the pager alone. Any number side by side, on any number of machines."""

import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from escalations.claims import PROCESS
from escalations.pager import Pager


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; then finishes what is in flight."""

    help = "Rings phones and sends texts: due rows, timers, watchdog, heartbeat."

    def handle(self, *args: Any, **options: Any) -> None:
        # A thread that is ready to call waits for the interpreter no longer than this, instead of 5 ms.
        sys.setswitchinterval(0.0005)
        pager = Pager(PROCESS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: pager.stop())
        self.stdout.write(f"The pager runs as {PROCESS}.")
        pager.run()
