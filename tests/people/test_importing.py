"""People from CSV: idempotent by e-mail address, a report for each line, all or nothing."""

import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.import_report import Outcome, Report
from people.importing import WORD_OF_ADMINISTRATOR, import_people
from people.models import Person

HEADER = "email,name,roles,phone,phone_verified,time_zone,country,language,assistant_email\n"
ANA = "ana@example.com,Ana Ruiz,executive;admin,+15550100001,yes,America/New_York,US,en-US,asha@example.com\n"
ASHA = "asha@example.com,Asha Rao,,,,Asia/Kolkata,IN,en,\n"


def run(text: str, *, dry_run: bool = False, by: Person | None = None) -> Report:
    return import_people(stream=io.BytesIO(text.encode()), dry_run=dry_run, by=by)


def outcomes(report: Report) -> list[tuple[int, str, str]]:
    return [(line.number, line.outcome.value, line.column) for line in report.lines]


@pytest.mark.django_db
class TestAdding:
    def test_a_person_with_everything_and_an_assistant_who_comes_later(self) -> None:
        report = run(HEADER + ANA + ASHA)
        assert report.applied
        assert outcomes(report) == [(2, "added", ""), (3, "added", "")]
        ana = Person.objects.get(email="ana@example.com")
        assert ana.roles == ["executive", "admin"]
        assert (ana.phone, ana.time_zone, ana.country, ana.language) == (
            "+15550100001",
            "America/New_York",
            "US",
            "en-US",
        )
        assert ana.can_be_rung
        assert ana.phone_verified_how == WORD_OF_ADMINISTRATOR
        assert ana.assistant == Person.objects.get(email="asha@example.com")
        assert not ana.has_usable_password()

    def test_the_same_file_again_changes_nothing(self) -> None:
        run(HEADER + ANA + ASHA)
        records = Person.history.count()
        report = run(HEADER + ANA + ASHA)
        assert {line.outcome for line in report.lines} == {Outcome.UNCHANGED}
        assert Person.history.count() == records

    def test_addresses_are_the_same_in_letters_of_any_size(self) -> None:
        run(HEADER + ANA + ASHA)
        report = run("email,name\nANA@Example.COM,Ana Ruiz\n")
        assert outcomes(report) == [(2, "unchanged", "")]

    def test_a_missing_column_has_its_default(self) -> None:
        run("email,name\nbo@example.com,Bo\n")
        bo = Person.objects.get()
        assert (bo.roles, bo.phone, bo.time_zone, bo.language) == ([], "", "UTC", "en")

    def test_a_dry_run_reports_and_changes_nothing(self) -> None:
        report = run(HEADER + ANA + ASHA, dry_run=True)
        assert not report.applied
        assert report.summary() == "2 added, 0 changed, 0 unchanged, 0 refused"
        assert not Person.objects.exists()


class TestChanging:
    def test_what_changed_is_told_and_on_record(self, ana: Person, dora: Person) -> None:
        report = run("email,name,time_zone\nana@example.com,Ana Ruiz-Bell,Europe/Madrid\n", by=dora)
        assert [str(line) for line in report.lines] == ["line 2: changed, ana@example.com, name, time_zone"]
        ana.refresh_from_db()
        assert ana.name == "Ana Ruiz-Bell"
        record = ana.history.first()
        assert (record.history_user, record.history_change_reason) == (dora, "import of people")

    def test_an_empty_cell_leaves_what_is_known(self, ana: Person) -> None:
        report = run(HEADER + "ana@example.com,Ana Ruiz,,,,,,,\n")
        assert outcomes(report) == [(2, "unchanged", "")]
        ana.refresh_from_db()
        assert ana.can_be_rung
        assert ana.roles == ["executive"]

    def test_another_number_is_not_verified(self, ana: Person) -> None:
        run(HEADER + "ana@example.com,Ana Ruiz,,+15550100077,,,,,\n")
        ana.refresh_from_db()
        assert ana.phone == "+15550100077"
        assert not ana.can_be_rung

    def test_the_administrators_word_does_not_replace_a_code(self, ana: Person) -> None:
        report = run(HEADER + "ana@example.com,Ana Ruiz,,+15550100001,yes,,,,\n")
        assert outcomes(report) == [(2, "unchanged", "")]
        ana.refresh_from_db()
        assert ana.phone_verified_how == "test"

    def test_a_new_assistant_counts_as_a_change(self, ana: Person) -> None:
        report = run(
            "email,name,assistant_email\nana@example.com,Ana Ruiz,asha@example.com\nasha@example.com,Asha,\n"
        )
        assert report.lines[0].outcome is Outcome.CHANGED
        assert report.lines[0].why == "assistant_email"
        ana.refresh_from_db()
        assert ana.assistant is not None


