"""The example organisation of the demo: people, accounts, programmes, a published rota, first learnings."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from customers.importing import import_accounts
from customers.models import Account
from learnings.models import Cause, Feeling, Learning, Source, Touchpoint
from learnings.recording import log_learning
from learnings.touchpoints import save_touchpoint
from people.importing import import_people
from people.models import Person
from rota.drafting import draft_rota
from rota.hours import duty_day_of
from rota.membership import members_on
from rota.models import Duty, Programme
from rota.programme_file import apply_programme
from rota.publishing import publish
from rota.reassigning import reassign

FOLDER = Path(settings.BASE_DIR) / "web" / "demo"
PASSWORD = "officer-demo"  # noqa: S105 - printed by the demo: there is nothing behind it
SUPPORT, EXECUTIVE, ADMIN = "support@example.com", "executive@example.com", "admin@example.com"
DAYS_BEFORE, DAYS_AFTER = 35, 70

TOUCHPOINTS = (
    ("Billing", "noor.haddad@example.com"),
    ("Contract renewal", "tomas.novak@example.com"),
    ("Delivery and installation", "oscar.lindgren@example.com"),
    ("Help line", "priya.menon@example.com"),
    ("Onboarding", "quentin.dubois@example.com"),
    ("Outage notices", "admin@example.com"),
    ("Self-service portal", "rosa.jimenez@example.com"),
)

# (days ago, account, author, touchpoint, cause, feeling, quote, meaning, suggestion)
LEARNINGS = (
    (
        1,
        "AC-1009",
        "daniel.tremblay@example.com",
        "Billing",
        Cause.PROCESS,
        Feeling.ANNOYED,
        "I pay you for three depots and get four invoices. Nobody there can tell me why.",
        "A depot that was closed in spring is still a billing address; two teams each wait for the other.",
        "Close the billing address with the depot, in the same form.",
    ),
    (
        3,
        "AC-1024",
        "hannes.vogel@example.com",
        "Outage notices",
        Cause.COMMUNICATION,
        Feeling.FURIOUS,
        "We read on social media that your service was down. Your own notice came two hours later.",
        "The notice waits for an approval that nobody gives at night.",
        "Let the night shift send the first notice from a template.",
    ),
    (
        6,
        "AC-1004",
        "ben.whitfield@example.com",
        "Help line",
        Cause.TRAINING,
        Feeling.ANNOYED,
        "I have told this story four times. You are the first who wrote it down.",
        "The story is not handed over with the call, so each colleague asks again.",
        "Show the notes of the last call before the phone is answered.",
    ),
    (
        9,
        "AC-1033",
        "liam.oconnell@example.com",
        "Contract renewal",
        Cause.POLICY,
        Feeling.NEUTRAL,
        "The renewal came nine days before the end. Our board meets once a month.",
        "Ninety days are promised in the contract, thirty are in our calendar.",
        "",
    ),
    (
        14,
        "AC-1006",
        "carmen.ibarra@example.com",
        "Delivery and installation",
        Cause.LOAD,
        Feeling.PLEASED,
        "Your driver stayed until the last pallet was in. Please tell him that we noticed.",
        "",
        "Give drivers the time that the good ones take anyway.",
    ),
    (
        19,
        "AC-1035",
        "ines.carvalho@example.com",
        "Self-service portal",
        Cause.TOOL,
        Feeling.ANNOYED,
        "The portal logs me out while I type. I write my tickets in a text file now.",
        "Fifteen minutes without a click end the session, typing does not count.",
        "Keep the session while somebody types, and keep what was typed in any case.",
    ),
)


class Command(BaseCommand):
    """Fills an empty database; on the demo's own one it only brings the rota up to today."""

    help = (
        "Fills an empty database with the demo's example organisation and prints its logins. On a database that "
        "holds the demo already it only sees to it that the rota reaches beyond today. Any other is left alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        if not Person.objects.exists():
            with transaction.atomic():
                self._fill(now)
        elif not Person.objects.filter(email=EXECUTIVE).exists():
            raise CommandError("There are people here who are not the demo's: nothing was changed.")
        self._see_to_the_rota(now)
        self.stdout.write(f"Sign in as {SUPPORT}, {EXECUTIVE} or {ADMIN}; the password is {PASSWORD}.")

    def _fill(self, now: datetime) -> None:
        self._import("people.csv", import_people)
        Person.objects.update(password=make_password(PASSWORD))
        self._import("accounts.csv", import_accounts)
        for file in sorted(FOLDER.glob("*.toml")):
            apply_programme(path=file)
        people = {person.email: person for person in Person.objects.all()}
        for name, owner in TOUCHPOINTS:
            save_touchpoint(by=people[ADMIN], touchpoint=None, name=name, owner=people[owner])
        _log_learnings(people, now)

    def _import(self, name: str, run: Callable[..., Any]) -> None:
        report = run(stream=io.BytesIO((FOLDER / name).read_bytes()))
        if not report.applied:
            raise CommandError("\n".join(str(line) for line in report.refused))

    def _see_to_the_rota(self, now: datetime) -> None:
        """Everybody in turn, some weeks back and ahead; the executive of the demo is on duty today."""
        admin = Person.objects.get(email=ADMIN)
        with transaction.atomic():
            for programme in Programme.objects.order_by("pk"):
                today = duty_day_of(programme.rules, now)
                # Today first: a rotation begins with its first member, who is the demo's executive.
                for first, last in ((0, DAYS_AFTER), (-DAYS_BEFORE, -1)):
                    days = today + timedelta(days=first), today + timedelta(days=last)
                    rota = draft_rota(programme=programme, first=days[0], last=days[1]).rota
                    if rota is not None:
                        publish(rota=rota, by=admin)
            _put_on_duty(Person.objects.get(email=EXECUTIVE), by=admin, now=now)


def _put_on_duty(executive: Person, *, by: Person, now: datetime) -> None:
    """On a later day it may be another's turn: then the duty is given to the demo's executive, on record."""
    programme = Programme.objects.get(memberships__person=executive)
    today = duty_day_of(programme.rules, now)
    duties = list(Duty.objects.published().filter(programme=programme, day=today).select_related("person"))
    if any(duty.person_id == executive.pk and duty.seat == 0 for duty in duties):
        return
    others = members_on(programme, today).exclude(pk__in=[duty.person_id for duty in duties])
    reason = "the demo's executive is on duty on the day of the demo"
    for duty in duties:
        if duty.person_id == executive.pk:
            reassign(duty=duty, to=others.exclude(pk=executive.pk)[0], by=by, reason=reason)
    reassign(duty=next(duty for duty in duties if duty.seat == 0), to=executive, by=by, reason=reason)


def _log_learnings(people: dict[str, Person], now: datetime) -> None:
    accounts = Account.objects.in_bulk(field_name="external_id")
    touchpoints = {touchpoint.name: touchpoint for touchpoint in Touchpoint.objects.all()}
    for days, account, author, touchpoint, cause, feeling, quote, meaning, suggestion in LEARNINGS:
        learning = log_learning(
            quote=quote,
            touchpoint=touchpoints[touchpoint],
            cause=cause,
            feeling=feeling,
            source=Source.ESCALATION,
            author=people[author],
            meaning=meaning,
            suggestion=suggestion,
            account=accounts[account],
        )
        Learning.objects.filter(pk=learning.pk).update(created_at=now - timedelta(days=days, hours=3))
