"""A first look into delivered tables: how many rows, which columns, what is empty. Nothing is judged, nothing kept.

A look costs two seconds and 100 MB at most, however large the table is: what lies beyond is said to be cut off.
"""

import codecs
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CELLS = 300_000
PLAIN_CELLS = 2_000_000
"""The same for CSV, which is read that much faster."""
MOST_COLUMNS = 200
MOST_SHEETS = 30
_LONGEST_NAME = 100
_HEAD_ROWS = 20
_HEAD_SHARE = 0.6
_SAMPLE = 16_384
_LONGEST_LINE = 131_072
_LARGEST_PARTS = {"xl/sharedstrings.xml": 16_777_216, "xl/styles.xml": 4_194_304, "xl/workbook.xml": 1_048_576}
_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    RuntimeError,
    ParseError,
    DefusedXmlException,
    InvalidFileException,
    zipfile.BadZipFile,
)
"""What openpyxl raises for a workbook that is not quite one: it documents no narrower class."""


class _Enough(Exception):
    """As much has been looked at as a look may cost."""


@dataclass
class _Look:
    """What is left of the cells that may be looked at."""

    left: int

    def take(self, cells: int) -> None:
        self.left -= max(cells, 1)
        if self.left < 0:
            raise _Enough


@dataclass
class _Sheet:
    """One sheet while its rows come by. The head is found among the first ones: titles may stand above it."""

    name: str
    first: list[Sequence[str]] = field(default_factory=list)
    head: Sequence[str] | None = None
    rows: int = 0
    filled: Counter[int] = field(default_factory=Counter)
    width: int = 0
    truncated: bool = False

    def read(self, rows: Iterable[Sequence[str]], look: _Look) -> None:
        try:
            for row in rows:
                look.take(len(row))
                self._take(row)
        except _Enough:
            self.truncated = True
        self._find_head()

    def told(self) -> dict[str, object]:
        """As a SheetProfile."""
        width = min(max(self.width, len(self.head or ())), MOST_COLUMNS)
        names = [" ".join(text.split())[:_LONGEST_NAME] for text in (self.head or ())[:width]]
        columns = [
            {"name": name or get_column_letter(place + 1), "empty": self.rows - self.filled[place]}
            for place, name in zip_longest(range(width), names, fillvalue="")
            if isinstance(place, int)
        ]
        truncated = self.truncated or max(self.width, len(self.head or ())) > MOST_COLUMNS
        return {"name": self.name, "rows": self.rows, "columns": columns, "truncated": truncated}

    def _take(self, row: Sequence[str]) -> None:
        if not any(row):
            return
        if self.head is None:
            self.first.append(row)
            if len(self.first) == _HEAD_ROWS:
                self._find_head()
        else:
            self._count(row)

    def _count(self, row: Sequence[str]) -> None:
        self.rows += 1
        places = [place for place, text in enumerate(row[: MOST_COLUMNS + 1]) if text]
        self.filled.update(places)
        self.width = max(self.width, places[-1] + 1 if places else 0)

    def _find_head(self) -> None:
        if self.head is not None or not self.first:
            return
        counts = [sum(map(bool, row)) for row in self.first]
        place = next(place for place, count in enumerate(counts) if count >= _HEAD_SHARE * max(counts))
        self.head = _trimmed(self.first[place])
        for row in self.first[place + 1 :]:
            self._count(row)
        self.first = []


def profile(media_type: str, source: BinaryIO) -> dict[str, object] | None:
    """A FileProfile of a seekable file, which is rewound; None when it is no table, or one that cannot be read."""
    look = {CSV: _csv, XLSX: _xlsx}.get(media_type)
    if look is None:
        return None
    source.seek(0)
    try:
        return look(source)
    except _BROKEN:
        return None
    finally:
        source.seek(0)


def _csv(source: BinaryIO) -> dict[str, object]:
    text = io.TextIOWrapper(source, encoding=_encoding(source), errors="replace", newline="")
    try:
        sample = text.read(_SAMPLE)
        text.seek(0)
        sheet = _Sheet("")
        sheet.read(_records(text, _delimiter(sample)), _Look(PLAIN_CELLS))
    finally:
        text.detach()
    return {"kind": "csv", "sheets": [sheet.told()]}


def _records(text: io.TextIOWrapper, delimiter: str) -> Iterator[list[str]]:
    lines = iter(lambda: text.readline(_LONGEST_LINE).replace("\x00", ""), "")
    try:
        for number, record in enumerate(csv.reader(lines, delimiter=delimiter)):
            if number or not (len(record) == 1 and record[0].lower().startswith("sep=")):
                yield [cell.strip() for cell in record]
    except csv.Error as broken:
        raise _Enough from broken


def _encoding(source: BinaryIO) -> str:
    """By its mark; UTF-8 when its beginning is; else what Windows in the office writes."""
    head = source.read(_SAMPLE)
    source.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(sample: str) -> str:
    """The mark that stands in the first lines most evenly; of equals the first, since a comma may be a decimal one."""
    lines = [line for line in sample.splitlines()[:_HEAD_ROWS] if line.strip()]
    if lines and lines[0][:4].lower() == "sep=" and len(lines[0]) > 4:
        return lines[0][4]
    counts = {mark: sorted(line.count(mark) for line in lines) for mark in ";\t,|"}
    return max(counts, key=lambda mark: counts[mark][len(lines) // 2] if lines else 0)


def _xlsx(source: BinaryIO) -> dict[str, object] | None:
    with zipfile.ZipFile(source) as archive:
        sizes = {one.filename.lower(): one.file_size for one in archive.infolist()}
    if any(sizes.get(part, 0) > most for part, most in _LARGEST_PARTS.items()):
        return None
    source.seek(0)
    book = load_workbook(source, read_only=True, keep_links=False)
    look, sheets = _Look(MOST_CELLS), []
    for page in [one for one in book.worksheets if one.sheet_state == "visible"][:MOST_SHEETS]:
        sheet = _Sheet(str(page.title))
        # What the sheet says about its own size may be wrong, and would fill the rows up to it.
        getattr(page, "reset_dimensions", lambda: None)()
        sheet.read(([_text(cell) for cell in row] for row in page.iter_rows(values_only=True)), look)
        sheets.append(sheet.told())
    return {"kind": "xlsx", "sheets": sheets}


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    """Without the empty cells at its end."""
    width = max((place + 1 for place, text in enumerate(row) if text), default=0)
    return row[:width]
