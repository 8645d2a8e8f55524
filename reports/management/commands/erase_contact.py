"""`manage.py erase_contact ID --by EMAIL --reason WORDS [--dry-run]`: erases one customer contact on request."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.models import Contact
from people.errors import Refused
from people.models import Person
from reports.erasure import erase, look


class Command(BaseCommand):
    """Erases a contact everywhere, and keeps the figures and the proof."""

    help = "Erases one customer contact by its number; with --dry-run it only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("contact", type=int)
        parser.add_argument("--by", default="", metavar="EMAIL")
        parser.add_argument("--reason", default="")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        contact = Contact.objects.filter(pk=options["contact"]).first()
        if contact is None:
            raise CommandError("There is no contact of this number.")
        if options["dry_run"]:
            found = look(contact)
            places, files = found.places, found.files
        else:
            by = Person.objects.active().filter(email__iexact=options["by"]).first()
            if by is None:
                raise CommandError("Say by whom: --by EMAIL of an administrator.")
            try:
                done = erase(contact=contact, by=by, reason=options["reason"])
            except Refused as refused:
                raise CommandError(str(refused)) from refused
            places, files = done.places, done.files
        for table, rows in places.items():
            self.stdout.write(f"{table}: {rows}")
        self.stdout.write(f"files: {files}")
