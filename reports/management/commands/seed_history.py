"""`manage.py seed_history`: invents a year of a large programme, to measure by and to check the reports with."""

from argparse import ArgumentParser
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from people.errors import Refused
from reports.invented.year import Size, invent_year


class Command(BaseCommand):
    """Invents a programme with a year behind it."""

    help = "Invents a programme with a year of duties, cases and sessions; the same year for the same seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--slug", default="invented-year")
        parser.add_argument("--executives", type=int, default=400)
        parser.add_argument("--escalations", type=int, default=100_000)
        parser.add_argument("--sessions", type=int, default=20_000)
        parser.add_argument("--months", type=int, default=12)
        parser.add_argument(
            "--until", default="", metavar="YYYY-MM", help="the last month; default: last month"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["executives"] < 4 or options["months"] < 1:
            raise CommandError("At least 4 executives and one month.")
        try:
            until = date.fromisoformat(f"{options['until']}-01") if options["until"] else _last_month()
        except ValueError as error:
            raise CommandError(f"{options['until']} is no month such as 2026-03.") from error
        sizes = ("executives", "escalations", "sessions", "months")
        began = perf_counter()
        try:
            programme = invent_year(
                slug=options["slug"],
                until=until,
                size=Size(**{name: options[name] for name in sizes}),
                seed=options["seed"],
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{programme.slug}: until {until:%Y-%m}, in {perf_counter() - began:.0f} s")


def _last_month() -> date:
    return timezone.now().date().replace(day=1) - timedelta(days=1)
