"""The month as CSV and XLSX. CSV streams a line at a time; XLSX is written row by row (XlsxWriter, constant memory).

Formula injection is impossible: in XLSX text is written as text and numbers as numbers; in CSV a text that a
spreadsheet might read as a formula (it begins with = + - @, their wide forms, a tab, a return or a line feed, blanks
before them or not) has an apostrophe before it (OWASP, CSV Injection). Numbers are written as they are.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO

import xlsxwriter

from reports.month import FIGURES, Line
from reports.shown import Shown

Cell = str | int | date | datetime | None
RISKY = frozenset("=+-@\t\r\n＝＋－＠")


def columns() -> list[str]:
    """The names of the month's columns, stable for programs: a figure's key ends in its unit where it is a time."""
    return ["programme", "month", "state", "person", "email", "status", "reasons", *FIGURES, "evidence"]


def rows(shown: Shown, *, base_url: str) -> Iterator[list[Cell]]:
    """A row for each line, in the order of `columns`; `evidence` is the page of the member's month."""
    report = shown.report
    slug, month = report.programme.slug, report.month
    state = "closed" if shown.closed else "open"
    for line in report.lines:
        yield [
            slug,
            month,
            state,
            line.person.name,
            line.person.email,
            line.standing.status.value,
            "; ".join(line.standing.reasons),
            *(line.figures.get(key) for key in FIGURES),
            f"{base_url}{path_of(slug, month, line)}",
        ]


def path_of(slug: str, month: date, line: Line) -> str:
    """The page of one member's month."""
    return f"/reports/{slug}/{month:%Y-%m}/{line.person.pk}/"


def csv_lines(headings: Sequence[str], table: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """RFC 4180, one line at a time: nothing is kept of those that went."""
    writer = csv.writer(_Echo())
    yield writer.writerow(headings)
    for row in table:
        yield writer.writerow([_harmless(cell) if isinstance(cell, str) else _plain(cell) for cell in row])


def write_xlsx(
    file: IO[bytes], headings: Sequence[str], table: Iterable[Sequence[Cell]], *, title: str
) -> None:
    """A workbook with one sheet: real numbers and dates, the heading frozen, a filter over all columns."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, bold)
        last = 0
        for last, row in enumerate(table, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(last, place, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(last, place, cell, instant)
                elif isinstance(cell, date):
                    sheet.write_datetime(last, place, cell)
                elif cell is not None:
                    sheet.write_number(last, place, cell)
        sheet.autofilter(0, 0, last, len(headings) - 1)
        sheet.set_column(0, len(headings) - 1, 14)


def spreadsheet(headings: Sequence[str], table: Iterable[Sequence[Cell]], *, title: str) -> IO[bytes]:
    """Such a workbook as an open file, at its beginning; it is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    write_xlsx(file, headings, table, title=title)
    file.seek(0)
    return file


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _harmless(text: str) -> str:
    first = text.lstrip(" \u00a0\u200b\ufeff")[:1]
    return f"'{text}" if text[:1] in RISKY or first in RISKY else text


def _plain(cell: Cell) -> str | int:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else cell
