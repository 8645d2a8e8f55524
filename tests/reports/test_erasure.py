"""One contact is erased: the whole database and the files are searched for the words, and no figure changes."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection

from config.mail_files import EmailBackend
from customers.models import Account, Contact
from escalations import paging
from escalations.models import Escalation, JoinedContact
from escalations.outcomes import record_outcome
from escalations.raising import raise_escalation
from escalations.timeline import add_note
from learnings.models import Touchpoint
from people import letters
from people.errors import Refused
from people.models import Person
from reports.closing import close_month
from reports.erasure import erase, look, was_erased
from reports.models import Erasure
from reports.month import report
from reports.verifying import verify_chain

WORDS = (
    "Grace Hall",
    "+15550190001",
    "5550190001",
    "555-019-0001",
    "555 019 0001",
    "555.019.0001",
    "grace@acme.example.com",
)
MARCH = datetime(2026, 3, 10, 16, tzinfo=UTC)


def everywhere(words: tuple[str, ...], folder: Path) -> list[str]:
    """Every row of every table, and every file, that holds one of the words."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - its own names
            for row in cursor.fetchall():
                text = " ".join(map(str, row)).casefold()
                found += [f"{table}: {word} in {row}" for word in words if word.casefold() in text]
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(errors="replace").casefold()
            found += [f"{path.name}: {word}" for word in words if word.casefold() in text]
    return found


@pytest.fixture
def mails(settings, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def grace(acme: Account) -> Contact:
    return Contact.objects.get(name="Grace Hall")


@pytest.fixture
def story(
    programme, acme: Account, grace: Contact, ana: Person, cleo: Person, dora: Person, mails: Path
) -> Escalation:
    """Her name, number and address wherever a case takes them: told, texted, mailed, noted, quoted, changed."""
    grace.name = "Grace Hall"
    grace.save()
    with time_machine.travel(MARCH, tick=False):
        case = raise_escalation(
            account=acme,
            raised_by=cleo,
            summary="Grace Hall called: ring (555) 019-0001 or grace@acme.example.com.",
            tried="Told grace hall to wait.",
        ).escalation
        joined = raise_escalation(account=acme, raised_by=cleo, summary="Grace Hall again", severity="high")
        assert joined.joined
        paging.accept(escalation=case, by=ana, how="by key", page=case.pages.filter(person=ana).first())
        add_note(
            escalation=case,
            by=ana,
            text="Grace Hall: +15550190001 till six, +1 555 019 0001 or 555.019.0001 then.",
        )
        record_outcome(
            escalation=case,
            by=ana,
            cause="process",
            touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
            done="Called Grace Hall back.",
            quote="I am Grace Hall, and nobody told me.",
        )
        case.refresh_from_db()
        letters.mail_to(
            address="grace@acme.example.com",
            key="x",
            kind="note",
            subject="For Grace Hall",
            text="Dear Grace Hall",
        )
        EmailBackend().send_messages(
            [EmailMessage("Für Grace Hall", "Liebe Grace Hall, grüße", to=["grace@acme.example.com"])]
        )
    Escalation.objects.filter(pk=case.pk).update(
        status="closed", next_action="", next_action_at=None, closed_at=MARCH
    )
    return case


def test_nothing_of_her_is_left_and_no_figure_moves(
    story: Escalation, programme, grace: Contact, dora: Person, mails: Path, capsys
) -> None:
    with time_machine.travel(datetime(2026, 4, 2, 14, tzinfo=UTC), tick=False):
        close_month(programme=programme, month=date(2026, 3, 1), by=dora)
        before = report(programme=programme, month=date(2026, 3, 1), now=datetime.now(UTC)).lines
        assert len(everywhere(WORDS, mails)) > 15
        events = story.events.count()
        planned = look(grace)
        call_command("erase_contact", str(grace.pk), "--dry-run")
        assert "files: 1" in capsys.readouterr().out
        assert len(everywhere(WORDS, mails)) > 15
        done = erase(contact=grace, by=dora, reason="Grace Hall asked for it")
        assert everywhere(WORDS, mails) == []
        assert done.files == planned.files == 1
        # The history keeps that the contact went: one row more than the dry run could see.
        assert {key: done.places[key] for key in planned.places if "Historical" not in key} == {
            key: rows for key, rows in planned.places.items() if "Historical" not in key
        }
        assert report(programme=programme, month=date(2026, 3, 1), now=datetime.now(UTC)).lines == before
        assert story.events.count() == events
        assert verify_chain(programme).is_good
        assert was_erased("grace@acme.example.com")
        assert was_erased("GRACE HALL")
        assert not was_erased("Tom Little")
        assert Erasure.objects.get().reason == "[erased] asked for it"


def test_a_name_that_others_bear_goes_from_its_own_account_only(
    story: Escalation, tiny: Account, grace: Contact, cleo: Person, dora: Person, mails: Path
) -> None:
    Contact.objects.create(account=tiny, name="Grace Hall", phone="+15550190099")
    with time_machine.travel(MARCH, tick=False):
        other = raise_escalation(
            account=tiny,
            raised_by=cleo,
            summary="Grace Hall of the shop called.",
            contact_name="Grace Hall",
            contact_phone="+15550190099",
        ).escalation
    erase(contact=grace, by=dora, reason="Asked")
    other.refresh_from_db()
    assert (other.contact_name, other.contact_phone) == ("Grace Hall", "+15550190099")
    story.refresh_from_db()
    assert "Grace" not in story.summary + story.tried + story.contact_name
    assert JoinedContact.objects.filter(name__icontains="grace", escalation=story).count() == 0


def test_who_is_needed_still_is_not_erased(
    case_open: Escalation, grace: Contact, dora: Person, ana: Person
) -> None:
    with pytest.raises(Refused) as refused:
        erase(contact=grace, by=dora, reason="Asked")
    assert refused.value.code == "open_case"
    case_open.events.all().delete()
    Escalation.objects.filter(pk=case_open.pk).update(status="cancelled", next_action="", next_action_at=None)
    for wrong in ({"by": ana}, {"reason": ""}):
        with pytest.raises(Refused):
            erase(**({"contact": grace, "by": dora, "reason": "Asked"} | wrong))
    assert Contact.objects.filter(pk=grace.pk).exists()


@pytest.fixture
def case_open(programme, acme: Account, cleo: Person) -> Escalation:
    return raise_escalation(account=acme, raised_by=cleo, summary="It is down.").escalation


@pytest.mark.django_db(transaction=True)
def test_the_files_of_the_database_forget_the_words_too(acme: Account, dora: Person) -> None:
    """Not its tables alone: SQLite would keep deleted rows in free pages, and all pages as they were in its log."""
    if connection.vendor != "sqlite":
        pytest.skip("the files of SQLite")
    contact = Contact.objects.create(
        account=acme, name="Wilhelmina Quist", phone="", email="wq@quist.example"
    )
    files = [Path(str(connection.settings_dict["NAME"]) + end) for end in ("", "-wal")]

    def hold() -> list[str]:
        return [path.name for path in files if path.exists() and b"Wilhelmina" in path.read_bytes()]

    assert hold()
    erase(contact=contact, by=dora, reason="She asked for it")
    assert hold() == []
