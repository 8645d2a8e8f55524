"""`manage.py import_accounts FILE.csv`: adds and changes accounts, and reports each line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.importing import import_accounts


class Command(BaseCommand):
    help = "Adds and changes accounts from a CSV file, by external_id. A refused file changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="report what would happen, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            with file.open("rb") as stream:
                report = import_accounts(stream=stream, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        for line in report.lines:
            self.stdout.write(str(line))
        self.stdout.write(report.summary())
        if report.refused:
            raise CommandError(f"{file} was refused and nothing was changed.")
