"""The compliance report by program: rows, evidence, files, and that no cell is ever a formula."""

import csv
import io
import json
from datetime import UTC, date, datetime

import openpyxl
import pytest
import time_machine
from pypdf import PdfReader

from escalations import paging
from escalations.models import Page
from people.models import Person
from reports.closing import close_month
from reports.exports import csv_lines, write_xlsx
from reports.help_desk import count_contacts, register_ticket
from tests.api.conftest import fields_of, problem_of
from tests.conftest import make_person

PATH = "reports/compliance/"


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(datetime(2026, 3, 17, 14, tzinfo=UTC), tick=False):
        yield


def row_of(answer, person: Person) -> dict:
    assert answer.status_code == 200, answer.content
    return next(row for row in answer.json()["results"] if row["person"]["id"] == person.pk)


def test_a_row_a_member_and_every_figure_leads_to_its_evidence(case, ana, ben, dora, program):
    page = case.pages.filter(person=ana).first()
    paging.accept(escalation=case, by=ana, how="by key", page=page)
    caller = program(dora)
    answer = caller.read(PATH, month="2026-03", programme="north-america")
    assert [row["person"]["name"] for row in answer.json()["results"]] == ["Ana Ruiz", "Ben Okafor"]
    row = row_of(answer, ana)
    assert (row["status"], row["reasons"]) == ("behind", ["2:00:00 of listening short"])
    assert row["figures"]["pages_accepted"]["value"] == 1
    assert row["figures"]["cases_taken"]["value"] == 1
    assert row["figures"]["listening_balance_seconds"] == row["figures"]["listening_balance_seconds"] | {
        "value": -7200,
        "unit": "seconds",
    }
    for key, figure in row["figures"].items():
        path = figure["evidence"].split("/api/v1/")[1]
        events = caller.read(path).json()["results"]
        if figure["value"] is None:
            assert events == [], key
        else:
            assert sum(event["amount"] for event in events) == figure["value"], key


def test_an_executive_sees_their_own_and_nobody_elses(case, ana, ben, program):
    caller = program(ana)
    rows = caller.read(PATH).json()["results"]
    assert [row["person"]["email"] for row in rows] == ["ana@example.com"]
    assert row_of(caller.read(PATH, person="me"), ana)
    problem_of(caller.read(PATH, person="ben@example.com"), 404)
    problem_of(caller.read("reports/evidence/", person=ben.pk, figure="cases_taken"), 404)
    assert len(list(csv.reader(io.StringIO(_text(caller.read(PATH, format="csv")))))) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"month": "2026-13"}, "month"),
        ({"month": "March"}, "month"),
        ({"programme": "nowhere"}, "programme"),
        ({"person": "nobody@example.com"}, "person"),
        ({"format": "pdf"}, "format"),
        ({"format": ["csv", "csv"]}, "format"),
        ({"cursor": "-1"}, "cursor"),
        ({"page_size": "0"}, "page_size"),
        ({"sort": "name"}, "sort"),
    ],
)
def test_a_bad_query_is_named(programme, dora, program, query, field):
    assert field in fields_of(program(dora).read(PATH, **query))


def test_pages_of_members_follow_one_another(programme, ana, ben, dora, program):
    caller = program(dora)
    first = caller.read(PATH, page_size=1).json()
    second = caller.get(first["next"]).json()
    assert [page["results"][0]["person"]["id"] for page in (first, second)] == [ana.pk, ben.pk]
    assert first["previous"] is None
    assert second["next"] is None
    assert caller.get(second["previous"]).json()["results"] == first["results"]


def test_the_csv_has_the_same_figures(case, ana, dora, program):
    caller = program(dora)
    answer = caller.read(PATH, format="csv", month="2026-03")
    assert answer.streaming
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(_text(answer))))
    figures = row_of(caller.read(PATH, month="2026-03"), ana)["figures"]
    assert lines[0]["person"] == "Ana Ruiz"
    for key, figure in figures.items():
        assert lines[0][key] == ("" if figure["value"] is None else str(figure["value"]))
    assert caller.get(lines[0]["evidence"]).status_code in {200, 302}


