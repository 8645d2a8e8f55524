"""`manage.py verify_month [FILE …]`: are closed months what was closed? Exit status 1 where something is not."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports.verifying import verify_chain, verify_file
from rota.models import Programme


class Command(BaseCommand):
    """Verifies downloaded files against the chain; without a file, the chain in the database."""

    help = "Verifies downloaded closed months; without a file, every closed month in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        checked = [verify_chain(programme) for programme in Programme.objects.order_by("slug")]
        for file in files:
            try:
                checked.append(verify_file(file.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{file} cannot be read: {error}") from error
        for verified in checked:
            self.stdout.write(f"{verified.looked_at}: {'good' if verified.is_good else 'NOT AS SEALED'}")
            for finding in verified.findings:
                self.stdout.write(f"  {finding.where}: {finding.what}")
        if not all(verified.is_good for verified in checked):
            sys.exit(1)
