"""`manage.py fetch_mail`: reads the mailbox that MAILBOX_URL names, as the queue does each minute."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rota.mailbox import MailboxTrouble, fetch


class Command(BaseCommand):
    """One line for each mail that was read."""

    help = "Reads the unseen mails of MAILBOX_URL and acts on calendar replies, one line for each."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MAILBOX_URL:
            raise CommandError("Set MAILBOX_URL, such as imaps://user:password@imap.example.com/INBOX.")
        try:
            received = fetch()
        except MailboxTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
        for one in received:
            self.stdout.write(one.line)
        self.stdout.write(f"{len(received)} read.")
