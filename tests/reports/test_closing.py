"""Closed months: frozen, sealed and chained; whoever tampers with one row is found, and the row is named."""

import json
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import call_command

from escalations.models import Page
from people.errors import Refused
from people.models import Person
from reports.closing import close_month, closed_month, correct, document, frozen_report
from reports.models import ClosedMonth, ClosedRow, Correction
from reports.sealing import canonical, digest, sign
from reports.shown import show
from reports.verifying import verify_chain, verify_file
from rota.models import Programme

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _in_april():
    with time_machine.travel(datetime(2026, 4, 10, 14, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def closed(programme: Programme, dora: Person) -> ClosedMonth:
    """February and, chained to it, March."""
    close_month(programme=programme, month=FEBRUARY, by=dora)
    return close_month(programme=programme, month=MARCH, by=dora)


def test_it_is_frozen_with_who_closed_it_and_chained(closed: ClosedMonth, programme, ana, ben, dora) -> None:
    before = frozen_report(closed)
    assert [line.person.name for line in before.lines] == ["Ana Ruiz", "Ben Okafor"]
    assert before.lines[0].figures["listening_owed_seconds"] == 7200
    programme.listening_minutes_per_month = 30
    programme.save()
    Person.objects.filter(pk=ana.pk).update(is_executive=False)
    assert show(programme=programme, month=MARCH, now=datetime.now(UTC)).report.lines == before.lines
    assert json.loads(closed.header)["closed_by"] == {"email": "dora@example.com", "name": "Dora Lindt"}
    assert json.loads(closed.header)["previous"] == closed_month(programme, FEBRUARY).content_hash
    assert verify_chain(programme).is_good


@pytest.mark.parametrize(
    ("month", "code"), [(date(2026, 4, 1), "not_over"), (MARCH, "closed"), (date(2026, 1, 1), "closed")]
)
def test_only_what_is_over_and_in_order(closed: ClosedMonth, programme, dora, month, code) -> None:
    with pytest.raises(Refused) as refused:
        close_month(programme=programme, month=month, by=dora)
    assert refused.value.code == code


def test_no_month_is_left_out(programme, dora, ana) -> None:
    close_month(programme=programme, month=date(2026, 1, 1), by=dora)
    with pytest.raises(Refused) as refused:
        close_month(programme=programme, month=MARCH, by=dora)
    assert refused.value.code == "order"
    with pytest.raises(Refused) as refused:
        close_month(programme=programme, month=FEBRUARY, by=ana)
    assert refused.value.code == "not_allowed"


def tamper_row(month: ClosedMonth) -> str:
    row = month.rows.get(position=1)
    ClosedRow.objects.filter(pk=row.pk).update(text=row.text.replace('"cases_taken":0', '"cases_taken":5'))
    return "row 2 (Ben Okafor): The row was changed"


def tamper_row_and_digest(month: ClosedMonth) -> str:
    words = tamper_row(month)
    row = month.rows.get(position=1)
    ClosedRow.objects.filter(pk=row.pk).update(digest=digest(row.text))
    return words


def tamper_row_digest_and_seal(month: ClosedMonth) -> str:
    """Everything that follows is reckoned anew: without the key the signature gives it away."""
    tamper_row_and_digest(month)
    header = json.loads(month.header)
    header["digests"] = [row.digest for row in month.rows.all()]
    text = canonical(header)
    ClosedMonth.objects.filter(pk=month.pk).update(header=text, content_hash=digest(text))
    return "The signature is not ours"


def remove_row(month: ClosedMonth) -> str:
    month.rows.get(position=0).delete()
    return "row 1: The row is missing"


def swap_rows(month: ClosedMonth) -> str:
    ana, ben = month.rows.all()
    text, ours = ana.text, ana.digest
    ClosedRow.objects.filter(pk=ana.pk).update(text=ben.text, digest=ben.digest)
    ClosedRow.objects.filter(pk=ben.pk).update(text=text, digest=ours)
    return "row 1 (Ana Ruiz): The row was changed"


def move_row_to_another(month: ClosedMonth) -> str:
    eve = Person.objects.create(email="eve2@example.com", name="Eve Two")
    ClosedRow.objects.filter(closed=month, position=0).update(person=eve)
    return "row 1 (Eve Two): The row was given to somebody else"


def claim_another_day(month: ClosedMonth) -> str:
    ClosedMonth.objects.filter(pk=month.pk).update(closed_at=datetime(2026, 4, 1, tzinfo=UTC))
    return "when it was closed, is not what was sealed"


def cut_the_chain(month: ClosedMonth) -> str:
    ClosedMonth.objects.filter(pk=month.pk).update(previous=None)
    return "The month before is not the one"


@pytest.mark.parametrize(
    "tamper",
    [
        tamper_row,
        tamper_row_and_digest,
        tamper_row_digest_and_seal,
        remove_row,
        swap_rows,
        move_row_to_another,
        claim_another_day,
        cut_the_chain,
    ],
)
def test_tampering_is_found_and_named(closed: ClosedMonth, programme, capsys, tamper) -> None:
    words = tamper(closed)
    findings = [f"{finding.where}: {finding.what}" for finding in verify_chain(programme).findings]
    assert any(words in finding and "2026-03" in finding for finding in findings), findings
    with pytest.raises(SystemExit) as left:
        call_command("verify_month")
    assert left.value.code == 1
    assert words in capsys.readouterr().out


def test_a_sealed_month_before_that_was_replaced_breaks_the_chain(closed: ClosedMonth, programme) -> None:
    """Even with the key: whoever reseals February needs March again, and every copy that was kept tells."""
    february = closed.previous
    row = february.rows.get(position=0)
    text = row.text.replace('"cases_taken":0', '"cases_taken":5')
    ClosedRow.objects.filter(pk=row.pk).update(text=text, digest=digest(text))
    header = json.loads(february.header)
    header["digests"][0] = digest(text)
    sealed = canonical(header)
    ClosedMonth.objects.filter(pk=february.pk).update(
        header=sealed, content_hash=digest(sealed), signature=sign(digest(sealed))
    )
    (finding,) = verify_chain(programme).findings
    assert finding.where == "north-america 2026-03"
    assert "month before" in finding.what


def test_a_downloaded_file_is_verified(closed: ClosedMonth, programme, ben, dora, tmp_path, capsys) -> None:
    correct(closed=closed, person=ben, figure="cases_taken", after=3, reason="By phone", by=dora)
    kept = tmp_path / "march.json"
    kept.write_text(json.dumps(document(closed)))
    call_command("verify_month", str(kept))
    assert "north-america 2026-03: good" in capsys.readouterr().out
    changed = document(closed)
    changed["rows"][1]["figures"]["cases_taken"] = 4
    (finding,) = verify_file(json.dumps(changed)).findings
    assert (finding.where, finding.what) == (
        "north-america 2026-03, row 2 (Ben Okafor)",
        "The row was changed.",
    )
    forged = document(closed)
    forged["corrections"][0]["after"] = 30
    assert [finding.what for finding in verify_file(json.dumps(forged)).findings] == [
        "A correction in the file was changed."
    ]
    for nonsense in (
        "",
        "{}",
        "[1]",
        '{"format": 1}',
        "null",
        kept.read_text().replace("2026-03", "2026-99"),
    ):
        assert not verify_file(nonsense).is_good


def test_corrections_are_entries_against_it(closed: ClosedMonth, programme, ana, ben, dora) -> None:
    with pytest.raises(Refused):
        correct(closed=closed, person=ben, figure="cases_taken", after=0, reason="None", by=dora)
    for after, reason in ((3, "By phone"), (4, "And one more")):
        correct(closed=closed, person=ben, figure="cases_taken", after=after, reason=reason, by=dora)
    for wrong in (
        {"figure": "nothing"},
        {"reason": " "},
        {"by": ana},
        {"after": 10**12},
        {"person": dora},
    ):
        good = {"person": ben, "figure": "cases_taken", "after": 9, "reason": "x", "by": dora}
        with pytest.raises(Refused):
            correct(closed=closed, **(good | wrong))
    shown = show(programme=programme, month=MARCH, now=datetime.now(UTC))
    assert shown.report.lines[1].figures["cases_taken"] == 4
    assert frozen_report(closed).lines[1].figures["cases_taken"] == 0
    assert [(one.before, one.after) for one in shown.corrections[ben.pk, "cases_taken"]] == [(0, 3), (3, 4)]
    assert verify_chain(programme).is_good
    Correction.objects.filter(position=0).update(after=30)
    assert "correction 1" in verify_chain(programme).findings[0].where


def test_a_rotated_key_is_known_while_it_is_kept(closed: ClosedMonth, programme, settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    assert verify_chain(programme).is_good
    settings.SECRET_KEY_FALLBACKS = []
    assert {finding.what[:24] for finding in verify_chain(programme).findings} == {"The signature is not our"}


def test_evidence_that_goes_changes_no_closed_figure(closed: ClosedMonth, programme) -> None:
    before = show(programme=programme, month=MARCH, now=datetime.now(UTC)).report.lines
    Page.objects.all().delete()
    assert show(programme=programme, month=MARCH, now=datetime.now(UTC)).report.lines == before
