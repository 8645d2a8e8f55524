"""Rules of retention: the dry run counts what the sweep then does, open cases keep their own, figures stay."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from escalations.models import Escalation, Event
from people.errors import Refused
from people.models import Person
from reports.invented.year import Size, invent_year
from reports.models import SignIn, SignInKind
from reports.month import report
from reports.retention import KINDS, REMOVED, apply, dry_run, set_rule
from rota.models import Programme

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)


@pytest.fixture
def year(db: None) -> Programme:
    size = Size(executives=8, escalations=60, sessions=40, months=3)
    return invent_year(slug="year", until=date(2026, 7, 31), size=size, seed=5)


@pytest.fixture
def admin(year: Programme) -> Person:
    return Person.objects.get(email="year.sponsor@example.com")


def test_the_dry_run_counts_what_the_sweep_does_and_figures_stay(year, admin, capsys) -> None:
    for at in (NOW - timedelta(days=40), NOW - timedelta(days=1)):
        SignIn.objects.create(at=at, kind=SignInKind.FAILED, email="x@example.com")
    for kind in KINDS:
        set_rule(kind=kind, days=30, by=admin)
    before = report(programme=year, month=date(2026, 6, 1), now=NOW).lines
    planned = dry_run(now=NOW)
    assert planned["contacts"] > 20
    assert planned["stories"] > 20
    assert planned["notes"] > 20
    assert planned["sign_ins"] == 1
    assert apply(now=NOW) == planned
    assert dry_run(now=NOW) == dict.fromkeys(KINDS, 0)
    assert report(programme=year, month=date(2026, 6, 1), now=NOW).lines == before
    old = Escalation.objects.filter(created_at__lt=NOW - timedelta(days=45))
    assert set(old.values_list("contact_name", "contact_phone", "summary")) == {("", "", REMOVED)}
    assert Escalation.objects.exclude(contact_phone="").exists()
    with time_machine.travel(NOW, tick=False):
        call_command("apply_retention", "--dry-run")
    assert "Sign-ins: 30 days, 0 rows" in capsys.readouterr().out


def test_a_contact_is_named_on_no_timeline_after_the_time(year, admin) -> None:
    old = Escalation.objects.filter(created_at__lt=NOW - timedelta(days=60), next_action_at=None).first()
    told = (
        ("customer_called", "Grace Hall", "The customer calls us.", {"call": "CA1"}),
        ("bridge_ringing", "Officer of the Day", "Ringing the customer, Grace Hall.", {}),
        ("joined", "Cleo Martin", "Grace Hall joined this case: It is down: all of it.", {}),
        ("customer_message", "Grace Hall", "The customer left a message of 9 seconds.", {"url": "https://x"}),
        ("hand_over_offered", "Ana Ruiz", "Ana asks Ben to take the case over. Grace is upset.", {}),
    )
    for kind, actor, text, data in told:
        Event.objects.create(
            escalation=old, at=old.created_at, kind=kind, actor_name=actor, text=text, data=data
        )
    events = Event.objects.filter(escalation=old, kind__in=[kind for kind, *_ in told]).order_by("-pk")[:5]

    def words() -> str:
        return "\n".join(f"{one.actor_name}: {one.text} {one.data}" for one in events.all())

    def sweep(kind: str) -> None:
        set_rule(kind=kind, days=30, by=admin)
        planned = dry_run(now=NOW)
        assert apply(now=NOW) == planned
        assert dry_run(now=NOW)[kind] == 0

    sweep("contacts")
    assert "Grace Hall" not in words()
    assert "A contact joined this case: It is down: all of it." in words()
    assert "Ringing the customer." in words()
    sweep("stories")
    assert "It is down" not in words()
    assert "https://x" in words()
    sweep("recordings")
    assert "https://x" not in words()
    sweep("notes")
    assert "Grace" not in words()
    assert dry_run(now=NOW)["contacts"] == 0


def test_an_open_case_keeps_all_that_is_its_own(year, admin) -> None:
    oldest = Escalation.objects.order_by("created_at").first()
    Escalation.objects.filter(pk=oldest.pk).update(
        status="queued", next_action="remind", next_action_at=NOW, closed_at=None, resolved_at=None
    )
    for kind in ("contacts", "stories", "notes"):
        set_rule(kind=kind, days=1, by=admin)
    apply(now=NOW)
    oldest.refresh_from_db()
    assert oldest.contact_name
    assert oldest.summary != REMOVED


def test_what_has_no_rule_is_kept_for_good(year, admin) -> None:
    set_rule(kind="notes", days=30, by=admin)
    set_rule(kind="notes", days=None, by=admin)
    assert dry_run(now=NOW) == {}
    assert apply(now=NOW) == {}
    for wrong in ({"kind": "nothing"}, {"days": 0}, {"days": 10**9}, {"by": Person(is_admin=False)}):
        with pytest.raises(Refused):
            set_rule(**({"kind": "notes", "days": 30, "by": admin} | wrong))
