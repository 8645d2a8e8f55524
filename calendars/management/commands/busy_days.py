"""`manage.py busy_days` for whoever calls it through Django; `manage.py` itself goes to `calendars.busy_command`."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calendars.busy_command import HELP, CannotTell, add_arguments, answer


class Command(BaseCommand):
    help = HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            days, notes = answer(Namespace(**options))
        except CannotTell as refusal:
            raise CommandError(str(refusal), returncode=refusal.status) from refusal
        for note in notes:
            self.stderr.write(f"Note: {note}")
        self.stdout.write(json.dumps(days))
