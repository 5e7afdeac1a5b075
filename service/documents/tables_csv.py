"""CSV as offices have it: UTF-8 with and without BOM, UTF-16, Windows-1252; comma, semicolon, tab or bar."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from service.documents.tables import Keeper, Limits, Row
from service.documents.tables_errors import (
    TableCellTooLong,
    TableKindUnknown,
    TableQuoteOpen,
    TableTooLong,
    TableUnreadable,
)

_SAMPLE = 16_384
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOST_LINES = 1_048_576
"""What a spreadsheet holds. Most of them may be empty: offices format whole columns."""
_LONGEST_RECORD = 262_144
_DELIMITERS = ";\t,|"
"""Of equals the first: a comma may be a decimal one."""
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def rows(source: BinaryIO, limits: Limits) -> Iterator[Row]:
    """The rows that are not empty. Raises the refusals of tables_errors."""
    encoding = _encoding(source)
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding, newline="")
    try:
        yield from _rows(text, limits)
    except UnicodeError as broken:
        raise TableUnreadable from broken
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, limits: Limits) -> Iterator[Row]:
    sample = text.read(_SAMPLE)
    if _BINARY.search(sample):
        raise TableKindUnknown
    text.seek(0)
    delimiter = _delimiter(sample)
    if sample[:4].lower() == "sep=":
        text.readline()
    keeper, lines = Keeper(limits), _Lines(text)
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            last = lines.forget()
            row = keeper.row(lines.record, cells, {}) if any(cells) else None
            if row:
                yield row
    except csv.Error as broken:
        if "field larger" in str(broken):
            raise TableCellTooLong(row=lines.record + 1) from broken
        raise TableUnreadable from broken
    if lines.record and _is_open(last, delimiter):
        raise TableQuoteOpen(row=lines.record)


@dataclass
class _Lines:
    """The lines of a file for csv.reader, which itself would take a record of any length.

    Raises TableCellTooLong, TableTooLong. Control characters are left out, as in a workbook.
    """

    text: io.TextIOWrapper
    record: int = 0
    held: list[str] = field(default_factory=list)
    length: int = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(_LONGEST_RECORD):
            self.length += len(line)
            if self.length >= _LONGEST_RECORD:
                raise TableCellTooLong(row=self.record + 1)
            if self.record >= _MOST_LINES:
                raise TableTooLong(max_rows=_MOST_LINES)
            self.held.append(line)
            yield _BINARY.sub("", line)

    def forget(self) -> list[str]:
        """The lines of the record that has been read, which is counted."""
        self.record += 1
        done, self.held, self.length = self.held, [], 0
        return done


def _is_open(lines: list[str], delimiter: str) -> bool:
    """Whether a quote in the last record was never closed: all that follows it in the file stands in one cell."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as broken:
        return "unexpected end of data" in str(broken)
    return False


def _encoding(source: BinaryIO) -> str:
    """UTF-16 by its mark or its NULs; UTF-8 when all of it is; else what Windows in the office writes."""
    source.seek(0)
    head = source.read(_SAMPLE)
    for mark, name in _BOMS.items():
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) < len(head) // 4:
            raise TableKindUnknown
        return "utf-16-be" if even > odd else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    source.seek(0)
    try:
        while piece := source.read(65_536):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(sample: str) -> str:
    """The mark that cuts most of the first rows into equally many cells."""
    first = sample[:6].lower()
    if first[:4] == "sep=" and first[4:5] in _DELIMITERS:
        return first[4]
    scores = {}
    for mark in _DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
        try:
            widths = Counter(len(cells) for _line, cells in zip(range(60), reader, strict=False) if len(cells) > 1)
        except csv.Error:
            widths = Counter()
        scores[mark] = max((count * width for width, count in widths.items()), default=0)
    return max(_DELIMITERS, key=lambda mark: scores[mark])
