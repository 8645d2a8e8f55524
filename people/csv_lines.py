"""Rows of a CSV file as spreadsheets write them, one after another, in bounded memory.

Understood: UTF-8 with a byte-order mark or without, UTF-16 with one (Excel's "Unicode text"), Windows-1252;
comma, semicolon or tab between the cells; quoted cells (RFC 4180); any kind of line end.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from people.errors import Refused
from people.suggestions import did_you_mean, one_of

_DELIMITERS = (",", ";", "\t")
_CHUNK = 1 << 16
_LONGEST_LINE = 100_000  # characters: longer than any row of ours, so that a lost quote cannot eat the file

Item = TypeVar("Item")


class BadFile(Refused):
    """The file cannot be read as a table of ours; `line` is where it goes wrong (1 is the header)."""

    def __init__(self, message: str, *, line: int = 1, column: str = "") -> None:
        super().__init__(message, field=column, code="bad_file")
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it begins, and its stripped cells by column."""

    number: int
    cells: dict[str, str]


def read_rows(stream: BinaryIO, *, columns: Sequence[str], required: Sequence[str]) -> Iterator[Row]:
    """The rows below the header, from the beginning of a seekable stream. Raises BadFile.

    `columns` are all that may be there, in any order; `required` must be. Empty lines are left out.
    """
    encoding = _encoding_of(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield from _rows(text, columns=columns, required=required)
    finally:
        text.detach()  # the stream belongs to whoever gave it


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`, so that one query serves many."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(text: io.TextIOWrapper, *, columns: Sequence[str], required: Sequence[str]) -> Iterator[Row]:
    first = text.readline(_LONGEST_LINE)
    if "\x00" in first:
        raise BadFile("The file holds NUL characters: this is no text. Save it as CSV UTF-8.")
    if not first.strip():
        raise BadFile(f"The file is empty. Its first line must name the columns: {','.join(columns)}.")
    delimiter = max(_DELIMITERS, key=first.count)
    header = _header(first, delimiter, columns=columns, required=required)
    reader = csv.reader(_short_lines(text), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2  # the header is line 1 and was read before
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFile(
                "The line cannot be read: a quote is open or out of place. Double a quote that is meant.",
                line=number,
            ) from error
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise BadFile(
                f"The line has {len(cells)} cells where the header has {len(header)}."
                f' Put a cell that holds "{delimiter}" in quotes.',
                line=number,
            )
        yield Row(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})


def _header(first: str, delimiter: str, *, columns: Sequence[str], required: Sequence[str]) -> list[str]:
    try:
        cells = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadFile("The first line cannot be read: a quote is open or out of place.") from error
    header = [cell.strip().casefold() for cell in cells]
    for name in header:
        if name not in columns:
            raise BadFile(
                f'"{name[:80]}" is no column of ours.{did_you_mean(name, columns)} The columns are:'
                f" {','.join(columns)}.",
                column=name[:80],
            )
        if header.count(name) > 1:
            raise BadFile(f'The column "{name}" is there twice.', column=name)
    missing = [name for name in required if name not in header]
    if missing:
        raise BadFile(f"The column {one_of(missing)} is missing.", column=missing[0])
    return header


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 1
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise BadFile(f"The line is longer than {_LONGEST_LINE:,} characters.", line=number)
        if "\x00" in line:
            raise BadFile("The line holds a NUL character: this is no text.", line=number)
        yield line


def _encoding_of(stream: BinaryIO) -> str:
    """The encoding by its byte-order mark; else UTF-8 where every byte agrees; else Windows-1252."""
    stream.seek(0)
    start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(stream, "utf-16")
    try:
        return _checked(stream, "utf-8-sig")
    except BadFile:
        return _checked(stream, "cp1252")


def _checked(stream: BinaryIO, encoding: str) -> str:
    """The same encoding if the whole stream can be read in it."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadFile("The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8.") from error
    return encoding
