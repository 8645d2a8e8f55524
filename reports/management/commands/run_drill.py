"""`manage.py run_drill PROGRAMME --by EMAIL`: raises a test case through the whole chain, now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.errors import Refused
from people.models import Person
from reports.drills import run_drill
from rota.models import Programme


class Command(BaseCommand):
    """Rings the real phones and says that it is a drill."""

    help = "Raises a drill: a test case that rings the officers on duty and ends by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("programme", metavar="SLUG")
        parser.add_argument("--by", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = Programme.objects.filter(slug=options["programme"]).first()
        by = Person.objects.active().filter(email__iexact=options["by"]).first()
        if programme is None or by is None:
            raise CommandError("There is no such programme, or nobody of this address.")
        try:
            drill = run_drill(programme=programme, by=by)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"case {drill.escalation.number}: phones ring now")