class TestRefusing:
    @pytest.mark.parametrize(
        ("row", "column", "words"),
        [
            (",Bo,,,,,,,", "email", "needed"),
            ("bo,Bo,,,,,,,", "email", "no e-mail address"),
            ("bo@example.com,,,,,,,,", "name", "needed"),
            (f"bo@example.com,{'x' * 121},,,,,,,", "name", "at most 120"),
            ("bo@example.com,B\x07o,,,,,,,", "name", "control characters"),
            ("bo@example.com,Bo,exec,,,,,,", "roles", 'Did you mean "executive"?'),
            ("bo@example.com,Bo,administrator,,,,,,", "roles", 'Did you mean "admin"?'),
            ("bo@example.com,Bo,,5550100,,,,,", "phone", "country code"),
            ("bo@example.com,Bo,,1.55501E+10,,,,,", "phone", ""),
            ("bo@example.com,Bo,,911,,,,,", "phone", "Emergency"),
            ("bo@example.com,Bo,,,maybe,,,,", "phone_verified", "neither"),
            ("bo@example.com,Bo,,,yes,,,,", "phone_verified", "no number"),
            ("bo@example.com,Bo,,,,New York,,,", "time_zone", "America/New_York"),
            ("bo@example.com,Bo,,,,EST5,,,", "time_zone", "no IANA time zone"),
            ("bo@example.com,Bo,,,,,USA,,", "country", 'Did you mean "US"?'),
            ("bo@example.com,Bo,,,,,,english,", "language", "no language tag"),
            ("bo@example.com,Bo,,,,,,,bo@example.com", "assistant_email", "Nobody assists themselves"),
            ("bo@example.com,Bo,,,,,,,who@example.com", "assistant_email", "nor in this file"),
            ("bo@example.com,Bo,,+15550100001,,,,,", "phone", "number of ana@example.com"),
        ],
    )
    def test_a_bad_line_names_its_column(self, ana: Person, row: str, column: str, words: str) -> None:
        report = run(HEADER + ASHA + row + "\n")
        assert not report.applied
        problem = report.refused[0]
        assert (problem.number, problem.column) == (3, column)
        assert words in problem.why
        assert Person.objects.count() == 1

    def test_every_mistake_of_a_line_is_told(self, db: None) -> None:
        report = run(HEADER + "bo,Bo,boss,12,,Mars/Base,,,\n")
        assert [line.column for line in report.refused] == ["email", "roles", "phone", "time_zone"]
        assert report.counts[Outcome.REFUSED] == 1

    def test_a_repeated_address_or_number_is_refused(self, db: None) -> None:
        report = run(
            "email,name,phone\na@example.com,A,+15550100050\nA@EXAMPLE.COM,B,\nb@example.com,B,+15550100050\n"
        )
        assert outcomes(report) == [(2, "added", ""), (3, "refused", "email"), (4, "refused", "phone")]
        assert "line 2" in report.refused[0].why
        assert not Person.objects.exists()

    def test_somebody_who_has_left_is_not_taken_back_by_a_file(self, ana: Person) -> None:
        ana.is_active = False
        ana.save()
        report = run("email,name\nana@example.com,Ana Ruiz\n")
        assert outcomes(report) == [(2, "refused", "email")]

    def test_the_last_administrator_stays_one(self, dora: Person) -> None:
        report = run("email,name,roles\ndora@example.com,Dora Lindt,support\n")
        assert outcomes(report)[-1] == (2, "refused", "roles")
        dora.refresh_from_db()
        assert dora.is_admin

    def test_the_role_may_pass_to_somebody_else_in_the_same_file(self, dora: Person) -> None:
        report = run("email,name,roles\ndora@example.com,Dora Lindt,support\nbo@example.com,Bo,admin\n")
        assert report.applied

    def test_a_file_that_is_no_table(self, db: None) -> None:
        report = run("surname,givenname\n")
        assert not report.applied
        assert outcomes(report) == [(1, "refused", "surname")]


class Meanwhile(io.BytesIO):
    """A file while whose second reading somebody else takes a number that its last line has."""

    header_reads = 0

    def read1(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 0:
            self.header_reads += 1
        if self.header_reads == 2:
            Person.objects.get_or_create(email="thief@example.com", defaults={"phone": "+15550100099"})
        return super().read1(size)


def test_what_is_refused_at_the_second_reading_undoes_what_was_written(db: None) -> None:
    rows = "".join(f"p{n}@example.com,Person {n},\n" for n in range(600))
    text = f"email,name,phone\n{rows}last@example.com,Last,+15550100099\n"
    report = import_people(stream=Meanwhile(text.encode()))
    assert not report.applied
    assert [(line.number, line.column) for line in report.refused] == [(602, "phone")]
    assert not Person.objects.exists()


def big_file(lines: int) -> bytes:
    rows = (
        f"p{n}@example.com,Person {n},support,+1555{n:07d},yes,Europe/London,GB,en,p{n + 1}@example.com\n"
        for n in range(2_000_000, 2_000_000 + lines)
    )
    last = f"p{2_000_000 + lines}@example.com,Last,,,,,,,\n"
    return (HEADER + "".join(rows) + last).encode()


def test_the_cost_is_a_few_queries_for_each_batch(db: None) -> None:
    counts = []
    for lines in (999, 1999):
        stream = io.BytesIO(big_file(lines))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            import_people(stream=stream, dry_run=True)
        counts.append(len(queries))
    # Three look-ups for each 500 lines, and one for each 500 assistants who come later.
    assert counts == [2 * 4, 4 * 4]


def test_memory_does_not_hold_the_file(db: None) -> None:
    stream = io.BytesIO(big_file(4000))
    size = stream.getbuffer().nbytes
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        report = import_people(stream=stream, dry_run=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.lines) == 4001
    assert peak - before < 12 * size


class TestCommand:
    def test_it_prints_each_line_and_the_sum(
        self, db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "people.csv"
        file.write_text(HEADER + ANA + ASHA)
        call_command("import_people", str(file))
        assert capsys.readouterr().out.splitlines() == [
            "line 2: added, ana@example.com",
            "line 3: added, asha@example.com",
            "2 added, 0 changed, 0 unchanged, 0 refused",
        ]

    def test_a_refused_file_fails_the_command(
        self, db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "people.csv"
        file.write_text(HEADER + ASHA + "bo@example.com,Bo,boss,,,,,,\n")
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("import_people", str(file))
        assert "line 3: refused, bo@example.com, roles" in capsys.readouterr().out
        assert not Person.objects.exists()

    def test_a_file_that_is_not_there(self, db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call_command("import_people", str(tmp_path / "no.csv"))
