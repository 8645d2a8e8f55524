"""`manage.py forget_old_requests`: what the queue's schedule does each hour, by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from api.idempotency import forget_old


class Command(BaseCommand):
    help = "Deletes the kept answers of keyed API requests that are older than 24 hours."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_old()} deleted")
