"""`manage.py receive_mail [FILE.eml]`: takes one inbound mail and acts on calendar replies."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from calendars.replies import LONGEST_MAIL
from rota.mail_in import receive

EX_TEMPFAIL = getattr(os, "EX_TEMPFAIL", 75)
"""sysexits.h: a mail server that gets it from a pipe keeps the mail and brings it again."""


class Command(BaseCommand):
    """For a mail server's pipe. Exit code 0 whatever the mail is; only a database out of reach asks to come again."""

    help = "Takes one inbound mail (a file, or standard input), and says in one line what it did and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", metavar="FILE.eml", help="default: standard input"
        )

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            self.stdout.write(receive(_read(file)).line)
        except DatabaseError as error:
            raise CommandError(
                f"The database did not answer: bring the mail again. ({error})", returncode=EX_TEMPFAIL
            ) from error


def _read(file: str) -> bytes:
    # One octet more than is taken: longer ones are refused as too large, not held in memory.
    if file == "-":
        return sys.stdin.buffer.read(LONGEST_MAIL + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(LONGEST_MAIL + 1)
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}.") from error
