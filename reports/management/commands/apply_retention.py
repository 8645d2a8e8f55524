"""`manage.py apply_retention [--dry-run]`: what is older than its time goes; the dry run only counts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.retention import KINDS, apply, current_rules, dry_run


class Command(BaseCommand):
    """Applies the rules that administrators set; the queue does so once a day."""

    help = "Applies the rules of retention, or counts what they would take."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        rules = current_rules()
        counted = dry_run(now=now) if options["dry_run"] else apply(now=now)
        for kind, days in rules.items():
            kept = f"{counted[kind]} rows" if kind in counted else "kept for good"
            self.stdout.write(f"{KINDS[kind].name}: {f'{days} days, ' if days else ''}{kept}")
