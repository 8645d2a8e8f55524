"""The example organisation of the demo: people, accounts, programmes, a published rota, a draft, learnings."""

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Max

from customers.importing import import_accounts
from learnings.touchpoints import save_touchpoint
from people.importing import import_people
from people.models import Person
from rota.absences import enter_absence
from rota.drafting import draft_rota
from rota.errors import CannotPlan, CannotPublish
from rota.hours import duty_day_of
from rota.membership import members_on
from rota.models import Absence, AbsenceStatus, Duty, Programme, Rota, RotaStatus
from rota.planning_runs import ask_for_plan
from rota.preferences import set_preference
from rota.programme_file import apply_programme
from rota.publishing import publish
from rota.reassigning import reassign
from web.demo import learnt, listening

FOLDER = Path(settings.BASE_DIR) / "web" / "demo"
PASSWORD = "officer-demo"  # noqa: S105 - printed by the demo: there is nothing behind it
SUPPORT, EXECUTIVE, ADMIN = "support@example.com", "executive@example.com", "admin@example.com"
DAYS_BEFORE, DAYS_AFTER = 35, 42
"""What is published: from so long ago, and to the end of the month in which this many days ahead lie."""

TOUCHPOINTS = (
    ("Billing", "noor.haddad@example.com"),
    ("Contract renewal", "tomas.novak@example.com"),
    ("Delivery and installation", "oscar.lindgren@example.com"),
    ("Help line", "priya.menon@example.com"),
    ("Onboarding", "quentin.dubois@example.com"),
    ("Outage notices", "admin@example.com"),
    ("Self-service portal", "rosa.jimenez@example.com"),
)

DEPUTY = "priya.menon@example.com"
SECONDS_TO_PLAN = 10  # it needs less than one

# (who, first and last day counted from the first of the drafted month, reason)
ABSENCES = (
    ("ben.whitfield@example.com", 4, 11, "Walking in the Highlands"),
    ("grace.mbeki@example.com", 16, 18, "Board meeting in Lagos"),
    ("julien.moreau@example.com", 9, 15, "Family"),
    ("katarzyna.lis@example.com", 20, 22, "Trade fair"),
)
# (who, day of the drafted month counted from 0, or a weekday, and how gladly: -3 to 3)
WISHES: tuple[tuple[str, int | str, int], ...] = (
    ("executive@example.com", "fri", -2),
    ("carmen.ibarra@example.com", 5, -3),
    ("carmen.ibarra@example.com", "mon", 2),
    ("daniel.tremblay@example.com", "sat", 3),
    ("elena.petrova@example.com", 12, -3),
    ("hannes.vogel@example.com", "wed", -2),
    ("ines.carvalho@example.com", "sun", 1),
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
        # They could be rung on the days that they have served.
        served = Person.objects.filter(phone_verified_at__isnull=False)
        served.update(phone_verified_at=now - timedelta(days=DAYS_BEFORE + 1))
        self._import("accounts.csv", import_accounts)
        for file in sorted(FOLDER.glob("*.toml")):
            apply_programme(path=file)
        people = {person.email: person for person in Person.objects.all()}
        for name, owner in TOUCHPOINTS:
            deputy = people[DEPUTY] if owner != DEPUTY else None
            save_touchpoint(by=people[ADMIN], touchpoint=None, name=name, owner=people[owner], deputy=deputy)
        learnt.fill(people, now)
        listening.fill(people, now)

    def _import(self, name: str, run: Callable[..., Any]) -> None:
        report = run(stream=io.BytesIO((FOLDER / name).read_bytes()))
        if not report.applied:
            raise CommandError("\n".join(str(line) for line in report.refused))

    def _see_to_the_rota(self, now: datetime) -> None:
        """Some weeks back and ahead are published; the executive of the demo is on duty today; a draft follows."""
        admin = Person.objects.get(email=ADMIN)
        with transaction.atomic():
            for programme in Programme.objects.order_by("pk"):
                _publish_around(programme, duty_day_of(programme.rules, now), by=admin)
            _put_on_duty(Person.objects.get(email=EXECUTIVE), by=admin, now=now)
        for programme in Programme.objects.order_by("pk"):
            _draft_what_follows(programme, by=admin)
        listening.see_to_it(now)


def _publish_around(programme: Programme, today: date, *, by: Person) -> None:
    """Drafts whose time has come as they are, the rest by everybody in turn."""
    until = _end_of_month(today + timedelta(days=DAYS_AFTER))
    for rota in programme.rotas.filter(status=RotaStatus.DRAFT, first_day__lte=until).order_by("first_day"):
        with suppress(CannotPublish):
            publish(rota=rota, by=by)
    # Today first: a rotation begins with its first member, who is the demo's executive.
    for first, last in ((today, until), (today - timedelta(days=DAYS_BEFORE), today - timedelta(days=1))):
        if (drafted := draft_rota(programme=programme, first=first, last=last).rota) is not None:
            _seat_whoever_is_there(drafted)
            publish(rota=drafted, by=by)


def _seat_whoever_is_there(rota: Rota) -> None:
    """The rotation knows nothing of absences: who is away gives their seat to the next member who is not."""
    away = {
        (absence.person_id, absence.first_day + timedelta(days=n))
        for absence in Absence.objects.filter(
            status=AbsenceStatus.APPROVED, first_day__lte=rota.last_day, last_day__gte=rota.first_day
        )
        for n in range((absence.last_day - absence.first_day).days + 1)
    }
    for duty in rota.duties.all():
        if (duty.person_id, duty.day) in away:
            there = rota.duties.filter(day=duty.day).values("person")
            others = members_on(rota.programme, duty.day).exclude(pk__in=there)
            duty.person = next(one for one in others if (one.pk, duty.day) not in away)
            duty.save()


def _draft_what_follows(programme: Programme, *, by: Person) -> None:
    """The month after what is published is asked for, around the lives of its members: the planner's process drafts
    it within seconds of the demo's start."""
    last = Duty.objects.published().filter(programme=programme).aggregate(last=Max("day"))["last"]
    first = last + timedelta(days=1)
    if programme.rotas.filter(status=RotaStatus.DRAFT, last_day__gte=first).exists():
        return
    _enter_lives(programme, first, by=by)
    with suppress(CannotPlan):  # it is being planned already
        ask_for_plan(
            programme=programme, first=first, last=_end_of_month(first), by=by, seconds=SECONDS_TO_PLAN
        )


def _enter_lives(programme: Programme, first: date, *, by: Person) -> None:
    """Why its members cannot, or would rather not, serve in the month that begins on this day; told once."""
    people = {one.email: one for one in Person.objects.filter(memberships__programme=programme)}
    if Absence.objects.filter(person__in=people.values()).exists():
        return
    for email, begins, ends, reason in ABSENCES:
        if email in people:
            who = people[email]
            days = first + timedelta(days=begins), first + timedelta(days=ends)
            enter_absence(person=who, first=days[0], last=days[1], reason=reason, by=by)
    for email, on, liking in WISHES:
        if email in people:
            day = first + timedelta(days=on) if isinstance(on, int) else None
            weekday = on if isinstance(on, str) else ""
            set_preference(person=people[email], day=day, weekday=weekday, liking=liking, by=by)
    if programme.approve_absences:
        # One's own word waits there for an administrator's.
        who = programme.memberships.select_related("person").order_by("pk")[0].person
        day = first + timedelta(days=24)
        enter_absence(person=who, first=day, last=day + timedelta(days=2), reason="A long weekend", by=who)


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


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
