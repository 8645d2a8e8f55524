"""Reading CSV as spreadsheets write it: encodings, delimiters, quotes, and what is clearly refused."""

import io

import pytest

from people.csv_lines import BadFile, Row, batches, read_rows

COLUMNS = ("email", "name", "roles")
TABLE = "email,name,roles\nzoe@example.com,Zoë Müller,support\n"


def rows(content: bytes | str) -> list[Row]:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return list(read_rows(stream, columns=COLUMNS, required=("email",)))


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("cp1252"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode("cp1252"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.rstrip().encode(),
        TABLE.replace("email,name", "EMail, NAME ").encode(),
        TABLE.replace("\n", "\n\n,,\n", 1).encode(),
    ],
)  # fmt: skip
def test_whatever_a_spreadsheet_writes_is_understood(content: bytes) -> None:
    (row,) = rows(content)
    assert row.cells == {"email": "zoe@example.com", "name": "Zoë Müller", "roles": "support"}


def test_columns_in_any_order_and_cells_in_quotes() -> None:
    (row,) = rows('name,email\n" Ruiz, ""Ana"" ",ana@example.com\n')
    assert row.cells == {"name": 'Ruiz, "Ana"', "email": "ana@example.com"}


def test_semicolons_between_the_cells_and_within_one() -> None:
    (row,) = rows('email;name;roles\nana@example.com;Ana;"executive;admin"\n')
    assert row.cells["roles"] == "executive;admin"


def test_a_row_is_numbered_by_the_line_on_which_it_begins() -> None:
    content = 'email,name\na@example.com,"one\ntwo"\n\nb@example.com,B\n'
    assert [row.number for row in rows(content)] == [2, 5]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", 1, "The file is empty"),
        ("\n\n", 1, "The file is empty"),
        ("email,nome\n", 1, 'Did you mean "name"?'),
        ("email,email\n", 1, "there twice"),
        ("name\nAna\n", 1, 'The column "email" is missing'),
        ('"email,name\n', 1, "a quote is open"),
        ("email,name\na@example.com\n", 2, "1 cells where the header has 2"),
        ("email,name\na@example.com,A\nb@example.com,Ruiz, Ana\n", 3, "3 cells where the header has 2"),
        ('email,name\na@example.com,"A\nb@example.com,B\n', 2, "a quote is open"),
        ('email,name\na@example.com,"A" B\n', 2, "a quote is open"),
        ("email,name\na@example.com,A\x00\n", 2, "NUL"),
        ("email,name\na@example.com," + "x" * 200_000, 2, "longer than"),
        (b"email,name\na@example.com,\x81\xff\n", 1, "neither UTF-8 nor Windows-1252"),
        (TABLE.encode("utf-16")[2:], 1, "NUL"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "no column of ours"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(content: bytes | str, line: int, words: str) -> None:
    with pytest.raises(BadFile) as problem:
        rows(content)
    assert problem.value.line == line
    assert words in str(problem.value)


def test_the_stream_stays_open_for_its_owner() -> None:
    stream = io.BytesIO(TABLE.encode())
    for _ in range(2):
        assert len(list(read_rows(stream, columns=COLUMNS, required=()))) == 1
    assert not stream.closed


def test_batches_lose_nothing() -> None:
    assert list(batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batches([], 3)) == []
