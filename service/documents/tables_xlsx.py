"""XLSX (ECMA-376) read row by row: openpyxl reads the cells, defusedxml the XML, and both only what was measured."""

import datetime as dt
import math
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, WorkSheetParser

from service.documents.tables import Doubt, Judge, Keeper, Limits, Row, SheetUnknown, Table, number_text
from service.documents.tables_errors import (
    TableEncrypted,
    TableHasMacros,
    TableInflated,
    TableKindUnknown,
    TableReachesOut,
    TableTooLong,
    TableUnreadable,
)

_SAMPLE = 60
_MOST_SHEETS = 30
_MOST_ENTRIES = 5_000
_SMALL = 1_048_576
_OTHER_PARTS = 8_388_608
_STYLE_TAGS = 400_000
_OTHER_TAGS = 100_000
_MOST_EMPTY_ROWS = 100_000
_EXACT_DIGITS = 15
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|f|t)\b")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell ref=[\"']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})[\"']")
_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ParseError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the libraries raise for a damaged or forged workbook: they document no narrower class."""


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str


@dataclass
class _Measured:
    """How many rows hold something, and the merged cells over several rows: column, first and last row."""

    filled: int = 0
    merged: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class _Cell:
    column: int
    text: str
    doubt: Doubt | None


def read(source: BinaryIO, sheet: str | None, judge: Judge, limits: Limits) -> Table:
    """One sheet's rows: the named one, else the visible one that looks most like what is wanted.

    Raises SheetUnknown and the refusals of tables_errors.
    """
    try:
        return _read(source, sheet, judge, limits)
    except DefusedXmlException as hostile:
        raise TableReachesOut from hostile
    except SheetUnknown:
        raise
    except _BROKEN as broken:
        raise TableUnreadable from broken


def _read(source: BinaryIO, sheet: str | None, judge: Judge, limits: Limits) -> Table:
    with zipfile.ZipFile(source) as archive:
        _check(archive, limits)
    source.seek(0)
    book = ExcelReader(source, read_only=True, data_only=True, keep_links=False)
    with book.archive:
        book.read_manifest()
        book.read_strings()
        book.read_workbook()
        apply_stylesheet(book.archive, book.wb)
        found = [_Sheet(one.name, rel.target) for one, rel in book.parser.find_sheets() if _visible(book, one, rel)]
        names = [one.name for one in found]
        if sheet is not None and sheet not in names:
            raise SheetUnknown(names)
        chosen = _chosen(book, found, judge, limits) if sheet is None else found[names.index(sheet)]
        if chosen is None:
            return Table([], names)
        measured = _measure(book, chosen, limits)
        rows = list(_rows(book, chosen, limits, measured.filled))
        return Table(_with_merged(rows, measured.merged), names, chosen.name)


def _visible(book: ExcelReader, sheet: object, relation: object) -> bool:
    state, target = getattr(sheet, "state", "visible"), getattr(relation, "target", "")
    return state == "visible" and target in book.valid_files and "chartsheet" not in getattr(relation, "Type", "")


def _chosen(book: ExcelReader, sheets: Sequence[_Sheet], judge: Judge, limits: Limits) -> _Sheet | None:
    if len(sheets) < 2:
        return next(iter(sheets), None)
    scores = [_score(book, one, judge, limits) for one in sheets[:_MOST_SHEETS]]
    return sheets[scores.index(max(scores))]


def _score(book: ExcelReader, sheet: _Sheet, judge: Judge, limits: Limits) -> int:
    try:
        filled = _measure(book, sheet, limits).filled
    except TableInflated:
        return -1
    except TableTooLong:
        filled = _SAMPLE  # they stand in what was measured
    return judge(list(_rows(book, sheet, limits, min(filled, _SAMPLE))))


# Before parsing


def _check(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Raises a refusal for what need not be parsed to be refused."""
    entries = archive.infolist()
    _check_kind(entries)
    read = [entry for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
    bombs = [one for one in entries if one.file_size > _SMALL and one.file_size > one.compress_size * limits.ratio]
    large = [one for one in read if one.file_size > (limits.part if _is_list(one) else _OTHER_PARTS)]
    if bombs or large or len(entries) > _MOST_ENTRIES or sum(one.file_size for one in read) > 2 * limits.part:
        raise TableInflated
    for entry in read:
        # Sheets are measured when they are wanted: a long one beside a short list does no harm.
        if not entry.filename.lower().startswith("xl/worksheets/"):
            styles = _STYLE_TAGS if entry.filename.lower() == "xl/styles.xml" else _OTHER_TAGS
            for _piece in _pieces(archive, entry.filename, limits.tags if _is_list(entry) else styles):
                pass


def _check_kind(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = {entry.filename.lower() for entry in entries}
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "macrosheets/" in name for name in names):
        raise TableHasMacros
    if any("externallinks/" in name for name in names):
        raise TableReachesOut
    if any(entry.flag_bits & 1 for entry in entries):
        raise TableEncrypted
    if not {"[content_types].xml", "xl/workbook.xml"} <= names:
        raise TableKindUnknown
    if len(names) != len(entries):
        raise TableUnreadable


def _is_list(entry: zipfile.ZipInfo) -> bool:
    """A part that grows with the list: cells, and the texts that stand in them."""
    name = entry.filename.lower()
    return name.startswith("xl/worksheets/") or name == "xl/sharedstrings.xml"


def _pieces(archive: zipfile.ZipFile, part: str, most: int) -> Iterator[bytes]:
    """A part's bytes. Raises TableReachesOut for a DTD, TableInflated when they hold more than `most` tags.

    And when one tag or text is longer than any of a list: expat reads a long tag again with every piece of it.
    """
    tags = 0
    with archive.open(part) as source:
        while piece := source.read(262_144):
            opened = piece.count(b"<")
            tags += opened
            if tags > most or not opened:
                raise TableInflated
            if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                raise TableReachesOut
            yield piece


def _measure(book: ExcelReader, sheet: _Sheet, limits: Limits) -> _Measured:
    """Without parsing it. Raises TableTooLong, TableInflated, TableReachesOut."""
    merged: list[tuple[int, int, int]] = []
    filled, number, last_filled, now, cut = 0, 0, 0, False, b""
    for piece in _pieces(book.archive, sheet.part, limits.tags):
        whole = cut + piece
        last = whole.rfind(b"<")
        # A tag that the piece's end cuts waits for the next one.
        cut = whole[last : last + 64] if last >= 0 and b">" not in whole[last:] else b""
        whole = whole[:last] if cut else whole
        found = ((column_index_from_string(col.decode()) - 1, int(a), int(b)) for col, a, b in _MERGED.findall(whole))
        merged += [one for one in found if one[1] < one[2]]
        before, *rows = _ROW.split(whole)
        for row in (before, *rows):
            if row is not before:
                number, now = number + 1, False
            if not now and _FILLED.search(row):
                filled, last_filled, now = filled + 1, number, True
        if filled > limits.rows + 2 * _SAMPLE:
            raise TableTooLong(max_rows=limits.rows)
    if last_filled > _MOST_EMPTY_ROWS:
        raise TableInflated
    return _Measured(filled, merged)


def _with_merged(rows: Sequence[Row], merged: Sequence[tuple[int, int, int]]) -> list[Row]:
    """The rows, each with what stands in merged cells that begin above it."""
    places = {row.number: place for place, row in enumerate(rows)}
    above: dict[int, dict[int, str]] = {}
    done: dict[int, int] = {}  # by column: forged ranges may overlap, each cell is looked at once
    for column, first, last in sorted(merged):
        cells = rows[places[first]].cells if first in places else ()
        if column >= len(cells) or not cells[column]:
            continue
        for place in range(max(places[first], done.get(column, 0)) + 1, len(rows)):
            if rows[place].number > last:
                break
            above.setdefault(place, {})[column] = cells[column]
            done[column] = place
    return [replace(row, above=above[place]) if place in above else row for place, row in enumerate(rows)]


# Parsing


class _Parser(WorkSheetParser):
    """openpyxl's, which also says when a formula has no kept result."""

    def parse_cell(self, element: Element) -> dict[str, object]:
        cell: dict[str, object] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell


def _rows(book: ExcelReader, sheet: _Sheet, limits: Limits, filled: int) -> Iterator[Row]:
    """The rows until `filled` of them held something: offices format a million empty ones below their lists."""
    keeper = Keeper(limits)
    with book.archive.open(sheet.part) as part:
        parser = _Parser(
            part,
            book.shared_strings,
            data_only=True,
            epoch=book.wb.epoch,
            # openpyxl's own sheets take the formats from there; its stubs do not know them.
            date_formats=getattr(book.wb, "_date_formats", set()),
            timedelta_formats=getattr(book.wb, "_timedelta_formats", set()),
        )
        for number, cells in _parsed(parser, part):
            row = _row(keeper, number, [_cell(one) for one in cells])
            if row:
                yield row
            filled -= any(cell["value"] is not None or cell["data_type"] == "f" for cell in cells)
            if filled <= 0:
                return


def _parsed(parser: _Parser, part: IO[bytes]) -> Iterator[tuple[int, list[dict[str, object]]]]:
    """Row by row; what has been read is let go, so that a long sheet costs no memory."""
    parents: list[Element] = []
    for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            parents.append(element)
            continue
        parents.pop()
        if element.tag == ROW_TAG:
            yield parser.parse_row(element)
        if len(parents) <= 2 and parents:
            parents[-1].clear()


def _row(keeper: Keeper, number: int, cells: Sequence[_Cell]) -> Row | None:
    values: dict[int, str] = {}
    doubts: dict[int, Doubt] = {}
    for cell in cells:
        if cell.text:
            values[cell.column] = cell.text
        if cell.doubt:
            doubts[cell.column] = cell.doubt
    width = max([*values, *doubts], default=-1) + 1
    return keeper.row(number, [values.get(place, "") for place in range(width)], doubts) if width else None


def _cell(parsed: dict[str, object]) -> _Cell:
    column = int(str(parsed["column"])) - 1
    value, kind = parsed["value"], parsed["data_type"]
    if kind == "f":
        return _Cell(column, "", "formula")
    if kind == "e":
        return _Cell(column, str(value), "error")
    text = _text(value)
    return _Cell(column, text, "digits" if _lost_digits(value) else None)


def _text(value: object) -> str:
    """A value as a person would type it: whole numbers without a point, dates as ISO 8601."""
    text = "" if value is None else str(value)
    match value:
        case str():
            text = _ESCAPED.sub(_escaped_char, value)
        case bool():
            text = text.lower()
        case float() if math.isfinite(value):
            text = number_text(value)
        case dt.datetime() if value.time() == dt.time():
            text = value.date().isoformat()
        case dt.datetime():
            text = value.isoformat(" ", "minutes")
        case dt.time():
            text = value.isoformat("minutes")
    return text


def _escaped_char(found: re.Match[str]) -> str:
    """The character that a workbook writes as _xHHHH_ (ECMA-376, 22.9.2.19), unless it is none for a list."""
    char = chr(int(found[1], 16))
    return "" if unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n" else char


def _lost_digits(value: object) -> bool:
    """Whether a number is longer than a spreadsheet keeps: it has put zeros behind the fifteenth digit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float):
        return bool(abs(value) >= 10**_EXACT_DIGITS)
    digits = str(abs(value))
    return len(digits) > _EXACT_DIGITS and not digits[_EXACT_DIGITS:].strip("0")
