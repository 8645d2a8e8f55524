"""`manage.py issue_token EMAIL [--scope S …] [--days N]`: prints one API token and nothing else."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.scopes import Scope
from api.tokens import DEFAULT_DAYS, issue
from people.errors import Refused
from people.models import Person


class Command(BaseCommand):
    help = "Prints one API token and nothing else; only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="for whom the token speaks")
        parser.add_argument(
            "--scope",
            action="append",
            metavar="S",
            help=f"may be given several times: {', '.join(Scope.values)}. Default: all that the person may.",
        )
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, metavar="N", help=f"default {DEFAULT_DAYS}"
        )
        parser.add_argument("--name", default="", help="what it is for, to tell several apart")

    def handle(self, *args: Any, **options: Any) -> None:
        email = str(options["email"]).strip()
        person = Person.objects.active().filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"Nobody active has the e-mail {email}.")
        try:
            issued = issue(person=person, name=options["name"], scopes=options["scope"], days=options["days"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(issued.secret)
