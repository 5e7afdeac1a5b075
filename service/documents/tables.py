"""Lists from outside, CSV or XLSX, read as plain text within limits. No formula is ever evaluated.

Every limit is kept before or while a file is parsed: a hostile one costs neither memory nor more than a moment.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from service.documents.tables_errors import (
    TableCellTooLong,
    TableEmpty,
    TableEncrypted,
    TableKindUnknown,
    TableOldExcel,
    TableTooLong,
    TableTooWide,
)

Doubt = Literal["digits", "formula", "error"]
"""What is wrong with a cell: digits were lost, a formula without a kept result, an error such as #REF!."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BEFORE_THE_DATA = 100
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+\d{2,3}")
_LIVE = r"[=+\-@＝＋－＠]"  # noqa: RUF001 - a Japanese or Chinese Excel takes the wide ones for formulas too
_RISKY = rf"(?:\s*{_LIVE}|[\t\r\n]|0\d+\Z|\d{{12,}}\Z)"
_MISREAD = re.compile(f"'*{_RISKY}")
_LIKE_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_LOOKS_ESCAPED = re.compile(f"'+{_RISKY}")
# A spreadsheet of another region cuts at another mark, and what stands behind it begins a cell.
_AFTER_MARK = re.compile(rf"(?<=[;,\t])(\s*'*)(?={_LIVE})")
_AFTER_MARK_ESCAPED = re.compile(rf"(?<=[;,\t])(\s*'*)'(?={_LIVE})")


@dataclass(frozen=True)
class Limits:
    """What is taken at once. Sizes in bytes, of what stands in the file and of what it unpacks to."""

    rows: int = 5_000
    columns: int = 100
    cell: int = 65_536
    part: int = 67_108_864
    tags: int = 2_500_000
    ratio: int = 250


@dataclass(frozen=True)
class Row:
    """A row that is not empty: its number in the file (from 1), its cells as text, doubts by position.

    `above`: by position what stands in a merged cell that begins in a row above.
    """

    number: int
    cells: tuple[str, ...]
    doubts: Mapping[int, Doubt] = field(default_factory=dict)
    above: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """The rows of one sheet, and the names of all that are visible; a CSV file has none."""

    rows: Sequence[Row]
    sheets: Sequence[str] = ()
    sheet: str | None = None


Judge = Callable[[Sequence[Row]], int]
"""How much the first rows of a sheet look like what is wanted; the first of the best sheets is read."""
LIMITS = Limits()


class SheetUnknown(LookupError):
    """No visible sheet has that name; `sheets` are the ones there are."""

    def __init__(self, sheets: Sequence[str]) -> None:
        super().__init__("no such sheet")
        self.sheets = sheets


def read(source: BinaryIO, sheet: str | None, judge: Judge, limits: Limits = LIMITS) -> Table:
    """The rows of a seekable file, by its content, whatever its name.

    Raises SheetUnknown and the refusals of tables_errors.
    """
    from service.documents import tables_csv, tables_xlsx  # noqa: PLC0415 - they import this module

    source.seek(0)
    head = source.read(4096)
    if head.startswith(_OLE):
        raise TableEncrypted if _has(source, _ENCRYPTED) else TableOldExcel
    if head.startswith(b"PK"):
        table = tables_xlsx.read(source, sheet, judge, limits)
    elif head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" or head.startswith((b"%PDF", b"{\\rtf")):
        raise TableKindUnknown
    else:
        table = Table(list(tables_csv.rows(source, limits)))
    if not table.rows:
        raise TableEmpty
    return table


class Keeper:
    """Collects rows while they are read. Raises TableTooLong, TableTooWide, TableCellTooLong."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.kept = 0

    def row(self, number: int, values: Sequence[str], doubts: Mapping[int, Doubt]) -> Row | None:
        """The row, or None when it is empty."""
        cells = [unescaped(value.strip()) for value in values]
        while cells and not cells[-1] and len(cells) - 1 not in doubts:
            cells.pop()
        if not cells:
            return None
        self.kept += 1
        # Titles and heads stand above the data: the exact limit is kept by who knows where they end.
        if self.kept > self.limits.rows + _BEFORE_THE_DATA:
            raise TableTooLong(max_rows=self.limits.rows)
        if len(cells) > self.limits.columns:
            raise TableTooWide(max_columns=self.limits.columns, row=number)
        if any(len(cell) > self.limits.cell // 4 and len(cell.encode()) > self.limits.cell for cell in cells):
            raise TableCellTooLong(row=number)
        lost: dict[int, Doubt] = {place: "digits" for place, cell in enumerate(cells) if _SCIENTIFIC.fullmatch(cell)}
        return Row(number, tuple(cells), {**lost, **doubts})


def escaped(text: str) -> str:
    """Text that no spreadsheet takes for a formula or a number: with an apostrophe before it.

    Before `= + - @`, also behind spaces or a mark that may part columns, before tabs and line breaks, and before
    numbers that would lose digits or leading zeros.
    """
    inside = _AFTER_MARK.sub(r"\1'", text)
    return f"'{inside}" if _MISREAD.match(text) else inside


def doubled(text: str) -> str:
    """Text for a cell that is text anyway: only what looks `escaped` already gets one more apostrophe."""
    inside = _AFTER_MARK_ESCAPED.sub(r"\1''", text)
    return f"'{inside}" if _LOOKS_ESCAPED.match(text) else inside


def unescaped(text: str) -> str:
    """What was written, whether `escaped` or `doubled`, also when a spreadsheet has saved it since."""
    return _AFTER_MARK_ESCAPED.sub(r"\1", text[1:] if _LOOKS_ESCAPED.match(text) else text)


def number_text(value: float) -> str:
    """A number as digits; one with three decimals gets a fourth, so that nobody reads it as thousands."""
    text = str(int(value)) if value == int(value) else repr(value)
    return f"{text}0" if _LIKE_THOUSANDS.fullmatch(text) else text


def _has(source: BinaryIO, wanted: bytes) -> bool:
    source.seek(0)
    before = b""
    while piece := source.read(65_536):
        if wanted in before + piece:
            return True
        before = piece[-len(wanted) :]
    return False
