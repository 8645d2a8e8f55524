"""Accounts from CSV: idempotent by external id, the contact beside it, all or nothing."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.importing import import_accounts
from customers.models import Account, Contact
from people.import_report import Report
from people.models import Person

HEADER = (
    "external_id,name,annual_value,currency,customer_since,loyalty,status,influence,country,time_zone,"
    "language,owner_email,contact_name,contact_phone,contact_email\n"
)
ACME = (
    "ACME,Acme Industries,1200000.50,EUR,2015-03-01,9,strategic,8,DE,Europe/Berlin,de,cleo@example.com,"
    "Grete Hall,+4930901820,grete@acme.example.com\n"
)


def run(text: str, *, dry_run: bool = False) -> Report:
    return import_accounts(stream=io.BytesIO(text.encode()), dry_run=dry_run)


def outcomes(report: Report) -> list[tuple[int, str, str]]:
    return [(line.number, line.outcome.value, line.column) for line in report.lines]


def test_an_account_with_everything(cleo: Person) -> None:
    assert outcomes(run(HEADER + ACME)) == [(2, "added", "")]
    acme = Account.objects.get()
    assert (acme.external_id, acme.name, acme.annual_value) == (
        "ACME",
        "Acme Industries",
        Decimal("1200000.50"),
    )
    assert (acme.currency, acme.customer_since, acme.loyalty) == ("EUR", date(2015, 3, 1), 9)
    assert (acme.status, acme.influence, acme.owner) == ("strategic", 8, cleo)
    contact = acme.contacts.get()
    assert (contact.name, contact.phone, contact.is_default) == ("Grete Hall", "+4930901820", True)


def test_the_same_file_again_changes_nothing(cleo: Person) -> None:
    run(HEADER + ACME)
    report = run(HEADER + ACME)
    assert outcomes(report) == [(2, "unchanged", "")]
    assert Account.history.count() == 1
    assert Contact.history.count() == 1


def test_a_change_is_told_and_an_empty_cell_says_nothing(acme: Account) -> None:
    report = run(HEADER + "ACME,Acme Industries,2000000,,,,,,,,,,,,\n")
    assert [str(line) for line in report.lines] == ["line 2: changed, ACME, annual_value"]
    acme.refresh_from_db()
    assert acme.annual_value == 2_000_000
    assert acme.loyalty == 9
    assert acme.contacts.get().name == "Grace Hall"


def test_the_contact_is_changed_when_it_is_the_same_human(acme: Account) -> None:
    report = run(
        "external_id,name,contact_name,contact_phone,contact_email\n"
        "ACME,Acme Industries,Grace Hall-Lee,+15550190077,grace@acme.example.com\n"
    )
    assert report.lines[0].why == "contact"
    contact = acme.contacts.get()
    assert (contact.name, contact.phone) == ("Grace Hall-Lee", "+15550190077")


def test_another_human_becomes_the_default_contact_and_the_first_stays(acme: Account) -> None:
    run("external_id,name,contact_name,contact_phone\nACME,Acme Industries,Greg New,+15550190078\n")
    assert [(c.name, c.is_default) for c in acme.contacts.all()] == [
        ("Greg New", True),
        ("Grace Hall", False),
    ]
    run("external_id,name,contact_name\nACME,Acme Industries,Grace Hall\n")
    assert [(c.name, c.is_default) for c in acme.contacts.all()] == [
        ("Grace Hall", True),
        ("Greg New", False),
    ]


def test_a_currency_without_a_rate_is_taken_with_a_word_about_the_score(db: None) -> None:
    report = run("external_id,name,annual_value,currency\nTW,Taiwan Co,5000000,TWD\n")
    assert report.applied
    assert "no reference rate for TWD" in report.lines[0].why


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"external_id": ""}, "external_id", "needed"),
        ({"external_id": "x" * 65}, "external_id", "at most 64"),
        ({"name": ""}, "name", "needed"),
        ({"annual_value": "1,200,000"}, "annual_value", "nothing between the thousands"),
        ({"annual_value": "-5"}, "annual_value", "no amount"),
        ({"annual_value": "NaN"}, "annual_value", "no amount"),
        ({"annual_value": "1e9"}, "annual_value", "no amount"),
        ({"annual_value": "9" * 20}, "annual_value", "no amount"),
        ({"annual_value": "١٢"}, "annual_value", "no amount"),
        ({"currency": "DOLLAR"}, "currency", "ISO 4217"),
        ({"customer_since": "03/01/2015"}, "customer_since", "2015-03-01"),
        ({"customer_since": "2999-01-01"}, "customer_since", "future"),
        ({"loyalty": "11"}, "loyalty", "0 to 10"),
        ({"loyalty": "7.5"}, "loyalty", "0 to 10"),
        ({"influence": "²"}, "influence", "0 to 10"),
        ({"status": "strategical"}, "status", 'Did you mean "strategic"?'),
        ({"country": "Germany"}, "country", 'Did you mean "DE"?'),
        ({"time_zone": "Berlin"}, "time_zone", "Europe/Berlin"),
        ({"language": "deutsch"}, "language", "no language tag"),
        ({"owner_email": "nobody@example.com"}, "owner_email", "no active person"),
        ({"contact_phone": "+4930901820"}, "contact_name", "needs a name"),
        ({"contact_name": "G", "contact_phone": "12"}, "contact_phone", ""),
        ({"contact_name": "G", "contact_email": "g"}, "contact_email", "no e-mail address"),
    ],
)  # fmt: skip
def test_a_bad_line_names_its_column(db: None, cells: dict[str, str], column: str, words: str) -> None:
    row = {"external_id": "X", "name": "X"} | cells
    text = ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n"
    report = run(text)
    assert not report.applied
    assert [(line.number, line.column) for line in report.refused] == [(2, column)]
    assert words in report.refused[0].why
    assert not Account.objects.exists()


def test_one_bad_line_refuses_the_file(cleo: Person) -> None:
    report = run(HEADER + ACME + ACME)
    assert outcomes(report) == [(2, "added", ""), (3, "refused", "external_id")]
    assert not Account.objects.exists()


def test_a_dry_run_reports_and_changes_nothing(cleo: Person) -> None:
    assert run(HEADER + ACME, dry_run=True).summary() == "1 added, 0 changed, 0 unchanged, 0 refused"
    assert not Account.objects.exists()


def test_the_cost_is_a_few_queries_for_each_batch(db: None) -> None:
    rows = "".join(f"A{n},Account {n},5,USD\n" for n in range(2000))
    with CaptureQueriesContext(connection) as queries:
        run("external_id,name,annual_value,currency\n" + rows, dry_run=True)
    assert len(queries) <= 4 * 3


def test_the_command_prints_each_line_and_fails_on_a_refused_file(
    cleo: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(HEADER + ACME)
    call_command("import_accounts", str(file))
    assert capsys.readouterr().out.splitlines() == [
        "line 2: added, ACME",
        "1 added, 0 changed, 0 unchanged, 0 refused",
    ]
    file.write_text(HEADER + ACME.replace("strategic", "vip"))
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("import_accounts", str(file))