def test_the_workbook_has_real_numbers_and_dates(case, ana, dora, program):
    answer = program(dora).read(PATH, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    heading = [cell.value for cell in sheet[1]]
    cells = dict(zip(heading, sheet[2], strict=True))
    assert cells["month"].is_date
    assert cells["month"].value == datetime(2026, 3, 1)  # noqa: DTZ001 - a workbook has no zones
    assert cells["listening_owed_seconds"].value == 7200
    assert cells["listening_owed_seconds"].data_type == "n"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")


def test_a_closed_month_is_answered_as_it_was_frozen(case, ana, dora, program):
    with time_machine.travel(datetime(2026, 4, 2, 14, tzinfo=UTC), tick=False):
        close_month(programme=case.programme, month=date(2026, 3, 1), by=dora)
        caller = program(dora)
        before = row_of(caller.read(PATH, month="2026-03"), ana)
        Page.objects.all().delete()
        assert row_of(caller.read(PATH, month="2026-03"), ana) == before
        assert before["state"] == "closed"


def test_who_is_no_member_has_no_row_and_a_programme_may_have_no_members(programme, cleo, dora, program):
    caller = program(dora)
    assert caller.read(PATH, person=cleo.pk).json()["results"] == []
    assert caller.read("reports/evidence/", person=cleo.pk, figure="pages_offered").json()["results"] == []
    programme.memberships.all().delete()
    assert caller.read(PATH).json()["results"] == []
    assert len(list(csv.reader(io.StringIO(_text(caller.read(PATH, format="csv")))))) == 1
    assert caller.read(PATH, format="xlsx").status_code == 200


LEADS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0=", "\ufeff=", "\t ="]


@pytest.mark.parametrize("lead", LEADS)
def test_no_name_becomes_a_formula(programme, dora, program, lead):
    evil = f'{lead}HYPERLINK("http://example.com","x")'
    made = make_person("evil@example.com", "x", is_executive=True)
    Person.objects.filter(pk=made.pk).update(name=evil)
    programme.memberships.create(person=made)
    caller = program(dora)
    lines = list(csv.DictReader(io.StringIO(_text(caller.read(PATH, format="csv")), newline="")))
    (cell,) = [line["person"] for line in lines if "HYPERLINK" in line["person"]]
    assert cell == f"'{evil}"
    answer = caller.read(PATH, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    (written,) = [row[3] for row in sheet.iter_rows() if "HYPERLINK" in str(row[3].value)]
    assert written.data_type == "s"


def test_every_first_character_is_harmless_or_no_formula():
    """All of the basic plane: whatever a spreadsheet takes for a formula does not stand first."""
    table = [[chr(code) + "1+1"] for code in range(1, 0xD800)]
    text = "".join(csv_lines(["a"], table))
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    firsts = {cell[0] for cell in cells}
    assert not firsts & set("=+-@\t\r\n＝＋－＠")
    file = io.BytesIO()
    write_xlsx(file, ["a"], [["=1+1"], ["{=1+1}"], [-5], [None]], title="t")
    sheet = openpyxl.load_workbook(io.BytesIO(file.getvalue())).active
    assert [row[0].data_type for row in sheet.iter_rows(min_row=2, max_row=4)] == ["s", "s", "n"]


def test_how_the_programme_did_in_figures_and_as_the_sponsors_page(case, acme, ana, cleo, dora, program):
    paging.accept(escalation=case, by=ana, how="by key", page=case.pages.filter(person=ana).first())
    count_contacts(programme=case.programme, day=date(2026, 3, 17), contacts=500, by=cleo)
    opened = datetime(2026, 3, 2, 14, tzinfo=UTC)
    register_ticket(reference="HD-1", account=acme, opened_at=opened, by=cleo)
    caller = program(dora)
    told = caller.read("reports/programme/", month="2026-03").json()
    assert (told["month"], told["cases"], told["reached"]) == ("2026-03", 1, [{"rung": 1, "cases": 1}])
    desk = told["help_desk"]
    assert (desk["escalations_per_1000_contacts"], desk["days_counted"], desk["healthy"]) == (2.0, 1, None)
    assert [ticket["reference"] for ticket in desk["never_raised"]] == ["HD-1"]
    answer = caller.read("reports/programme/", month="2026-03", format="pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Escalations per 1,000 contacts (1 of 31 days counted)" in text
    for query in ({"format": "csv"}, {"month": "2026-13"}, {"programme": "nowhere"}, {"sort": "name"}):
        assert set(query) <= set(fields_of(caller.read("reports/programme/", **query)))


def _text(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_the_answer_is_json_by_default(programme, dora, program):
    answer = program(dora).read(PATH)
    assert json.loads(answer.content)["next"] is None
