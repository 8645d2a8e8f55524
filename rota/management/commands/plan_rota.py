"""`manage.py plan_rota`: drafts the rota of a period, publishes it if asked, and says how good it is.

Where no rota keeps all the rules it drafts the most of one, and says what is missing, why, and what would do; nothing
of the rules is given up but by `--relax`. Exit status 0 whenever a draft was made or none was needed.
"""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.errors import Refused
from people.suggestions import did_you_mean
from rota.draft_report import missed_in_words
from rota.drafting import USUAL_SECONDS, Draft, draft_rota
from rota.instances import role_of
from rota.management.arguments import day, seconds, seed
from rota.models import Programme
from rota.planner import Result
from rota.planning.search import Progress, Status
from rota.publishing import publish
from rota.relaxing import choices_of

MOST_RELAXATIONS = 5
"""Times that `--relax` gives something up: each time the least that ends one clash."""


class Command(BaseCommand):
    help = "Drafts the duty days of a period that are not published yet; --publish publishes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--programme", required=True, metavar="SLUG")
        parser.add_argument("--from", dest="first", required=True, type=day, metavar="DATE")
        parser.add_argument("--to", dest="last", required=True, type=day, metavar="DATE")
        parser.add_argument("--publish", action="store_true")
        parser.add_argument("--time-limit", type=seconds, default=USUAL_SECONDS, metavar="S", help="seconds")
        parser.add_argument("--seed", type=seed, default=0, metavar="N")
        parser.add_argument(
            "--relax",
            action="store_true",
            help="where no rota keeps all the rules, give up the least that would do",
        )
        parser.add_argument(
            "--verbose", action="store_true", help="tell how far it is, on the standard error stream"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        programme = self.find(options["programme"])
        try:
            draft = self.draft(programme, options)
            if draft.result is not None and draft.result.status is Status.UNKNOWN:
                raise CommandError("The time was too short to find a rota, or to show that there is none.")
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

    def draft(self, programme: Programme, options: dict[str, Any]) -> Draft:
        on_progress = self.show if options["verbose"] or sys.stderr.isatty() else None
        relax: list[dict[str, Any]] = []
        with _stopped_by_signals() as stop:
            while True:
                draft = draft_rota(
                    programme=programme,
                    first=options["first"],
                    last=options["last"],
                    seconds=options["time_limit"],
                    seed=options["seed"],
                    relax=relax,
                    stop=stop,
                    on_progress=on_progress,
                )
                clash = draft.result.clash if draft.result is not None else None
                choices = choices_of(clash) if clash is not None else []
                if not options["relax"] or not choices or len(relax) >= MOST_RELAXATIONS:
                    return draft
                self.stdout.write(f"Given up: {choices[0]['text']}")
                relax.append(choices[0]["relax"])

    def show(self, progress: Progress) -> None:
        best = "no rota yet" if progress.cost == inf else f"best {progress.cost:,.0f}"
        bound = "" if progress.bound == -inf else f", bound {progress.bound:,.0f}, gap {progress.gap:.1%}"
        self.stderr.write(f"{progress.seconds:7.1f} s  {progress.stage}: {best}{bound}")

    def tell(self, draft: Draft) -> None:
        filled, wanted = draft.coverage
        fewest, most = draft.fairness
        self.stdout.write(
            f"Duty days: {len(draft.days)} drafted, {len(draft.published_days)} published already"
        )
        if not draft.days:
            self.stdout.write("There is nothing to draft.")
            return
        self.stdout.write(f"Coverage: {filled} of {wanted} seats")
        self.stdout.write(f"Fairness: {fewest} to {most} duties each, {len(draft.served)} members")
        standings = {one["person"]: one for one in draft.report["fairness"]}
        for person, count in sorted(draft.served.items(), key=lambda entry: (-entry[1], entry[0].name)):
            self.stdout.write(f"  {count:>4} {person.name}{_standing(standings.get(person.pk))}")
        for unmet in draft.unmet:
            self.stdout.write(f"Not met: {unmet.day}, {role_of(unmet.seat)}: {unmet.why}")
        for one in draft.missed:
            self.stdout.write(f"Not met: {missed_in_words(one)}")
        if draft.result is not None:
            self.tell_result(draft.result)

    def tell_result(self, result: Result) -> None:
        if result.clash is not None:
            self.stdout.write("No rota keeps all the rules:")
            for line in result.clash.text.splitlines():
                self.stdout.write(f"  {line}")
            for relaxation in result.clash.relaxations:
                self.stdout.write(f"  What would do: {relaxation.text}")
        elif result.objective is not None:
            known = (
                "proven best"
                if result.status is Status.OPTIMAL
                else f"best found in the time: at most {result.gap or 0:.1%} better is possible"
            )
            self.stdout.write(
                f"Score: {result.objective:,}, bound {result.bound or 0:,.0f}, {known}, {result.seconds:.1f} s"
            )


def _standing(standing: dict[str, Any] | None) -> str:
    """ " (primary 1 of 1.5, balance -0.5 to 0)": what this draft gives, and what it does to the balance."""
    if standing is None:
        return ""
    served, target = standing["served"]["load"], standing["target"]["load"]
    before, after = standing["before"]["load"], standing["after"]["load"]
    return f" (primary {served:g} of {max(0.0, target):g}, balance {before:+g} to {after:+g})"


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    """The first Ctrl-C ends the search with the best so far; a second one ends the program."""
    stop = Event()
    before: dict[int, Any] = {}

    def end(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    handler: Callable[[int, object], None] = end
    try:
        for number in (int(signal.SIGINT), int(signal.SIGTERM)):
            before[number] = signal.signal(number, handler)
    except ValueError:
        pass  # not the main thread: whoever called it stops it
    try:
        yield stop
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
