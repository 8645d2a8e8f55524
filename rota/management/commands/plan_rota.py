"""`manage.py plan_rota`: drafts the rota of a period, publishes it if asked, and says how good it is."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.errors import Refused
from people.suggestions import did_you_mean
from rota.drafting import Draft, draft_rota
from rota.models import Programme
from rota.publishing import publish


def _date(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ArgumentTypeError(f"{raw!r} is no date such as 2026-12-01") from error


class Command(BaseCommand):
    help = "Drafts the duty days of a period that are not published yet; --publish publishes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programme", required=True, metavar="SLUG")
        parser.add_argument("--from", dest="first", required=True, type=_date, metavar="DATE")
        parser.add_argument("--to", dest="last", required=True, type=_date, metavar="DATE")
        parser.add_argument("--publish", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = self.find(options["programme"])
        try:
            draft = draft_rota(programme=programme, first=options["first"], last=options["last"])
            self.tell(draft)
            if options["publish"] and draft.rota is not None:
                publish(rota=draft.rota)
                self.stdout.write(f"Published {draft.rota}.")
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def find(self, slug: str) -> Programme:
        programme = Programme.objects.filter(slug=slug).first()
        if programme is None:
            slugs = list(Programme.objects.values_list("slug", flat=True))
            raise CommandError(f'There is no programme "{slug}".{did_you_mean(slug, slugs)}')
        return programme

    def tell(self, draft: Draft) -> None:
        filled, wanted = draft.coverage
        fewest, most = draft.fairness
        self.stdout.write(
            f"Duty days: {len(draft.days)} drafted, {len(draft.published_days)} published already"
        )
        self.stdout.write(f"Coverage: {filled} of {wanted} seats")
        self.stdout.write(f"Fairness: {fewest} to {most} duties each, {len(draft.served)} members")
        for person, count in sorted(draft.served.items(), key=lambda entry: (-entry[1], entry[0].name)):
            self.stdout.write(f"  {count:>4} {person.name}")
        for unmet in draft.unmet:
            self.stdout.write(f"Not met: {unmet.day}, seat {unmet.seat}: {unmet.why}")
