"""`manage.py apply_programme FILE.toml`: creates or updates one programme and prints what changed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rota.errors import BadProgrammeFile
from rota.programme_file import apply_programme


class Command(BaseCommand):
    help = "Creates or updates one programme from a TOML file and prints what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.toml")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            changes = apply_programme(path=file, dry_run=options["dry_run"])
        except BadProgrammeFile as refusal:
            lines = "\n".join(f"  {mistake}" for mistake in refusal.mistakes)
            raise CommandError(f"{file} was refused and nothing was changed:\n{lines}") from refusal
        for change in changes:
            self.stdout.write(str(change))
        if not changes:
            self.stdout.write("Nothing to change.")
